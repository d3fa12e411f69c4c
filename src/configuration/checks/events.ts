import type { RuleDraft } from '../schema/draft.ts';
import { type Finding, REPLICATION_FILE } from '../schema/finding.ts';

/**
 * Whether a rule can tell what others restored in its bucket from what users wrote there: events of EventBridge do not
 * name the role that wrote an object.
 */
export function checkEvents(rules: readonly RuleDraft[]): Finding[] {
  const restored = new Set(rules.flatMap(({ destinations }) => destinations.map(({ bucket }) => bucket)));
  return rules.flatMap(({ index, source: { bucket, events, chain } }) => {
    if (bucket === undefined || events !== 'eventbridge' || chain !== false || !restored.has(bucket)) return [];
    const path = ['replication_configuration', index, 'source', 'events'];
    const message = `events of EventBridge do not say who wrote an object, and another rule restores objects in ${bucket}, which would be packed as well`;
    const allowed = '`notification`; or set `chain` to true, if these are to be packed';
    return [{ file: REPLICATION_FILE, path, message, value: events, allowed }];
  });
}
