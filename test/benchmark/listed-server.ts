import { createServer } from 'node:net';
import { firstAfter, GENERATED_SIZE, generatedEtag, generatedKey } from './keys/generated-keys.ts';
import { type ServerAnswer, type ServerRequest, serveConnection } from './server/http-connection.ts';

/**
 * A bucket of generated keys that can only be listed, and a queue that counts its messages, in a separate process. The
 * number of keys is the first argument. It sends its port over the IPC channel, then for each IPC message its number of
 * SQS messages so far.
 */
const KEYS = Number(process.argv[2] ?? 0);
const PAGE = 1000;
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult><EncodingType>url</EncodingType>';
let taken = 0;

function list(query: string): ServerAnswer {
  const parameters = new URLSearchParams(query);
  const first = firstAfter(parameters.get('start-after') ?? '', KEYS);
  const end = Math.min(KEYS, first + Math.min(PAGE, Number(parameters.get('max-keys') ?? PAGE)));
  let contents = '';
  for (let index = first; index < end; index += 1) {
    contents += `<Contents><Key>${generatedKey(index)}</Key><LastModified>2026-11-23T10:00:00.000Z</LastModified><ETag>&quot;${generatedEtag(index)}&quot;</ETag><Size>${GENERATED_SIZE}</Size><StorageClass>STANDARD</StorageClass></Contents>`;
  }
  return xml(`${HEAD}<IsTruncated>${end < KEYS ? 'true' : 'false'}</IsTruncated>${contents}</ListBucketResult>`);
}

function xml(text: string): ServerAnswer {
  return { status: 200, headers: 'content-type: application/xml\r\n', body: [Buffer.from(text)] };
}

function answer({ method, query, body }: ServerRequest): ServerAnswer {
  if (method === 'GET') return list(query);
  const { Entries } = JSON.parse(Buffer.concat(body).toString()) as { readonly Entries: readonly { Id: string }[] };
  taken += Entries.length;
  const Successful = Entries.map(({ Id }) => ({ Id, MessageId: Id }));
  return { status: 200, body: [Buffer.from(JSON.stringify({ Successful, Failed: [] }))] };
}

const server = createServer({ noDelay: true }, (socket) => {
  serveConnection(socket, { answer, keepsBody: () => true, latency: 0 });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port');
  process.send?.(address.port);
});
process.on('message', () => process.send?.(taken));
process.on('disconnect', () => process.exit());
