import { ManifestMismatchError } from '../archive/errors.ts';
import type { Manifest } from '../archive/manifest.ts';
import { ruleOfArchive } from '../configuration/resend-prefix.ts';
import { type Destination, type ReplicationRule, ruleMatches } from '../configuration/rule.ts';
import type { ObjectLocation } from '../storage/stored-object.ts';
import { archiveName } from './dependencies.ts';
import { ForeignArchiveError, UnknownRuleError } from './errors.ts';

/** A rule, and its destinations in this region: at least one. */
export interface RuleHere {
  readonly rule: ReplicationRule;
  readonly destinations: readonly Destination[];
}

/** The rules that restore something in a region. */
export function rulesOfRegion(rules: readonly ReplicationRule[], region: string): RuleHere[] {
  return rules
    .map((rule) => ({ rule, destinations: rule.destinations.filter((destination) => destination.region === region) }))
    .filter(({ destinations }) => destinations.length > 0);
}

/**
 * Whether an archive may be restored here, and by which rule. The archive is data, not authority: its key and manifest
 * can only select one of this region's configured rules, and name objects within that rule. The `targets` of a manifest
 * are there for the public implementation; nothing here reads them.
 * @throws ForeignArchiveError, UnknownRuleError, ManifestMismatchError
 */
export function authorizeArchive(archive: ObjectLocation, manifest: Manifest, rules: readonly RuleHere[]): RuleHere {
  const name = archiveName(archive);
  const id = ruleOfArchive(archive.key);
  if (manifest.rule !== id) {
    throw new ForeignArchiveError(`${name} has the key of rule "${id}", but its manifest names "${manifest.rule}"`, {
      context: { archive: name, rule: manifest.rule },
    });
  }
  const here = rules.find(({ rule }) => rule.id === id);
  if (here === undefined) {
    throw new UnknownRuleError(
      `${name} belongs to rule "${id}", which has no destination in this region. Deploy a configuration in which it has one.`,
      { context: { archive: name, rule: id } },
    );
  }
  for (const object of [...manifest.objects, ...(manifest.deletions ?? [])]) {
    if (!ruleMatches(here.rule, object.source_bucket, object.key)) {
      throw new ManifestMismatchError(
        `${name} names object "${object.key}" of bucket "${object.source_bucket}", which does not belong to its rule "${id}"`,
        { context: { archive: name, rule: id, bucket: object.source_bucket, key: object.key } },
      );
    }
  }
  return here;
}
