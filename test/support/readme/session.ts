/** A command as a document shows it, and the shown part of its output. */
export interface Session {
  readonly command: string;
  readonly lines: readonly string[];
}

/** Stands for omitted output: for lines if it is a line, for the rest of the line if it ends one. */
const LEFT_OUT = '…';

/** How much a number that depends on prices or measurements may differ from the shown one. */
const TOLERANCE = 0.2;

/** Dollars and ratios, which depend on prices and on measured CPU time; ages, which depend on how fast the machine is. */
const VARYING = /(?<dollars>-?\$[\d,]+\.\d\d)|(?<ratio>\d+\.\d\d) ±\d+\.\d\d|(?<age>oldest ).+$|(?<spaces> {2,})/g;

/**
 * The sessions in a document's blocks of code: each begins with `$ ` and a command, and ends before the next one or
 * with the block.
 */
export function readSessions(document: string): Session[] {
  const blocks = [...document.matchAll(/^```\n(.*?)^```$/gms)].map(([, block = '']) => block);
  const texts = blocks.flatMap((block) => block.split(/^(?=\$ )/m)).filter((text) => text.startsWith('$ '));
  return texts.map((text) => {
    const [command = '', ...lines] = text.trimEnd().split('\n');
    return { command: command.slice('$ '.length), lines };
  });
}

/** Whether a command printed what the document shows: each line literally, except for varying and omitted parts. */
export function isAsShown({ lines }: Session, printed: string): boolean {
  const numbers: number[] = [];
  const pattern = lines
    .map((line) => (line === LEFT_OUT ? '(?:.*\\n)*?' : `${linePattern(line, numbers)}\\n`))
    .join('');
  const match = new RegExp(`^${pattern}$`).exec(`${printed.trimEnd()}\n`);
  return match !== null && numbers.every((shown, index) => isClose(shown, toNumber(match[index + 1] ?? '')));
}

/** @param numbers receives the shown numbers, in the order of the pattern's groups */
function linePattern(line: string, numbers: number[]): string {
  const isOpen = line.endsWith(LEFT_OUT);
  const shown = isOpen ? line.slice(0, -LEFT_OUT.length) : line;
  let pattern = '';
  let end = 0;
  for (const { 0: text, index, groups = {} } of shown.matchAll(VARYING)) {
    pattern += literally(shown.slice(end, index)) + varyingPattern(groups, numbers);
    end = index + text.length;
  }
  return pattern + literally(shown.slice(end)) + (isOpen ? '.*' : '');
}

function varyingPattern(
  { dollars, ratio, age }: Readonly<Record<string, string | undefined>>,
  numbers: number[],
): string {
  if (age !== undefined) return `${age}\\d.*`;
  const number = dollars ?? ratio;
  if (number === undefined) return ' +';
  numbers.push(toNumber(number));
  return dollars === undefined ? String.raw`(\d+\.\d\d) ±\d+\.\d\d` : String.raw`(-?\$[\d,]+\.\d\d)`;
}

function literally(text: string): string {
  return text.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`);
}

function toNumber(text: string): number {
  return Number(text.replaceAll(/[$,]/g, ''));
}

function isClose(shown: number, printed: number): boolean {
  return Math.abs(printed - shown) <= TOLERANCE * Math.abs(shown);
}
