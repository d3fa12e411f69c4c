/** Keys may contain anything, including line breaks and terminal escape sequences; a listing has one line per key. */
export function printableKey(key: string): string {
  return key.replace(
    /[\p{Cc}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
