import { S3InventoryFiles } from '../../aws/s3/inventory-files.ts';
import { S3ObjectPager } from '../../aws/s3/object-pager.ts';
import { S3ObjectStore } from '../../aws/s3/object-store.ts';
import type { EntrySource } from '../../backfill/dependencies.ts';
import { InventorySource, ListingSource } from '../../backfill/entry-sources.ts';
import { listedPrefix, type ObjectFilter } from '../../backfill/object-filter.ts';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { UsageError } from '../command/errors.ts';
import { openManifest } from '../command/open-manifest.ts';
import type { RuleSession } from '../command/rule-session.ts';

export interface OpenSource extends AsyncDisposable {
  readonly source: EntrySource;
}

export interface SourceRequest {
  readonly rule: DeployedRule;
  readonly session: RuleSession;
  /** Manifest of an inventory; absent: the bucket itself. */
  readonly inventory: string | undefined;
  readonly filter: ObjectFilter;
  readonly signal: AbortSignal;
}

/**
 * Opens the source of the keys of a rule's existing objects.
 * @throws UsageError, InvalidInventoryError, the errors of the storage port
 */
export async function openSource({ rule, session, inventory, filter, signal }: SourceRequest): Promise<OpenSource> {
  const { bucket } = rule.source;
  if (inventory !== undefined) {
    const store = new S3ObjectStore({ client: session.s3 });
    const close = (): Promise<void> => store.close();
    try {
      const manifest = await openManifest(store, inventory, bucket, signal);
      const files = new S3InventoryFiles(store, manifest.fileBucket, signal);
      return { source: new InventorySource(manifest, files), [Symbol.asyncDispose]: close };
    } catch (thrown) {
      await close();
      throw thrown;
    }
  }
  const prefix = listedPrefix(rule, filter);
  if (prefix === undefined) {
    throw new UsageError(
      `the rule selects keys that begin with "${rule.source.prefix}", and none of them begins with --prefix "${filter.prefix ?? ''}"`,
    );
  }
  const pager = new S3ObjectPager(session.s3);
  return { source: new ListingSource(pager, bucket, prefix), [Symbol.asyncDispose]: () => pager.close() };
}
