const DOLLARS = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** Dollars per month, to the cent: `$1,234.50`, `-$0.02`. */
export function formatMonthly(dollars: number): string {
  const text = DOLLARS.format(Math.abs(dollars));
  return `${dollars < 0 && text !== '0.00' ? '-' : ''}$${text}`;
}
