import type { ReplicationRule } from '../configuration/rule.ts';
import type { ObjectCreated } from '../messages/parse-notification.ts';
import { findStamp, isAsWritten, originOf } from '../storage/provenance.ts';
import type { ObjectDescription, ObjectTag } from '../storage/stored-object.ts';

/** An object as it was read, with its tags once they are known. */
export interface ReadObject extends ObjectDescription {
  readonly tags?: readonly ObjectTag[];
}

/** `AWS:<role id>:<session>` of the event against `<role id>` of the configuration. */
export function isByOwnPrincipal(
  { principalId }: Pick<ObjectCreated, 'principalId'>,
  ownPrincipals: readonly string[],
): boolean {
  const roleId = principalId?.split(':')[1];
  return roleId !== undefined && ownPrincipals.includes(roleId);
}

/**
 * Whether the object is a write of this product, according to its stamp. Writes of our own principals are handled
 * before.
 *
 * | principal of the event                  | stamp                                   | own write |
 * |-----------------------------------------|-----------------------------------------|-----------|
 * | any                                     | none, or edited since                   | no        |
 * | unknown, or none of ours writes here    | as written                              | yes       |
 * | known                                   | as written, origin is not a destination of the rule | no |
 * | known                                   | as written, origin is a destination of the rule  | yes |
 *
 * The last row is for two deployments that send to each other without knowing each other's roles: otherwise an object
 * would be replicated back and forth forever. Within one deployment such rules are refused.
 */
export function isOwnWrite(
  read: ReadObject,
  object: ObjectCreated,
  { destinations }: Pick<ReplicationRule, 'destinations'>,
  ownPrincipals: readonly string[],
): boolean {
  const found = findStamp(read, object);
  if (found === undefined || !isAsWritten(found, read)) return false;
  const isWriterUnknown = ownPrincipals.length === 0 || (object.principalId ?? '') === '';
  return isWriterUnknown || destinations.some(({ bucket }) => originOf(bucket) === found.stamp.origin);
}
