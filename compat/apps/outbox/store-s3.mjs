import { join } from 'node:path';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import S3rver from 's3rver';
import { s3Store } from './s3-store.mjs';
import { tryStore } from './try-store.mjs';

const server = new S3rver({ address: '127.0.0.1', port: 0, silent: true, directory: join(process.env.STORE, 's3') });
const { port } = await server.run();
const client = new S3Client({
  endpoint: `http://127.0.0.1:${port}`,
  region: 'eu-central-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' },
  // the server is older than checksums in trailers
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
});
await client.send(new CreateBucketCommand({ Bucket: 'mails' }));
const count = async () => (await client.send(new ListObjectsV2Command({ Bucket: 'mails' }))).KeyCount ?? 0;
await tryStore('store-s3', s3Store(client, 'mails'), count);
console.log('ok');
process.exit();
