// The service behind Kong: a program of its own, so that load on it does not slow the process that started it.
// Its arguments are the address and the port.
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const server = createServer((request, response) => {
  let bodyLength = 0;
  request.on('data', (chunk: Buffer) => void (bodyLength += chunk.length));
  request.on('end', () => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://upstream');
    const delayMs = Number(searchParams.get('delayMs') ?? 0);
    const body = JSON.stringify({ method: request.method, path: pathname, bodyLength });
    if (delayMs > 0) void sleep(delayMs).then(() => answer(response, body));
    else answer(response, body);
  });
});

function answer(response: ServerResponse, body: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
}

// It never closes an idle connection before the proxies do (60 s), and so never under one of their requests.
server.keepAliveTimeout = 3_600_000;
server.headersTimeout = 0;
server.requestTimeout = 0;
const [host, port] = process.argv.slice(2);
server.listen(Number(port), host);
