// As little of Graph, Entra and an SMTP server as a client needs to send: it reads and accepts everything. The sandbox checks what
// it gets, which would take longer than what is measured.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SMTPServer } from 'smtp-server';
import { createCertificate } from '../support/certificate.mjs';
import { serve } from '../support/child.mjs';

const { cert, key } = createCertificate();
const folder = mkdtempSync(join(tmpdir(), 'nodemailer-graph-transport-bench-'));
const ca = join(folder, 'ca.pem');
writeFileSync(ca, cert);
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

// as long as Entra's
const token = 'x'.repeat(1400);
let received = { messages: 0, bytes: 0 };
let last;

const graph = createServer({ key, cert }, (request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (!request.url.endsWith('/sendMail')) return answer(response, signIn(request));
    received.messages++;
    for (const { length } of chunks) received.bytes += length;
    last = { request, chunks };
    response.writeHead(202, { 'request-id': '7f3c1f53-6a1c-4d3a-9d0e-3c0f0f5f3a11', 'Content-Length': 0 }).end();
  });
});

/** What MSAL asks for, in every client that uses it. */
function signIn({ url, headers }) {
  const { pathname, origin } = new URL(url, `https://${headers.host}`);
  const root = `${origin}/${pathname.split('/')[1]}`;
  if (pathname.endsWith('/token')) return { token_type: 'Bearer', expires_in: 86_400, ext_expires_in: 86_400, access_token: token };
  return {
    issuer: `${root}/v2.0`,
    token_endpoint: `${root}/oauth2/v2.0/token`,
    authorization_endpoint: `${root}/oauth2/v2.0/authorize`,
    jwks_uri: `${root}/discovery/v2.0/keys`,
  };
}

function answer(response, body) {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
}

const listen = (server) => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));

function smtp(options) {
  const server = new SMTPServer({
    ...options,
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onAuth: ({ username }, _session, callback) => callback(null, { user: username }),
    onData(stream, _session, callback) {
      stream.on('data', (chunk) => (received.bytes += chunk.length));
      stream.on('end', () => {
        received.messages++;
        callback();
      });
    },
  });
  server.on('error', () => undefined);
  return listen(server.server);
}

serve(
  {
    ca,
    certificate: cert,
    token,
    port: await listen(graph),
    smtp: await smtp({ secure: false }),
    smtps: await smtp({ secure: true, key, cert }),
  },
  // what came in since the last time, and how the last request looked
  () => {
    const { messages, bytes } = received;
    received = { messages: 0, bytes: 0 };
    return { messages, bytes, last: last && { headers: last.request.headers, body: Buffer.concat(last.chunks).toString('latin1') } };
  },
);
