import fc from 'fast-check';
import type { ConsumerAction } from './consumers.ts';
import type { Disturbance } from './pipeline.ts';
import type { Telling, UserAction } from './site.ts';

/** How the buckets are connected. `both-ways`: two deployments that send to each other. */
export type Topology = 'fan-out' | 'chain' | 'both-ways';

export interface Setup {
  readonly topology: Topology;
  readonly sourceVersioned: boolean;
  readonly targetVersioned: boolean;
  readonly lifecycleDeletes: boolean;
}

export type Step =
  | {
      readonly kind: 'user';
      readonly action: UserAction;
      readonly key: number;
      readonly content: string;
      readonly site: number;
      readonly told: Telling;
    }
  | {
      readonly kind: 'consumer';
      readonly action: ConsumerAction;
      readonly key: number;
      readonly follower: number;
    }
  /** Everything under way arrives, then every existing object is sent once more, regardless of events. */
  | { readonly kind: 'repair' }
  | {
      readonly kind: 'pack' | 'restore';
      readonly pipeline: number;
      readonly pick: number;
      readonly count: number;
      readonly twice: boolean;
      readonly disturbance: Disturbance;
    }
  | { readonly kind: 'replicate' | 'resend'; readonly pipeline: number; readonly pick: number }
  | { readonly kind: 'wait'; readonly days: number };

export interface History {
  readonly setup: Setup;
  readonly steps: readonly Step[];
}

const setup: fc.Arbitrary<Setup> = fc.record({
  topology: fc.constantFrom('fan-out' as const, 'chain' as const, 'both-ways' as const),
  sourceVersioned: fc.boolean(),
  targetVersioned: fc.boolean(),
  lifecycleDeletes: fc.boolean(),
});

const numbers = (max: number, maxLength: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: 1, max }), { maxLength });

const disturbance: fc.Arbitrary<Disturbance> = fc.record({
  failing: fc.record({
    head: numbers(6, 2),
    read: numbers(6, 2),
    put: numbers(6, 2),
    remove: numbers(4, 2),
    uploadPart: numbers(3, 1),
    complete: numbers(3, 1),
  }),
  moment: fc.constantFrom('before' as const, 'after' as const),
  pauses: fc.array(fc.nat(12), { maxLength: 6 }),
  memoryFailing: numbers(5, 2),
});

const user: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('user' as const),
  action: fc.oneof(
    { weight: 4, arbitrary: fc.constant('put' as const) },
    { weight: 3, arbitrary: fc.constant('delete' as const) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        'undelete' as const,
        'remove-version' as const,
        'remove-old' as const,
        'expire' as const,
        'list' as const,
      ),
    },
  ),
  key: fc.nat(1),
  content: fc.constantFrom('one', 'two'),
  site: fc.nat(1),
  told: fc.oneof(
    { weight: 6, arbitrary: fc.constant('s3' as const) },
    { weight: 4, arbitrary: fc.constantFrom('event-bridge' as const, 'unordered' as const) },
    { weight: 1, arbitrary: fc.constant('lost' as const) },
  ),
});

const consumer: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('consumer' as const),
  action: fc.constantFrom('delete' as const, 'edit' as const),
  key: fc.nat(1),
  follower: fc.nat(1),
});

const run: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('pack' as const, 'restore' as const),
  pipeline: fc.nat(1),
  pick: fc.nat(20),
  count: fc.integer({ min: 1, max: 4 }),
  twice: fc.boolean(),
  disturbance,
});

const arrival: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('replicate' as const, 'replicate' as const, 'replicate' as const, 'resend' as const),
  pipeline: fc.nat(1),
  pick: fc.nat(20),
});

const wait: fc.Arbitrary<Step> = fc.record({
  kind: fc.constant('wait' as const),
  days: fc.integer({ min: 1, max: 20 }),
});

/** Anything that users, S3, queues and failures may do to two keys, in any order. */
export const histories: fc.Arbitrary<History> = fc.record({
  setup,
  steps: fc.array(
    fc.oneof(
      { weight: 6, arbitrary: user },
      { weight: 8, arbitrary: run },
      { weight: 6, arbitrary: arrival },
      { weight: 1, arbitrary: wait },
      { weight: 1, arbitrary: consumer },
      { weight: 1, arbitrary: fc.constant({ kind: 'repair' as const }) },
    ),
    { minLength: 4, maxLength: 60, size: 'max' },
  ),
});
