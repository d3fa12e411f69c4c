/** A line of a widget, in CloudWatch's own format: a metric with its dimensions, or an expression. */
export type MetricLine = readonly [...string[], Readonly<Record<string, unknown>>];

/** The metrics of a widget in a shorter form: a template has a size limit, and many rules need many lines. */
export interface ShortenedLines {
  /** Statistic of all lines without their own. */
  readonly stat?: string | undefined;
  readonly lines: readonly ShortLine[];
}

/** Values, and options where there are any. */
export type ShortLine = readonly (string | Readonly<Record<string, unknown>>)[];

/**
 * Leaves out everything that CloudWatch adds by itself (Amazon CloudWatch API reference, "Dashboard body structure and
 * syntax"): the statistic that all lines share; what a line has in common with the one above it, which `...` repeats up
 * to the value that follows, and `.` for one value; and a label that only repeats a value, since CloudWatch creates
 * labels that distinguish the lines of a widget.
 */
export function shortenLines(lines: readonly MetricLine[]): ShortenedLines {
  const statistics = new Set(lines.map((line) => optionsOf(line)['stat']));
  const [stat] = statistics;
  const isShared = statistics.size === 1 && typeof stat === 'string';
  const shortened = lines.map((line, index) => {
    const { stat: own, label, ...others } = optionsOf(line);
    const values = valuesOf(line);
    const isRepeated = lines.length > 1 && values.some((value) => value === label);
    const options = {
      ...others,
      ...(label === undefined || isRepeated ? {} : { label }),
      ...(own === undefined || isShared ? {} : { stat: own }),
    };
    const short = shorten(values, valuesOf(lines[index - 1]));
    return Object.keys(options).length === 0 ? short : [...short, options];
  });
  return { ...(isShared ? { stat } : {}), lines: shortened };
}

/**
 * | has in common with the line above | is written |
 * |---|---|
 * | everything but the last value | `["...", last]` |
 * | the same number of values, some of them equal | `.` for each that is |
 * | nothing, or another number of values | as it is |
 */
function shorten(values: readonly string[], above: readonly string[]): readonly string[] {
  if (values.length === 0 || values.length !== above.length) return values;
  const short = values.map((value, index) => (value === above[index] ? '.' : value));
  const [last = ''] = values.slice(-1);
  return short.slice(0, -1).every((value) => value === '.') ? ['...', last] : short;
}

function optionsOf(line: MetricLine): Readonly<Record<string, unknown>> {
  return line.at(-1) as Readonly<Record<string, unknown>>;
}

function valuesOf(line: MetricLine | undefined): readonly string[] {
  return (line?.slice(0, -1) ?? []) as readonly string[];
}
