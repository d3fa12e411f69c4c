export type HttpErrorCode =
  | 'CONNECT_TIMEOUT'
  | 'HEADERS_TIMEOUT'
  | 'BODY_TIMEOUT'
  | 'CONNECTION_CLOSED'
  | 'ANSWER_MALFORMED'
  | 'REQUEST_UNSENDABLE';

/**
 * The reason why an exchange ended without a response. Errors of sockets, such as ECONNRESET, are passed on as Node
 * throws them.
 */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: HttpErrorCode;

  constructor(code: HttpErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** The server does not speak HTTP as S3 does. */
export function malformedError(message: string): HttpError {
  return new HttpError('ANSWER_MALFORMED', `The response is not HTTP/1.1: ${message}`);
}
