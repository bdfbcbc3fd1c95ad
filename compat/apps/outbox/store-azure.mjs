import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { BlobServiceClient, StorageSharedKeyCredential } from '@azure/storage-blob';
import { azureBlobStore } from './azure-blob-store.mjs';
import { tryStore } from './try-store.mjs';

const free = createServer().listen(0, '127.0.0.1');
await once(free, 'listening');
const { port } = free.address();
free.close();
await once(free, 'close');

// the account every Azurite has
const account = 'devstoreaccount1';
const key = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';
const program = createRequire(import.meta.url).resolve('azurite/dist/src/blob/main.js');
const location = join(process.env.STORE, 'azurite');
const where = ['--blobHost', '127.0.0.1', '--blobPort', String(port), '--location', location];
// the newest client is newer than the server; and the server tells nobody that it runs
const how = ['--silent', '--skipApiVersionCheck', '--disableTelemetry'];
const server = spawn(process.execPath, [program, ...where, ...how], { stdio: ['ignore', 'pipe', 'inherit'] });
let said = '';
while (!said.includes('successfully listen')) said += String((await once(server.stdout, 'data'))[0]);
try {
  const service = new BlobServiceClient(`http://127.0.0.1:${port}/${account}`, new StorageSharedKeyCredential(account, key));
  const container = service.getContainerClient('mails');
  await container.create();
  const count = async () => {
    let blobs = 0;
    for await (const blob of container.listBlobsFlat()) blobs += blob.name ? 1 : 0;
    return blobs;
  };
  await tryStore('store-azure', azureBlobStore(container), count);
} finally {
  server.kill();
}
console.log('ok');
process.exit();
