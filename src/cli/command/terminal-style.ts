/** Adds the terminal codes of a style to a text, or leaves it unchanged. */
type Paint = (text: string) => string;

/** The styles that are possible for the output. */
export interface TerminalStyle {
  /** Characters per line; infinite for a file or a pipe, where nothing is cut. */
  readonly columns: number;
  readonly bold: Paint;
  readonly red: Paint;
  readonly yellow: Paint;
  readonly green: Paint;
  readonly dim: Paint;
}

interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const DEFAULT_COLUMNS = 80;
/** Narrower terminals wrap by themselves. */
const MIN_COLUMNS = 40;

/** Colors on a terminal, unless disabled (https://no-color.org), and lines as long as it is wide. */
export function terminalStyle(output: Output, environment: NodeJS.ProcessEnv): TerminalStyle {
  const isTerminal = output.isTTY === true;
  const noColor = environment['NO_COLOR'] ?? '';
  const isColored = isTerminal && noColor === '' && environment['TERM'] !== 'dumb';
  const paint =
    (code: number, end: number): Paint =>
    (text) =>
      isColored ? `\u001b[${code}m${text}\u001b[${end}m` : text;
  return {
    columns: isTerminal ? Math.max(MIN_COLUMNS, output.columns ?? DEFAULT_COLUMNS) : Number.POSITIVE_INFINITY,
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    yellow: paint(33, 39),
    green: paint(32, 39),
  };
}
