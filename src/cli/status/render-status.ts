import { formatAge } from '../command/age.ts';
import { formatBytes, formatCount, formatDollars, formatPlural, formatRatio, ratioOf } from '../command/numbers.ts';
import { printableKey } from '../command/printable-key.ts';
import type { TerminalStyle } from '../command/terminal-style.ts';
import { wrapText } from '../command/wrap-text.ts';
import type { VerificationStatus } from './describe-verification.ts';
import {
  type ArrivalStatus,
  type Backlog,
  isLate,
  needsAttention,
  type PipelineStatus,
  type RouteStatus,
  type RuleStatus,
  type RuleTraffic,
} from './status.ts';

/** Text for things that could not be read. */
const UNKNOWN = '–';
const LABEL_WIDTH = 14;

/** A block per rule and per target region, in lines of at most `style.columns` characters. */
export function renderStatus(status: PipelineStatus, style: TerminalStyle): string {
  const { time, stack, rules, arrivals, fixedDollars, unseen } = status;
  const blocks = [
    [`${stack}, ${time.replace('T', ' ').replace(/\.\d+Z$/, ' UTC')}`],
    ...rules.map((rule) => renderRule(rule, style)),
    ...arrivals.map((arrival) => renderArrival(arrival, style)),
    [`Fixed cost of all regions: about ${formatDollars(fixedDollars)} per month.`],
    ...(unseen.length === 0
      ? []
      : [unseen.flatMap((what) => wrapText(`Could not read ${what}`, style.columns).map(style.dim))]),
  ];
  return `${blocks.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

function renderRule(rule: RuleStatus, style: TerminalStyle): string[] {
  const { id, region, bucket, prefix, suffix, hour, day, dollars, backlog, backfill, givenUp, verification, routes } =
    rule;
  const keys = `${prefix}${suffix === '' ? '' : `*${suffix}`}`;
  const { saved, spent } = dollars;
  const net = saved === null || spent === null ? null : saved - spent;
  return [
    ...wrapText(printableKey(`s3://${bucket}/${keys}`), style.columns).map(style.bold),
    `  ${style.dim(`${region}, ${id}`)}`,
    ...routes.flatMap((route) =>
      row(`to ${route.region}`, describeRoute(route), style, isLate(route) ? style.red : undefined),
    ),
    ...backlogRows(backlog, 'object', style),
    ...(backfill === 0 ? [] : row('backfill', `${renderAmount(backfill)} waiting`, style)),
    ...row('last hour', describeTraffic(hour), style),
    ...row('last day', describeTraffic(day), style),
    ...row(
      'dollars, day',
      `saved ${money(saved)}, spent ${money(spent)}, net ${money(net)}`,
      style,
      (net ?? 0) < 0 ? style.yellow : undefined,
    ),
    ...row('fixed', `${formatDollars(rule.fixedDollars)} per month`, style),
    ...(verification === undefined
      ? []
      : row('verified', describeFindings(verification), style, needsAttention(verification) ? style.red : undefined)),
    ...row('given up', archives(givenUp), style, (givenUp ?? 0) > 0 ? style.red : undefined),
  ];
}

function renderArrival({ region, backlog }: ArrivalStatus, style: TerminalStyle): string[] {
  return [style.bold(`Arrivals in ${region}`), ...backlogRows(backlog, 'archive', style)];
}

function backlogRows(backlog: Backlog, unit: string, style: TerminalStyle): string[] {
  const { waiting, inWork, oldestSeconds, deadLetters, tasks } = backlog;
  const oldest = oldestSeconds === null ? UNKNOWN : formatAge(oldestSeconds);
  const waits = waiting === null ? UNKNOWN : formatPlural(waiting, unit);
  const fallback = tasks === null ? UNKNOWN : `${tasks?.running ?? 0} of ${tasks?.desired ?? 0} running`;
  return [
    ...row(
      'backlog',
      `${waits}${waiting === 0 ? '' : `, oldest ${oldest}`}; ${renderAmount(inWork)} in progress`,
      style,
    ),
    ...(tasks === undefined ? [] : row('fallback tasks', fallback, style)),
    ...row('dead letters', renderAmount(deadLetters), style, (deadLetters ?? 0) > 0 ? style.red : undefined),
  ];
}

/** Wraps text that does not fit after its label. */
function row(
  label: string,
  text: string,
  { columns }: TerminalStyle,
  paint = (line: string): string => line,
): string[] {
  const width = Math.max(LABEL_WIDTH, label.length);
  return wrapText(text, columns - width - 4).map(
    (line, index) => `  ${(index === 0 ? label : '').padEnd(width)}  ${paint(line)}`,
  );
}

function describeRoute({ watermarkSeconds, objectiveSeconds, restored }: RouteStatus): string {
  const behind = watermarkSeconds === null ? UNKNOWN : formatAge(watermarkSeconds);
  return `${behind} behind (objective ${formatAge(objectiveSeconds)}), restored ${renderAmount(restored.hour)} / ${renderAmount(restored.day)}`;
}

function describeTraffic({ objects, bytes, archiveBytes }: RuleTraffic): string {
  const ratio = bytes === null || archiveBytes === null ? UNKNOWN : formatRatio(ratioOf(bytes, archiveBytes));
  return `${objects === null ? UNKNOWN : formatPlural(objects, 'object')}, ${bytes === null ? UNKNOWN : formatBytes(bytes)}, ${ratio}`;
}

const ALWAYS_SHOWN = ['missing', 'older', 'different', 'foreign'] as const;
/** Almost always 0. */
const SHOWN_IF_ANY = ['unreadable', 'unreplicable'] as const;

function describeFindings(verification: VerificationStatus | null): string {
  if (verification === null) return UNKNOWN;
  const { every, startedAt, unfinished, stopped, overdue, compared } = verification;
  if (startedAt === undefined) return `${every}; none in the last 15 days`;
  const shown = [...ALWAYS_SHOWN, ...SHOWN_IF_ANY.filter((kind) => verification[kind] > 0)];
  const found = shown.map((kind) => `${formatCount(verification[kind])} ${kind}`).join(', ');
  const until = stopped === true ? ' before it stopped early' : unfinished === true ? ' so far, not finished' : '';
  const late = overdue === true ? `; the next one is overdue (${every})` : '';
  return `${startedAt.slice(0, 16).replace('T', ' ')} UTC, ${formatPlural(compared, 'key')}: ${found}${until}${late}`;
}

function renderAmount(value: number | null): string {
  return value === null ? UNKNOWN : formatCount(value);
}

function money(dollars: number | null): string {
  if (dollars === null) return UNKNOWN;
  return dollars === 0 ? '$0' : formatDollars(dollars);
}

/** S3 lists 1,000 keys per call; counting further would cost more and add nothing useful. */
function archives(givenUp: number | null): string {
  if (givenUp === null) return UNKNOWN;
  return givenUp >= 1000 ? '1,000 archives or more' : formatPlural(givenUp, 'archive');
}
