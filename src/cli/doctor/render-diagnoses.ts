import { printableKey } from '../command/printable-key.ts';
import type { TerminalStyle } from '../command/terminal-style.ts';
import { wrapText } from '../command/wrap-text.ts';
import type { Identity } from '../deploy/read-identity.ts';
import type { Diagnosis, DiagnosisStatus } from './diagnosis.ts';

/** The findings of a group of checks. */
export interface GroupDiagnoses {
  readonly name: string;
  readonly title: string;
  readonly findings: readonly Diagnosis[];
}

const LABELS: Readonly<Record<DiagnosisStatus, string>> = {
  ok: 'ok',
  warning: 'warning',
  failure: 'FAILURE',
  unseen: 'unknown',
};
const INDENT = 11;
/** Max seconds per check, and the value to try first if the default is too low. */
export const MAX_TIMEOUT = 600;
const LONG_TIMEOUT = 60;

export interface DiagnosesOptions {
  /** Leaves out results that are ok, which still count in the summary. */
  readonly problemsOnly?: boolean;
  /** Seconds that each check had. */
  readonly timeout?: number;
}

/** A line per finding under the title of its group, with the command that fixes it below; a summary at the end. */
export function renderDiagnoses(
  groups: readonly GroupDiagnoses[],
  style: TerminalStyle,
  { problemsOnly = false, timeout = 0 }: DiagnosesOptions = {},
): string {
  const lines = [summarizeGroups(groups), ...describeLate(groups, timeout, style)];
  return `${renderFindings(groups, style, { problemsOnly })}${lines.map((line) => `${line}\n`).join('')}`;
}

/** The same without the summary; empty when nothing is shown. */
export function renderFindings(
  groups: readonly GroupDiagnoses[],
  style: TerminalStyle,
  { problemsOnly = false }: DiagnosesOptions = {},
): string {
  const lines = groups.flatMap(({ title, findings }) => {
    const shown = findings.filter((finding) => !problemsOnly || isProblem(finding));
    return shown.length === 0 ? [] : [style.bold(title), ...shown.flatMap((each) => renderDiagnosis(each, style)), ''];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** One JSON document with everything that was found. */
export function diagnosesDocument(
  groups: readonly GroupDiagnoses[],
  identity: Identity | undefined,
  { problemsOnly = false }: DiagnosesOptions = {},
): string {
  const findings = groups
    .flatMap((group) => group.findings.map((finding) => ({ group: group.name, ...finding })))
    .filter((finding) => !problemsOnly || isProblem(finding));
  const { account = null, arn = null } = identity ?? {};
  return `${JSON.stringify({ account, arn, counts: countByStatus(groups), findings }, undefined, 2)}\n`;
}

export function countByStatus(groups: readonly GroupDiagnoses[]): Record<DiagnosisStatus, number> {
  const counts = { ok: 0, warning: 0, failure: 0, unseen: 0 };
  for (const { findings } of groups) {
    for (const { status } of findings) counts[status] += 1;
  }
  return counts;
}

/** The groups that were not checked completely, and how to check them: their state is unknown. */
function describeLate(groups: readonly GroupDiagnoses[], timeout: number, style: TerminalStyle): string[] {
  const late = groups.filter(({ findings }) => findings.some(({ isLate }) => isLate === true));
  if (late.length === 0) return [];
  const names = late.map(({ name }) => name);
  const more = Math.min(MAX_TIMEOUT, Math.max(LONG_TIMEOUT, 3 * timeout));
  return [
    ...wrapText(
      `${names.join(', ')} could not be checked completely in time. To check again with more time:`,
      style.columns,
    ),
    // A command is not wrapped, so that it can be copied.
    `  s3xrc doctor --only ${names.join(' ')} --timeout ${more}`,
  ];
}

function isProblem({ status }: Diagnosis): boolean {
  return status !== 'ok';
}

function renderDiagnosis({ status, subject, says, fix }: Diagnosis, style: TerminalStyle): string[] {
  const text = wrapText(printableKey(`${subject}: ${says}`), style.columns - INDENT);
  const label = paint(status, style)(LABELS[status].padEnd(INDENT - 2));
  const [first = '', ...rest] = text;
  const indented = (line: string): string => `${' '.repeat(INDENT)}${line}`;
  // Commands are not wrapped, so that they can be copied.
  const advice = fix === undefined ? [] : [indented(`fix: ${printableKey(fix)}`)];
  return [`  ${label}${first}`, ...rest.map(indented), ...advice];
}

function paint(status: DiagnosisStatus, style: TerminalStyle): (text: string) => string {
  switch (status) {
    case 'ok':
      return style.green;
    case 'warning':
      return style.yellow;
    case 'failure':
      return style.red;
    case 'unseen':
      return style.dim;
  }
}

function summarizeGroups(groups: readonly GroupDiagnoses[]): string {
  const { ok, warning, failure, unseen } = countByStatus(groups);
  return `${ok} ok, ${warning} ${warning === 1 ? 'warning' : 'warnings'}, ${failure} ${failure === 1 ? 'failure' : 'failures'}, ${unseen} unknown`;
}
