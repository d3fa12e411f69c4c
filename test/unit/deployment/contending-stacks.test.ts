import { expect, test } from '@jest/globals';
import { seededRandom } from '../../../local-cloud/faults/random.ts';
import { putNotifications } from '../../../src/deployment/bucket-notification.ts';
import type { NotificationStore, StoredNotification } from '../../../src/deployment/ports.ts';

const TRIALS = 100;
const { signal } = new AbortController();

/** Time passes when everybody waits. */
class VirtualTime {
  now = 0;
  readonly #sleepers: { readonly at: number; readonly wake: () => void }[] = [];

  sleep(milliseconds: number): Promise<void> {
    return new Promise((wake) => {
      this.#sleepers.push({ at: this.now + milliseconds, wake });
    });
  }

  async passUntil(work: Promise<unknown>): Promise<void> {
    const state = { ended: false };
    const noteEnd = (): void => {
      state.ended = true;
    };
    work.then(noteEnd, noteEnd);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (state.ended) return;
      this.#sleepers.sort((left, right) => left.at - right.at);
      const next = this.#sleepers.shift();
      if (next === undefined) throw new Error('Everybody waits, but nobody for a time');
      this.now = next.at;
      next.wake();
    }
  }
}

/** Two stacks put a notification each into one bucket, beginning within a second of each other. */
async function trial(seed: number): Promise<{ readonly ids: string[]; readonly writes: number }> {
  const random = seededRandom(seed);
  const time = new VirtualTime();
  let stored: readonly StoredNotification[] = [];
  let writes = 0;
  const store: NotificationStore = {
    async read() {
      await time.sleep(20 + random() * 80);
      return stored;
    },
    async replace(_bucket, kept, added) {
      // S3 sends each destination a test message before it accepts the document.
      await time.sleep(100 + random() * 1_000);
      writes += 1;
      stored = [...kept, ...added.map((entry) => ({ ...entry, text: entry.id }))];
      await time.sleep(20 + random() * 80);
    },
  };
  const deploy = async (name: string): Promise<void> => {
    await time.sleep(random() * 1_000);
    const patience = {
      sleep: (milliseconds: number) => time.sleep(milliseconds),
      ...{ random, now: () => time.now, deadline: 280_000 },
    };
    const QueueArn = `arn:aws:sqs:eu-west-1:111122223333:${name}`;
    const Notifications = [{ Id: name, QueueArn, Prefix: `${name}/`, Suffix: '' }];
    const properties = { Bucket: 'data', Notifications, EventBridge: 'false' as const };
    await putNotifications(properties, undefined, { notifications: store, patience }, signal);
  };
  const both = Promise.all([deploy('one'), deploy('two')]);
  await time.passUntil(both);
  await both;
  return { ids: stored.map(({ id }) => id).toSorted(), writes };
}

test(`two stacks that deploy to one bucket in the same second lose no notification in ${TRIALS} trials`, async () => {
  const trials = await Promise.all(Array.from({ length: TRIALS }, (_, seed) => trial(seed + 1)));
  expect(trials.filter(({ ids }) => ids.join() !== 'one,two')).toEqual([]);
  // Otherwise they never met.
  expect(trials.filter(({ writes }) => writes > 2).length).toBeGreaterThan(TRIALS / 4);
});
