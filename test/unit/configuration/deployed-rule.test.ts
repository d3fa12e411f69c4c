import { expect, test } from '@jest/globals';
import { makeDeployedRule } from '../../../src/configuration/deployed-rule.ts';
import { destinationSchema, ruleSchema, sourceSchema } from '../../../src/configuration/schema/schema.ts';

/** Keys of the public implementation that are accepted and have no effect here. */
const WITHOUT_EFFECT = ['ephemeral_storage'];

const ENTRY = ruleSchema.parse({
  source: { region: 'eu-west-1', bucket: 'source-bucket', kms_key_arn: '', fallback: true },
  destinations: [{ region: 'us-east-1', bucket: 'target-bucket', kms_key_arn: '' }],
});

/** The object, and those of its keys that were read. */
function watched<T extends object>(object: T): { readonly object: T; readonly read: Set<string> } {
  const read = new Set<string>();
  const proxy = new Proxy(object, {
    get: (of, key, receiver) => {
      read.add(String(key));
      return Reflect.get(of, key, receiver) as unknown;
    },
  });
  return { object: proxy, read };
}

function sentences(part: string, shape: Readonly<Record<string, unknown>>, read: ReadonlySet<string>): string[] {
  return Object.keys(shape)
    .filter((key) => !read.has(key) && !WITHOUT_EFFECT.includes(key))
    .map(
      (key) =>
        `The key ${key} of a ${part} is in src/configuration/schema/schema.ts and has no effect: read it in src/configuration/deployed-rule.ts, and continue as CONTRIBUTING.md ("Add a rule key") says.`,
    );
}

test('every key of the schema reaches the rule', () => {
  const [destination] = ENTRY.destinations;
  if (destination === undefined) throw new Error('The entry of this test has no destination');
  const source = watched(ENTRY.source);
  const target = watched(destination);
  makeDeployedRule({ source: source.object, destinations: [target.object] });
  expect([
    ...sentences('source', sourceSchema.shape, source.read),
    ...sentences('destination', destinationSchema.shape, target.read),
  ]).toEqual([]);
});
