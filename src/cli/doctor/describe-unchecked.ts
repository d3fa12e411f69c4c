/** AWS's error names and codes for a missing permission. */
const DENIALS: ReadonlySet<string> = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'AuthorizationErrorException',
  'Forbidden',
  'STORAGE_ACCESS_DENIED',
  'UnauthorizedOperation',
]);
const FORBIDDEN = 403;

/** Whether an error means that this identity lacks a permission. */
export function isDenial(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null) return false;
  const { name, code, $metadata } = thrown as { name?: unknown; code?: unknown; $metadata?: unknown };
  if (DENIALS.has(String(name)) || DENIALS.has(String(code))) return true;
  return (
    typeof $metadata === 'object' &&
    $metadata !== null &&
    'httpStatusCode' in $metadata &&
    $metadata.httpStatusCode === FORBIDDEN
  );
}

/** A sentence that says why nothing could be read. @param takes the permissions of the check */
export function describeUnchecked(thrown: unknown, takes: string): string {
  if (isDenial(thrown)) return `This identity may not check this. It needs ${takes}.`;
  const said = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  return `Could not be checked: ${said.replaceAll(/\s+/g, ' ').replace(/\.$/, '')}.`;
}
