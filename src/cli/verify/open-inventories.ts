import { S3InventoryFiles } from '../../aws/s3/inventory-files.ts';
import { S3ObjectStore } from '../../aws/s3/object-store.ts';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { SortedInventory } from '../../inventory/sorted-inventory.ts';
import { TemporaryRuns } from '../../wiring/temporary-runs.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { UsageError } from '../command/errors.ts';
import { formatCount } from '../command/numbers.ts';
import { openManifest } from '../command/open-manifest.ts';
import type { RuleSession } from '../command/rule-session.ts';

/** Manifests to use instead of listings. */
export interface InventoryNames {
  readonly inventory?: string | undefined;
  /** One for each destination of the rule, in its order. */
  readonly destinationInventory?: readonly string[] | undefined;
  readonly temporary?: string | undefined;
}

export interface OpenInventories {
  readonly source: SortedInventory | undefined;
  /** In the order of the rule's destinations. */
  readonly destinations: readonly (SortedInventory | undefined)[];
}

/**
 * Opens the inventories that a verification reads.
 * @param cleanup gets everything that must be closed and deleted at the end
 * @throws UsageError, InvalidInventoryError, the errors of the storage port
 */
export async function openInventories(
  { source, destinations }: DeployedRule,
  { inventory, destinationInventory = [], temporary }: InventoryNames,
  session: RuleSession,
  context: Pick<CommandContext, 'note' | 'signal'>,
  cleanup: AsyncDisposableStack,
): Promise<OpenInventories> {
  if (destinationInventory.length > 0 && destinationInventory.length !== destinations.length) {
    throw new UsageError(
      `the rule has ${destinations.length} destinations, but --destination-inventory names ${destinationInventory.length} manifests`,
    );
  }
  const open = async (name: string, region: string, bucket: string): Promise<SortedInventory> => {
    const store = new S3ObjectStore({ client: session.openS3(region) });
    cleanup.defer(() => store.close());
    const manifest = await openManifest(store, name, bucket, context.signal);
    const files = new S3InventoryFiles(store, manifest.fileBucket, context.signal);
    return new SortedInventory(manifest, files, cleanup.use(new TemporaryRuns(temporary)), {
      onSorted: (entries) => {
        context.note(`Sorted ${formatCount(entries)} keys of the inventory of ${bucket}`);
      },
    });
  };
  const found = destinations.map(async ({ region, bucket }, index) => {
    const name = destinationInventory[index];
    return name === undefined ? undefined : await open(name, region, bucket);
  });
  const own = inventory === undefined ? undefined : open(inventory, source.region, source.bucket);
  const [first, ...others] = await Promise.all([own, ...found]);
  return { source: first, destinations: others };
}
