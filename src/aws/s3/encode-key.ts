/** Characters that SigV4's URI encoding leaves alone; most keys have no others. */
const UNRESERVED_KEY = /^[A-Za-z0-9\-._~/]*$/;
const LEFT_BY_JAVASCRIPT = /[!'()*]/g;

/** RFC 3986 encoding as SigV4 requires it: everything but letters, digits and `-._~`. */
export function encodeUriComponent(text: string): string {
  return encodeURIComponent(text).replace(
    LEFT_BY_JAVASCRIPT,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * A key as it is written in the request path. Slashes stay, and so do `.` and `..`: to S3 they are characters like any
 * other, which is why no URL parser may ever see this path.
 *
 * @throws URIError when the key has a lone surrogate, which no S3 key can have
 */
export function encodeKey(key: string): string {
  return UNRESERVED_KEY.test(key) ? key : encodeUriComponent(key).replaceAll('%2F', '/');
}
