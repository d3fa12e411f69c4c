import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { parseArgs } from 'node:util';
import { answerRequest, requestKind } from './server/answer-request.ts';
import type { ServerCounts, ServerMessage, ServerQuestion } from './server/contract.ts';
import { type ServerRequest, serveConnection } from './server/http-connection.ts';
import { keepsBody, ObjectTable } from './server/object-table.ts';

/**
 * S3 in memory, in a separate process, on a free port of the loopback interface. It sends the first byte of every
 * answer after `--latency MS`, and uses TLS if `--tls` names the files of its key and certificate. start-server.ts
 * starts it. It sends its port and counts over the IPC channel, and ends when that closes.
 */
const { values } = parseArgs({
  options: { latency: { type: 'string', default: '0' }, tls: { type: 'string', multiple: true } },
});
const table = new ObjectTable();
let requests = new Map<string, number>();
let firstRequest: string | undefined;
let cpuBefore = process.cpuUsage();
let connections = 0;
let resumedSessions = 0;

const [key, cert] = (values.tls ?? []).map((file) => readFileSync(file));
const server =
  key && cert
    ? createTlsServer({ key, cert, noDelay: true }, (socket) => {
        if (socket.isSessionReused()) resumedSessions += 1;
        serve(socket);
      })
    : createServer({ noDelay: true }, serve);

function serve(socket: Socket): void {
  connections += 1;
  serveConnection(socket, {
    latency: Number(values.latency),
    keepsBody,
    answer: (request) => {
      count(request);
      return answerRequest(request, table);
    },
  });
}

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new TypeError('The server listens on no port');
  tell({ kind: 'listening', port: address.port });
});
process.on('message', (question: ServerQuestion) => {
  if (question.kind === 'reset') {
    requests = new Map();
    firstRequest = undefined;
    cpuBefore = process.cpuUsage();
    connections = 0;
    resumedSessions = 0;
  }
  if (question.kind === 'written') tell({ kind: 'written', objects: table.writtenTo(question.bucket) });
  else tell({ kind: 'counts', counts: counts() });
});
process.on('disconnect', () => process.exit());

function count(request: ServerRequest): void {
  firstRequest ??= process.hrtime.bigint().toString();
  const kind = requestKind(request);
  requests.set(kind, (requests.get(kind) ?? 0) + 1);
}

function counts(): ServerCounts {
  const { user, system } = process.cpuUsage(cpuBefore);
  const cpuSeconds = (user + system) / 1e6;
  const base = { requests: Object.fromEntries(requests), cpuSeconds, connections, resumedSessions };
  return firstRequest === undefined ? base : { ...base, firstRequest };
}

function tell(message: ServerMessage): void {
  process.send?.(message);
}
