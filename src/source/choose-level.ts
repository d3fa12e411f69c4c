import type { ReplicationRule } from '../configuration/rule.ts';
import type { ObjectCreated } from '../messages/parse-notification.ts';

/** Decides the zstd level (-7 to 22) of an archive before its first byte is read. */
export type ChooseLevel = (rule: ReplicationRule, objects: readonly ObjectCreated[]) => Promise<number>;

/** The level that the configuration gives, whatever the objects are. */
export const configuredLevel: ChooseLevel = (rule) => Promise.resolve(rule.source.level);
