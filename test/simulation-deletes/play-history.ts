import { MemoryObjectStore } from '../support/memory-object-store.ts';
import { exampleRule } from '../support/rules.ts';
import { Clock } from './clock.ts';
import { Consumers } from './consumers.ts';
import type { History, Setup } from './history.ts';
import { Pipeline } from './pipeline.ts';
import { type Expectation, Site } from './site.ts';
import { tellingStore } from './telling-store.ts';
import { WriteTeller } from './write-teller.ts';

const DAY = 86_400_000;
const MAX_ROUNDS = 200;

/** A bucket that must follow a site. */
interface Follower {
  readonly name: string;
  readonly site: Site;
  readonly memory: MemoryObjectStore;
  readonly bucket: string;
  readonly expects: keyof Expectation;
  /** Absent if events of the bucket would report their changes to a site's users or to another pipeline. */
  readonly consumers?: Consumers;
}

interface World {
  readonly clock: Clock;
  readonly sites: readonly Site[];
  readonly pipelines: readonly Pipeline[];
  readonly followers: readonly Follower[];
}

/** The final state of a history. */
export interface Ending {
  /** Differences from the model; empty if there are none. */
  readonly wrong: readonly string[];
  /**
   * Differences with one cause only: two writes of the same bytes have the same ETag, and S3 accepts no other
   * condition.
   */
  readonly untold: readonly string[];
}

/**
 * Plays a history with the unchanged services, and compares its final state with the model. If they differ, it plays
 * the history again with a storage that distinguishes two writes of the same bytes; then they must agree.
 */
export async function playHistory(history: History): Promise<Ending> {
  const found = await play(history);
  if (found.length === 0) return { wrong: [], untold: [] };
  const told = await play(history, new WriteTeller());
  return told.length === 0 ? { wrong: [], untold: found } : { wrong: told, untold: [] };
}

async function play({ setup, steps }: History, teller?: WriteTeller): Promise<string[]> {
  const world = build(setup, teller);
  const { clock, sites, pipelines, followers } = world;
  for (const step of steps) {
    if (step.kind === 'wait') clock.advance(step.days * DAY);
    else if (step.kind === 'user') {
      const index = step.site % sites.length;
      await sites[index]?.act(step.action, `site-${index}/key-${step.key}`, step.content, step.told);
    } else if (step.kind === 'consumer') {
      const consumed = followers.filter(({ consumers }) => consumers !== undefined);
      const { site, consumers } = consumed[step.follower % consumed.length] ?? {};
      const key = `site-0/key-${step.key}`;
      await consumers?.act(step.action, key, site?.writes(key) ?? 0);
    } else if (step.kind === 'repair') {
      if (!(await finish(pipelines))) return ['the services do not finish'];
      for (const site of sites) site.repair();
    } else {
      const pipeline = pipelines[step.pipeline % pipelines.length];
      if ('count' in step) await pipeline?.[step.kind](step.pick, step.count, step.twice, step.disturbance);
      else await pipeline?.[step.kind](step.pick);
    }
  }
  if (!(await finish(pipelines))) return ['the services do not finish'];
  return [...pipelines.flatMap(({ letters }) => letters), ...followers.flatMap(differences)];
}

/** Runs until nothing is under way. @returns false if that does not happen */
async function finish(pipelines: readonly Pipeline[]): Promise<boolean> {
  for (let round = 0; pipelines.some(({ isIdle }) => !isIdle); round += 1) {
    if (round === MAX_ROUNDS) return false;
    for (const pipeline of pipelines) await pipeline.settle();
  }
  return true;
}

function differences({ name, site, memory, bucket, expects, consumers }: Follower): string[] {
  return site.keys.flatMap((key) => {
    const left = consumers?.leave(key, site) ?? [];
    const allowed = new Set([...site.expectation(key)[expects], ...left]);
    const found = memory.look({ bucket, key })?.body.toString() ?? null;
    return allowed.has(found) ? [] : [`${name}: ${key} is ${found}, expected ${[...allowed].join(' or ')}`];
  });
}

function build(setup: Setup, teller: WriteTeller | undefined): World {
  if (setup.topology === 'both-ways') return buildBothWays(setup, teller);
  const { sourceVersioned, targetVersioned, lifecycleDeletes } = setup;
  const clock = new Clock();
  const [home, near, far, end] = [false, targetVersioned, targetVersioned, targetVersioned].map(
    (versioned) => new MemoryObjectStore({ now: clock.now, versioned, ...conditions(teller) }),
  ) as [MemoryObjectStore, MemoryObjectStore, MemoryObjectStore, MemoryObjectStore];
  const isChain = setup.topology === 'chain';
  const rule = exampleRule(lifecycleDeletes ? { lifecycleDeletes: true } : {}, [
    { bucket: 'near', deletes: 'replicate' },
    { bucket: 'keeping' },
    { region: 'ap-south-1', bucket: 'far', deletes: 'replicate', targetPrefix: '' },
  ]);
  const next = exampleRule({ region: 'us-east-1', bucket: 'near', chain: true }, [
    { region: 'eu-central-1', bucket: 'end', deletes: 'replicate' },
  ]);
  const second = new Pipeline(
    next,
    { memory: near, ownPrincipals: ['OURS'], name: 'near' },
    [{ region: 'eu-central-1', memory: end, store: end }],
    { clock, teller },
  );
  const emit = isChain ? second.notify : (): void => undefined;
  const nearStore = tellingStore(near, {
    bucket: 'near',
    versioned: targetVersioned,
    clock,
    principalId: 'AWS:OURS:f',
    emit,
  });
  const first = new Pipeline(
    rule,
    { memory: home, ownPrincipals: [], name: 'home' },
    [
      { region: 'us-east-1', memory: near, store: nearStore },
      { region: 'ap-south-1', memory: far, store: far },
    ],
    { clock, teller },
  );
  const site = new Site({
    store: home,
    bucket: 'source-bucket',
    versioned: sourceVersioned,
    lifecycleDeletes,
    clock,
    emit: first.notify,
  });
  const followers: Follower[] = [
    { name: 'near', site, memory: near, bucket: 'near', expects: 'replicating' },
    {
      name: 'keeping',
      site,
      memory: near,
      bucket: 'keeping',
      expects: 'keeping',
      consumers: new Consumers('keeping', near, clock),
    },
    {
      name: 'far',
      site,
      memory: far,
      bucket: 'far',
      expects: 'replicating',
      consumers: new Consumers('far', far, clock),
    },
    ...(isChain ? [{ name: 'end', site, memory: end, bucket: 'end', expects: 'replicating' } as const] : []),
  ];
  return { clock, sites: [site], pipelines: isChain ? [first, second] : [first], followers };
}

function conditions(teller: WriteTeller | undefined): { isMeant?: WriteTeller['isMeant'] } {
  return teller === undefined ? {} : { isMeant: teller.isMeant };
}

/** Users write each key on one side only. Neither deployment knows the roles of the other. */
function buildBothWays(
  { sourceVersioned, targetVersioned, lifecycleDeletes }: Setup,
  teller: WriteTeller | undefined,
): World {
  const clock = new Clock();
  const left = new MemoryObjectStore({ now: clock.now, versioned: sourceVersioned, ...conditions(teller) });
  const right = new MemoryObjectStore({ now: clock.now, versioned: targetVersioned, ...conditions(teller) });
  const source = lifecycleDeletes ? { lifecycleDeletes: true as const } : {};
  const there = exampleRule({ ...source, bucket: 'left' }, [
    { bucket: 'right', deletes: 'replicate', onConflict: 'keep' },
  ]);
  const back = exampleRule({ ...source, region: 'us-east-1', bucket: 'right' }, [
    { region: 'eu-west-1', bucket: 'left', deletes: 'replicate', onConflict: 'keep' },
  ]);
  const pipelines: Pipeline[] = [];
  const notify = (index: number) => (body: string) => pipelines[index]?.notify(body);
  const sides = [
    { memory: left, bucket: 'left', versioned: sourceVersioned, emit: notify(0) },
    { memory: right, bucket: 'right', versioned: targetVersioned, emit: notify(1) },
  ] as const;
  const stores = sides.map(({ memory, ...side }, index) =>
    tellingStore(memory, { ...side, clock, principalId: `AWS:ROLE-${1 - index}:f` }),
  );
  pipelines.push(
    new Pipeline(
      there,
      { memory: left, ownPrincipals: ['ELSEWHERE-0'], name: 'left' },
      [{ region: 'us-east-1', memory: right, store: stores[1] ?? right }],
      { clock, teller },
    ),
    new Pipeline(
      back,
      { memory: right, ownPrincipals: ['ELSEWHERE-1'], name: 'right' },
      [{ region: 'eu-west-1', memory: left, store: stores[0] ?? left }],
      { clock, teller },
    ),
  );
  const sites = sides.map(({ memory: store, ...side }) => new Site({ store, ...side, lifecycleDeletes, clock }));
  const followers = sides.flatMap(({ memory, bucket }, index): Follower[] => {
    const site = sites[1 - index];
    return site === undefined ? [] : [{ name: bucket, site, memory, bucket, expects: 'replicating' }];
  });
  return { clock, sites, pipelines, followers };
}
