const UNITS: readonly (readonly [seconds: number, unit: string])[] = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
];

/** An age in its largest unit, rounded down: `3 h`, `12 d`. @param seconds a negative value counts as 0 */
export function formatAge(seconds: number): string {
  const [scale, unit] = UNITS.find(([size]) => seconds >= size) ?? [1, 's'];
  return `${Math.floor(Math.max(0, seconds) / scale)} ${unit}`;
}
