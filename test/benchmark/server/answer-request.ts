import type { ServerAnswer, ServerRequest } from './http-connection.ts';
import type { ObjectTable, TableObject } from './object-table.ts';

/** About as many headers as S3 sends: reading them is part of a client's work. */
const STANDING_HEADERS =
  'x-amz-id-2: IOWQ4fDEXAMPLEQM+ey7N9WgVhSnQ6JEXAMPLEZb7hSQDASK+Jd1vEXAMPLEa3Km\r\n' +
  'x-amz-request-id: 79104EXAMPLEB723\r\n' +
  'date: Mon, 23 Nov 2026 10:00:01 GMT\r\n' +
  'server: AmazonS3\r\n';
const DATED_HEADERS =
  `${STANDING_HEADERS}last-modified: Mon, 23 Nov 2026 10:00:00 GMT\r\naccept-ranges: bytes\r\n` +
  'x-amz-server-side-encryption: AES256\r\n';
const OBJECT_HEADERS = `${DATED_HEADERS}content-type: application/octet-stream\r\nx-amz-meta-writer: benchmark\r\n`;
const CARRIED =
  /^(?:content-(?:type|encoding|disposition|language)|cache-control|expires|x-amz-meta-[^:]+|x-amz-storage-class|x-amz-checksum-(?:crc32|type)): .*$/gm;

/** S3's answer to a request, with what packing and restoring need. */
export function answerRequest(request: ServerRequest, table: ObjectTable): ServerAnswer {
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return answerRead(request, table);
    case 'PUT':
      return answerPut(request, table);
    case 'POST':
      return answerPost(request, table);
    case 'DELETE':
      if (request.query === '') table.remove(request.path);
      else table.abortUpload(uploadId(request));
      return { status: 204, headers: STANDING_HEADERS };
    default:
      return failure(400, 'MethodNotAllowed');
  }
}

/** The kind under which a request is counted. */
export function requestKind({ method, query }: ServerRequest): string {
  if (query === 'uploads=') return `${method} uploads`;
  if (query.startsWith('partNumber=')) return `${method} part`;
  return query === '' ? method : `${method} ${query.split('=', 1)[0] ?? ''}`;
}

function answerRead(request: ServerRequest, table: ObjectTable): ServerAnswer {
  // There are no interrupted uploads here.
  if (request.query.endsWith('uploads=')) return xml('<ListMultipartUploadsResult></ListMultipartUploadsResult>');
  if (request.query === 'tagging=') return xml('<Tagging><TagSet></TagSet></Tagging>');
  const object = table.find(request.path);
  if (object === undefined) return failure(404, 'NoSuchKey');
  const condition = request.header('if-match');
  if (condition !== undefined && condition !== `"${object.etag}"`) return failure(412, 'PreconditionFailed');
  if (request.method === 'HEAD') return { status: 200, headers: objectHeaders(object), length: object.size };
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.header('range') ?? '') ?? [];
  if (first === undefined) {
    return { status: 200, headers: objectHeaders(object), body: object.read(0, object.size) };
  }
  const start = Number(first);
  const end = Math.min(Number(last), object.size - 1);
  if (start > end) return failure(416, 'InvalidRange');
  const headers = `${objectHeaders(object)}content-range: bytes ${start}-${end}/${object.size}\r\n`;
  return { status: 206, headers, body: object.read(start, end + 1 - start) };
}

function answerPut(request: ServerRequest, table: ObjectTable): ServerAnswer {
  const { path, query, body, bodySize } = request;
  if (query !== '') {
    const part = Number(/partNumber=(\d+)/.exec(query)?.[1]);
    return written(table.writePart(uploadId(request), part, bodySize, body));
  }
  if (conditionFails(request, table)) return failure(412, 'PreconditionFailed');
  return written(table.write(path, bodySize, body, request.head).etag);
}

function answerPost(request: ServerRequest, table: ObjectTable): ServerAnswer {
  if (request.query === 'uploads=') {
    return xml(
      `<InitiateMultipartUploadResult><UploadId>${table.createUpload(request.head)}</UploadId></InitiateMultipartUploadResult>`,
    );
  }
  if (conditionFails(request, table)) return failure(412, 'PreconditionFailed');
  const { etag } = table.completeUpload(uploadId(request), request.path);
  return xml(`<CompleteMultipartUploadResult><ETag>&quot;${etag}&quot;</ETag></CompleteMultipartUploadResult>`);
}

function conditionFails(request: ServerRequest, table: ObjectTable): boolean {
  const found = table.find(request.path);
  if (request.header('if-none-match') === '*') return found !== undefined;
  const wanted = request.header('if-match');
  return wanted !== undefined && wanted !== `"${found?.etag ?? ''}"`;
}

function uploadId({ query }: ServerRequest): string {
  return /uploadId=([0-9a-f]+)/.exec(query)?.[1] ?? '';
}

function objectHeaders({ etag, head }: TableObject): string {
  const carried = head === undefined ? OBJECT_HEADERS : `${DATED_HEADERS}${carriedLines(head)}`;
  return `${carried}etag: "${etag}"\r\n`;
}

/** The headers that S3 keeps from the request that wrote an object, limited to those that the services send. */
function carriedLines(head: string): string {
  const lines = head.match(CARRIED) ?? [];
  return lines.map((line) => `${line}\r\n`).join('');
}

function written(etag: string): ServerAnswer {
  return { status: 200, headers: `${STANDING_HEADERS}etag: "${etag}"\r\n` };
}

function xml(body: string, status = 200): ServerAnswer {
  const headers = `${STANDING_HEADERS}content-type: application/xml\r\n`;
  return { status, headers, body: [Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${body}`)] };
}

function failure(status: number, code: string): ServerAnswer {
  return xml(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`, status);
}
