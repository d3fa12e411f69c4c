/** `eu-west-1` or a rule id as part of a logical id, which may have letters and digits only: `EuWest1`. */
export function logicalName(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
}
