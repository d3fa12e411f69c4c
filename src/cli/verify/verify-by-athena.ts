import { writeFile } from 'node:fs/promises';
import { AthenaQueries } from '../../aws/athena/queries.ts';
import { S3ObjectStore } from '../../aws/s3/object-store.ts';
import type { ObjectFilter } from '../../backfill/object-filter.ts';
import { RateLimiter } from '../../backfill/rate-limiter.ts';
import type { DeployedRule } from '../../configuration/deployed-rule.ts';
import { loadConfiguration } from '../../configuration/load.ts';
import type { Destination } from '../../configuration/rule.ts';
import {
  type CopyFinding,
  type FindingClass,
  noVerificationCounts,
  type VerificationCounts,
} from '../../verifying/dependencies.ts';
import {
  countClasses,
  type InventoryClass,
  type InventoryComparison,
  selectFindings,
} from '../../verifying/inventory-query.ts';
import { createTable, dropTable, type InventoryTable, inventoryTable } from '../../verifying/inventory-table.ts';
import type { CommandContext } from '../command/cli-command.ts';
import { confirm } from '../command/confirm.ts';
import { UsageError } from '../command/errors.ts';
import { formatBytes } from '../command/numbers.ts';
import { openManifest } from '../command/open-manifest.ts';
import { requireNamedRule } from '../command/require-named-rule.ts';
import { type DeployedRuleSession, openRuleSession, SYSTEM_CLOCK } from '../command/rule-session.ts';
import { objectFilterOf, type ScanFlags } from '../command/scan-options.ts';
import { withFilePath } from '../command/with-file-path.ts';
import { FindingsFile } from './findings-file.ts';
import { FindingsRepair } from './findings-repair.ts';
import { isFaulty, NAMED_FINDINGS, renderVerification } from './render-verification.ts';

export interface AthenaFlags extends ScanFlags {
  readonly inventory?: string | undefined;
  readonly destinationInventory?: readonly string[] | undefined;
  /** Seconds. */
  readonly notDue?: number;
  readonly csv?: string;
  readonly spreadsheet?: boolean;
  readonly database: string;
  readonly workgroup: string;
  readonly athenaOutput?: string;
  readonly repair?: boolean;
  readonly maxBytesPerHour?: number;
  /** File for the SQL, which is then not run. */
  readonly sql?: string;
}

/** Two inventories to compare, and the SQL for it. */
interface Comparison {
  readonly destination: Destination;
  readonly comparison: InventoryComparison;
}

const COUNTED: Readonly<Record<InventoryClass, keyof VerificationCounts | undefined>> = {
  equal: 'equal',
  missing: 'missing',
  older: 'older',
  different: 'different',
  extra: 'extra',
  'not-due': 'notDue',
  archived: 'archived',
  'left-out': undefined,
};

/**
 * `s3xrc verify --engine athena`: joins the inventories of source and destinations in Amazon Athena, or writes the SQL
 * for that.
 * @returns exit status, see `runVerifyCommand`
 * @throws UsageError, InvalidInventoryError, FailedQueryError, and the errors of S3
 */
export async function verifyByAthena(name: string, flags: AthenaFlags, context: CommandContext): Promise<number> {
  const configuration = await loadConfiguration(flags.configuration);
  const rule = requireNamedRule(configuration.rules, name);
  const { stack_name: stackName } = configuration.settings;
  await using session = openRuleSession({ stackName, rule, profile: flags.profile, signal: context.signal });
  const comparisons = await openComparisons(rule, flags, session, context);
  if (flags.sql !== undefined) {
    const text = comparisons.map(({ comparison }) => wholeSql(comparison)).join('\n');
    await withFilePath(flags.sql, writeFile(flags.sql, text));
    await context.print(`Wrote ${flags.sql}: run it in Athena in ${rule.source.region}.\n`);
    return 0;
  }
  const repair = flags.repair === true ? await openRepair(rule, comparisons, flags, session, context) : undefined;
  if (repair === 'no') return 0;
  const athena = new AthenaQueries({
    region: rule.source.region,
    profile: flags.profile,
    workgroup: flags.workgroup,
    output: flags.athenaOutput,
  });
  try {
    return await verify(rule, comparisons, athena, repair, flags, context);
  } finally {
    athena.close();
  }
}

async function openComparisons(
  rule: DeployedRule,
  { inventory, destinationInventory = [], notDue, database, ...flags }: AthenaFlags,
  session: DeployedRuleSession,
  { signal }: CommandContext,
): Promise<Comparison[]> {
  const { source, destinations } = rule;
  if (inventory === undefined || destinationInventory.length !== destinations.length) {
    throw new UsageError(
      `--engine athena requires inventories: add --inventory, and --destination-inventory with a manifest for each of the ${destinations.length} destinations`,
    );
  }
  const hash = rule.id.slice(rule.id.lastIndexOf('-') + 1);
  const open = async (role: string, manifest: string, region: string, bucket: string): Promise<InventoryTable> => {
    const store = new S3ObjectStore({ client: session.openS3(region) });
    try {
      const found = await openManifest(store, manifest, bucket, signal);
      return inventoryTable(`s3xrc_${hash}_${role}`, manifest, found);
    } finally {
      await store.close();
    }
  };
  const filter: ObjectFilter = objectFilterOf(flags);
  const own = await open('source', inventory, source.region, source.bucket);
  return Promise.all(
    destinations.map(async (destination, index) => {
      const { region, bucket } = destination;
      const copies = await open(`copies_${index + 1}`, destinationInventory[index] ?? '', region, bucket);
      const objectiveSeconds = notDue ?? rule.objectiveSeconds;
      return {
        destination,
        comparison: { database, rule, destination, filter, source: own, copies, objectiveSeconds },
      };
    }),
  );
}

/** Asks for confirmation, and finds the queue. @throws UsageError without ETags, which pin the packed versions */
async function openRepair(
  rule: DeployedRule,
  [first]: readonly Comparison[],
  flags: AthenaFlags,
  session: DeployedRuleSession,
  context: CommandContext,
): Promise<FindingsRepair | 'no'> {
  if (first?.comparison.source.columns.includes('e_tag') !== true) {
    throw new UsageError('--repair requires an inventory of the source with the field ETag');
  }
  const text = `Queue the missing and older objects of rule ${rule.id}, to replace them at its destinations?`;
  if (!(await confirm({ text, yes: flags.yes }, context.signal))) return 'no';
  const pace = new RateLimiter({ bytesPerHour: flags.maxBytesPerHour }, SYSTEM_CLOCK);
  return new FindingsRepair(rule, await session.openQueue(), pace, context.signal);
}

/** All statements, to be run by the user. */
function wholeSql(comparison: InventoryComparison): string {
  const { database, source, copies } = comparison;
  const statements = [
    ...[source, copies].flatMap((table) => [dropTable(database, table), createTable(database, table)]),
    countClasses(comparison),
    selectFindings(comparison),
    ...[source, copies].map((table) => dropTable(database, table)),
  ];
  return statements.map((statement) => `${statement};\n`).join('\n');
}

async function verify(
  rule: DeployedRule,
  comparisons: readonly Comparison[],
  athena: AthenaQueries,
  repair: FindingsRepair | undefined,
  flags: AthenaFlags,
  context: CommandContext,
): Promise<number> {
  await using cleanup = new AsyncDisposableStack();
  const { csv, spreadsheet: isForSpreadsheet = false } = flags;
  const file =
    csv === undefined ? undefined : cleanup.use(await FindingsFile.open(csv, { isResumed: false, isForSpreadsheet }));
  const counts = noVerificationCounts();
  const samples = new Map<FindingClass, CopyFinding[]>();
  let scanned = 0;
  for (const { destination, comparison } of comparisons) {
    const { database, source, copies } = comparison;
    context.note(`Athena joins ${source.location} and ${copies.location}`);
    for (const table of [source, copies]) {
      await athena.run(dropTable(database, table), context.signal);
      await athena.run(createTable(database, table), context.signal);
    }
    const counted = await athena.run(countClasses(comparison), context.signal);
    scanned += counted.scannedBytes;
    let findings = 0;
    for await (const [kind = '', keys = '0'] of athena.rows(counted)) {
      const name = COUNTED[kind as InventoryClass];
      if (name !== undefined) counts[name] += Number(keys);
      if (['missing', 'older', 'different', 'extra'].includes(kind)) findings += Number(keys);
      if (kind !== 'left-out') counts.compared += Number(keys);
    }
    // If there are no keys to list, half of the bytes need not be read again.
    if (findings > 0) {
      const selected = await athena.run(selectFindings(comparison), context.signal);
      scanned += selected.scannedBytes;
      for await (const row of athena.rows(selected)) {
        const finding = findingOf(row, destination);
        file?.add(finding);
        await repair?.add(finding, row);
        const named = samples.get(finding.kind) ?? [];
        if (named.length < NAMED_FINDINGS) samples.set(finding.kind, [...named, finding]);
        else if (file === undefined && repair === undefined) break;
      }
    }
    for (const table of [source, copies]) await athena.run(dropTable(database, table), context.signal);
  }
  if (repair !== undefined) {
    counts.repaired = await repair.finish();
    if (counts.different > 0) {
      context.note(
        'Copies of a different size were not queued, because Athena cannot check them. To repair them: s3xrc verify RULE --prefix PREFIX --repair',
      );
    }
  }
  if (file?.caution !== undefined) context.note(file.caution);
  context.note(`Athena read ${formatBytes(scanned)}.`);
  await context.print(
    flags.json === true
      ? `${JSON.stringify({ rule: rule.id, ...counts, scannedBytes: scanned })}\n`
      : renderVerification(counts, samples, rule, context.columns),
  );
  return isFaulty(counts, rule) ? 1 : 0;
}

function findingOf(
  [kind = '', key = '', sourceSize = '', copySize = '']: readonly string[],
  destination: Destination,
): CopyFinding {
  const sizeOf = (text: string): number | undefined => (text === '' ? undefined : Number(text));
  return {
    kind: kind as FindingClass,
    destination,
    key,
    reason: kind === 'different' ? `${copySize} bytes instead of ${sourceSize}` : '',
    sourceSize: sizeOf(sourceSize),
    copySize: sizeOf(copySize),
  };
}
