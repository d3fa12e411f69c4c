import { Command, Option } from 'commander';
import pLimit from 'p-limit';
import { loadConfiguration } from '../../configuration/load.ts';
import { keptRecordOf } from '../../resend/archive-metadata.ts';
import { planRegions } from '../../templates/plan-regions.ts';
import { CONFIGURATION } from '../command/deployment-files.ts';
import { DeployInputError } from '../command/errors.ts';
import { parseCommand } from '../command/parse-command.ts';
import { describeKeptArchive, type KeptArchive, listKeptArchives, sendKeptArchive } from './kept-archives.ts';
import { openResendPlace, type ResendPlace } from './resend-place.ts';

interface ResendOptions {
  readonly all?: boolean;
  readonly configuration: string;
}

const PARALLEL_LOOKS = 16;

/**
 * `npm run resend`: lists the archives of a source region that were given up, or resends them.
 * @param open finds buckets and clients; tests have their own
 * @throws InvalidConfigurationError, DeployInputError, KeptArchiveError, and what the storage throws
 */
export async function runResend(
  args: readonly string[],
  print: (text: string) => void,
  open: (stackName: string, region: string) => Promise<ResendPlace> = openResendPlace,
): Promise<void> {
  const command = new Command('s3xrc resend')
    .description('Lists the archives that S3 could not replicate out of a region, or resends them.')
    .argument('<region>', 'source region')
    .argument('[keys...]', 'archives to send, as they are listed; none: list them')
    .option('--all', 'send all of them')
    .addOption(
      new Option('--configuration <folder>', 'where the configuration files are').default(
        CONFIGURATION,
        "the project's",
      ),
    );
  const parsed = parseCommand(command, args, print);
  if (parsed === undefined) return;
  const { all = false, configuration: folder } = parsed.opts<ResendOptions>();
  const [region = '', ...keys] = parsed.args;
  const configuration = await loadConfiguration(folder);
  const sources = planRegions(configuration).filter(({ settings }) => settings.source_target.includes('source'));
  requireSource(
    region,
    sources.map((plan) => plan.region),
  );
  const place = await open(configuration.settings.stack_name, region);
  try {
    const kept = await listKeptArchives(place);
    if (keys.length === 0 && !all) await printList(kept, region, place, print);
    else await sendAll(all ? kept : chooseArchives(kept, keys, place), place, print);
  } finally {
    await place.close();
  }
}

async function printList(
  kept: readonly KeptArchive[],
  region: string,
  place: ResendPlace,
  print: (text: string) => void,
): Promise<void> {
  if (kept.length === 0) {
    print(`No archive was given up: ${place.failedBucket} is empty.\n`);
    return;
  }
  const lines = await pLimit(PARALLEL_LOOKS).map(kept, async (archive) => {
    const record = keptRecordOf((await describeKeptArchive(archive, place)).metadata);
    const failures = record?.failures.map(({ destination, reason }) => `    ${destination}: ${reason}\n`) ?? [];
    const since = record === undefined ? '' : `, given up ${record.keptAt}`;
    return `${archive.key}  ${archive.size.toLocaleString('en')} bytes${since}\n${failures.join('')}`;
  });
  print(`${lines.join('')}\nKept in ${place.failedBucket}: ${count(kept.length)}. When the reason is corrected,\n`);
  print(
    `\`npm run resend -- ${region} KEY...\` sends some of them again, and \`npm run resend -- ${region} --all\` all.\n`,
  );
}

async function sendAll(
  archives: readonly KeptArchive[],
  place: ResendPlace,
  print: (text: string) => void,
): Promise<void> {
  for (const archive of archives) {
    await sendKeptArchive(archive, place);
    print(`${archive.key} is on its way again.\n`);
  }
  print(`Resent: ${count(archives.length)}.\n`);
}

function chooseArchives(
  kept: readonly KeptArchive[],
  keys: readonly string[],
  { failedBucket }: ResendPlace,
): KeptArchive[] {
  const missing = keys.filter((key) => !kept.some((archive) => archive.key === key));
  if (missing.length === 0) return kept.filter(({ key }) => keys.includes(key));
  throw new DeployInputError(`${missing.join(', ')}: not kept in ${failedBucket}. Nothing was sent.`, {
    context: { keys: missing.join(', '), bucket: failedBucket },
  });
}

function requireSource(region: string, known: readonly string[]): void {
  if (known.includes(region)) return;
  throw new DeployInputError(`${region} is not a source region of the configuration, which has ${known.join(', ')}.`, {
    context: { region },
  });
}

function count(archives: number): string {
  return `${archives} archive${archives === 1 ? '' : 's'}`;
}
