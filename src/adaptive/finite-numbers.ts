/** Whether ratios and logarithms of the number are possible: not for NaN, infinities, zero and negative numbers. */
export function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}
