/** Whether it is a quantity that ratios and logarithms may be taken of: NaN, infinities, zero and negative numbers are not. */
export function isPositive(value: number): boolean {
  return Number.isFinite(value) && value > 0;
}
