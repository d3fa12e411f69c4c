import { formatBilledBytes, formatPlural } from '../command/numbers.ts';
import type { Estimate } from './estimate.ts';
import { RECENT_DAYS } from './make-estimate.ts';
import type { SampleMeasure } from './measure-sample.ts';
import type { Population } from './population.ts';

export interface RemarkInput extends Pick<Estimate, 'monthIs'>, Pick<SampleMeasure, 'unread'> {
  readonly population: Pick<Population, 'archived' | 'oldest'>;
  readonly skipped: readonly string[];
  /** Milliseconds since 1970 at which the objects were listed. */
  readonly time: number;
}

const MILLISECONDS_PER_DAY = 86_400_000;

/** What the numbers do not show, in sentences. */
export function remarksOf({ population, unread, monthIs, skipped, time }: RemarkInput): string[] {
  const { archived, oldest } = population;
  const days = (time - oldest) / MILLISECONDS_PER_DAY;
  return [
    ...(monthIs === 'given' ? [] : volumeRemarks(days)),
    ...(archived.objects === 0
      ? []
      : [
          `${formatPlural(archived.objects, 'object')} of ${formatBilledBytes(archived.bytes)} in archive classes are not counted: they cannot be read until they are restored.`,
        ]),
    ...(unread === undefined
      ? []
      : [
          `${formatPlural(unread.objects, 'sampled object')} could not be read, so others represent them: ${unread.reason}`,
        ]),
    ...(skipped.length === 0
      ? []
      : [`${formatPlural(skipped.length, 'entry', 'entries')} skipped, such as ${skipped[0] ?? ''}.`]),
  ];
}

function volumeRemarks(days: number): string[] {
  if (days === Number.NEGATIVE_INFINITY) {
    return ['The inventory has no LastModifiedDate, so the monthly volume is unknown: give --monthly.'];
  }
  if (days >= RECENT_DAYS)
    return ['A key that was overwritten counts once, by its last write: give --monthly if keys are overwritten.'];
  return [
    `The oldest object is ${days.toFixed(0)} days old: an initial upload counts as a month's arrivals. Give --monthly if you know the volume.`,
  ];
}
