/** The unit of a number, which decides how it is printed. */
export type Unit = 'seconds' | 'milliseconds' | 'bytes' | 'objects/s' | 'requests' | 'ratio' | 'CPU s/GB' | 'USD/GB';

export interface Goal {
  /** What is compared: the number itself, the number divided by its floor, or the number minus its floor. */
  readonly of: 'measured' | 'ratio' | 'excess';
  readonly bound: 'at most' | 'at least';
  readonly value: number;
}

/** One line of the table, before it is measured. */
export interface RowSpec {
  /** For `--only`. */
  readonly name: string;
  /** What is measured, in words. */
  readonly title: string;
  readonly unit: Unit;
  /** What `floor` is. */
  readonly floorIs?: string;
  /** Absent: there is nothing to meet, only to compare. */
  readonly goal?: Goal;
}

export interface Measurement {
  /** Median. */
  readonly measured: number;
  /** Median of the floor for the same bytes, in the same unit. */
  readonly floor?: number;
  /** Median of the ratios of pairs that ran one after the other; not the ratio of the medians. */
  readonly ratio?: number;
  /** Further information. */
  readonly remark?: string;
}

export interface Row extends RowSpec, Measurement {
  /** Absent: the row has no goal. */
  readonly met?: boolean;
}

/** @throws TypeError if the goal needs a ratio or a floor that was not measured */
export function completeRow(spec: RowSpec, measurement: Measurement): Row {
  if (spec.goal === undefined) return { ...spec, ...measurement };
  const { of, bound, value } = spec.goal;
  const { measured, ratio, floor } = measurement;
  const number = { measured, ratio, excess: floor === undefined ? undefined : measured - floor }[of];
  if (number === undefined) throw new TypeError(`Row ${spec.name} has a goal for a ${of} that was not measured`);
  return { ...spec, ...measurement, met: bound === 'at most' ? number <= value : number >= value };
}

export function atMost(value: number, of: Goal['of'] = 'measured'): Goal {
  return { of, bound: 'at most', value };
}

export function atLeast(value: number, of: Goal['of'] = 'measured'): Goal {
  return { of, bound: 'at least', value };
}

/** The middle value; for an even number of values the mean of the middle two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}
