import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import type { Prices } from '../../configuration/prices/prices.ts';
import { countFaults } from '../../verifying/count-faults.ts';
import type { CopyFinding, FindingClass, VerificationCounts } from '../../verifying/dependencies.ts';
import type { ProofLevel } from '../../verifying/prove-copy.ts';
import { formatCount, formatDollars, formatPlural } from '../command/numbers.ts';
import { printableKey } from '../command/printable-key.ts';
import { wrapBehind, wrapText } from '../command/wrap-text.ts';
import type { InventoryNames } from './open-inventories.ts';

/** Max keys of each class in the report; `--csv` has all of them. */
export const NAMED_FINDINGS = 10;

const MEANINGS: readonly (readonly [name: keyof VerificationCounts, kind: FindingClass | undefined, means: string])[] =
  [
    ['equal', undefined, 'are the same at the destination as at the source'],
    ['missing', 'missing', 'are not at the destination'],
    ['older', 'older', 'are an older version at the destination'],
    ['different', 'different', 'have a different size or checksum at the destination'],
    ['foreign', 'foreign', 'were written or edited at the destination by a user'],
    ['unreadable', 'unreadable', 'could not be compared, because S3 denied access to them'],
    ['replica', 'replica', 'were restored at the source by another rule, and are not replicated without "chain"'],
    [
      'unreplicable',
      'unreplicable',
      "cannot be read at the source: encrypted with a customer's key (SSE-C), or archived",
    ],
    ['extra', 'extra', 'exist only at the destination'],
    ['notDue', 'not-due', 'are too young to have arrived'],
    ['unproven', 'unproven', 'are equal, but S3 has no comparable checksums of both'],
    ['archived', undefined, 'are in archived classes and were not compared'],
  ];

/** Whether the rule's promises are violated. */
export function isFaulty(counts: VerificationCounts, rule: DeployedRule): boolean {
  return countFaults(counts, rule) > 0;
}

/** The report for people. @param columns of the terminal */
export function renderVerification(
  counts: VerificationCounts,
  samples: ReadonlyMap<FindingClass, readonly CopyFinding[]>,
  rule: DeployedRule,
  columns = Number.POSITIVE_INFINITY,
): string {
  const lines = MEANINGS.filter(([name]) => counts[name] > 0 || name === 'missing' || name === 'different');
  const width = Math.max(...lines.map(([name]) => formatCount(counts[name]).length));
  return [
    ...wrapText(
      `rule ${rule.id}: ${formatPlural(counts.compared, 'key')} compared with ${formatPlural(rule.destinations.length, 'destination')}, ${formatPlural(counts.looks, 'look')}`,
      columns,
    ),
    ...lines.flatMap(([name, kind, means]) => [
      ...wrapBehind(`${formatCount(counts[name]).padStart(width)} `, `${kind ?? name}: ${means}`, columns),
      ...(kind === undefined ? [] : (samples.get(kind) ?? []).flatMap((finding) => describeFinding(finding, columns))),
    ]),
    ...(counts.repaired > 0
      ? wrapText(`${formatCount(counts.repaired)} queued for repair: verify again when they have arrived`, columns)
      : []),
    '',
  ].join('\n');
}

/** A key is not wrapped: if it does not fit after its bucket, it is on the next line. */
function describeFinding({ destination, key, reason }: CopyFinding, columns: number): string[] {
  const why = reason === '' ? '' : `(${reason})`;
  const where = `    ${destination.region} s3://${destination.bucket}`;
  const name = printableKey(key);
  const line = `${where}  ${name}${why === '' ? '' : ` ${why}`}`;
  if (line.length <= columns) return [line];
  return [where, `      ${name}`, ...(why === '' ? [] : wrapBehind('      ', why, columns))];
}

/** The cost, before the number of keys is known. */
export function describeRequestCost(
  { destinations }: DeployedRule,
  proof: ProofLevel,
  { sample = 1, inventory, destinationInventory = [] }: InventoryNames & { readonly sample?: number },
  { s3_put_request: list, s3_get_request: get }: Prices,
): string {
  const listed = (inventory === undefined ? 1 : 0) + (destinationInventory.length === 0 ? destinations.length : 0);
  // A list call is billed as a PUT, and returns 1,000 keys.
  const listing = 1e6 * (list / 1000) * listed;
  const looks = proof === 'none' ? 0 : (1e6 / sample) * get * destinations.length * LOOKS[proof];
  const transfer = proof === 'bytes' ? ', plus the transfer of what is read' : '';
  return `Requests cost about ${formatDollars(listing + looks)} per million objects: ${formatDollars(listing)} to list ${WHAT_IS_LISTED[Math.min(listed, 2)] ?? ''}, ${formatDollars(looks)} to check copies; each suspect costs two more checks${transfer}.`;
}

/** Requests per copy: a HEAD of it and of its object, or one HEAD and two GETs. */
const LOOKS: Readonly<Record<Exclude<ProofLevel, 'none'>, number>> = { checksums: 2, bytes: 3 };
const WHAT_IS_LISTED = ['nothing, since inventories are read', 'one side', 'source and destinations'];
