import { HttpError } from './errors.ts';
import type { HttpRequest } from './exchange.ts';

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const INVALID_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
const INVALID_PATH = /[^\x21-\x7e]/;
/** Header names that have been validated; there are a few dozen, apart from those of metadata. */
const knownNames = new Set<string>();
const MAX_KNOWN_NAMES = 1000;

/**
 * The first lines of a request, to be sent as latin1.
 * @throws HttpError when a name or value has characters that would end the line, or that HTTP does not allow
 */
export function encodeRequestHead(host: string, { method, path, headers, body }: HttpRequest): string {
  if (INVALID_PATH.test(path)) throw unsendable('its path', path);
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const [name = '', value = ''] = [headers[i], headers[i + 1]];
    if (!knownNames.has(name)) rememberName(name);
    if (INVALID_VALUE.test(value)) throw unsendable(`its header ${name}`, value);
    head += `${name}: ${value}\r\n`;
  }
  const hasBody = body !== undefined || method === 'PUT' || method === 'POST';
  return hasBody ? `${head}content-length: ${body?.byteLength ?? 0}\r\n\r\n` : `${head}\r\n`;
}

function rememberName(name: string): void {
  if (!TOKEN.test(name)) throw unsendable('the name of a header', name);
  if (knownNames.size < MAX_KNOWN_NAMES) knownNames.add(name);
}

function unsendable(what: string, value: string): HttpError {
  return new HttpError(
    'REQUEST_UNSENDABLE',
    `${what} has characters that HTTP does not allow: ${JSON.stringify(value)}`,
  );
}
