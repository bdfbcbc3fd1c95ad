// The sandbox, and a web server for attachments that come from a URL.
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { startSandbox } from '../../dist/esm/sandbox/index.js';
import { serve } from '../support/child.mjs';
import { pieces } from '../support/content.mjs';

const sandbox = await startSandbox({ keepContent: false, maxMessageSize: 1024 ** 3 });
const files = createServer((request, response) => {
  const bytes = Number(request.url.slice(1));
  response.writeHead(200, { 'Content-Type': 'application/octet-stream', 'Content-Length': bytes });
  Readable.from(pieces(bytes)).pipe(response);
});
await new Promise((resolve) => files.listen(0, '127.0.0.1', resolve));

// the sizes of the attachments of every message since the last time
serve({ options: sandbox.options, files: `http://127.0.0.1:${files.address().port}` }, () => {
  const received = sandbox.messages.map(({ attachments }) => attachments.map(({ size }) => size));
  sandbox.clear();
  return { received };
});
