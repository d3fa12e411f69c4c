/** A number for DynamoDB: 17 digits, the precision of a double. */
export function renderNumber(value: number): string {
  return Number.isSafeInteger(value) ? String(value) : value.toExponential(16);
}

/** The nearest multiple of the decimal unit, exactly: sums of such numbers have no digits below it. */
export function renderDecimals(value: number, decimals: number): string {
  // From 1e21 on JavaScript writes an exponent; such doubles are whole numbers.
  const fixed = value.toFixed(decimals);
  return fixed.includes('.') && !fixed.includes('e') ? fixed.replace(/\.?0+$/, '') : fixed;
}
