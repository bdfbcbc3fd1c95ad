// A store of the outbox for large attachments in S3, or in what speaks its language. Needs @aws-sdk/client-s3 and @aws-sdk/lib-storage.
import { DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';

/**
 * @param {import('@aws-sdk/client-s3').S3Client} client
 * @param {string} bucket let it expire what is left after some weeks (lifecycle rule), parts of uploads that were given up as well
 * @returns {import('nodemailer-graph-transport/outbox').OutboxStore}
 */
export function s3Store(client, bucket, prefix = 'outbox/') {
  const at = (key) => ({ Bucket: bucket, Key: prefix + key });
  return {
    async put(key, stream) {
      // in parts of 5 MB, two at a time: memory stays bounded, and nothing can be seen before all of it is there
      const upload = new Upload({ client, params: { ...at(key), Body: stream }, partSize: 5 * 1024 * 1024, queueSize: 2 });
      await upload.done();
    },
    async get(key, start, length) {
      const { Body } = await client.send(new GetObjectCommand({ ...at(key), Range: `bytes=${start}-${start + length - 1}` }));
      return Body;
    },
    async delete(key) {
      await client.send(new DeleteObjectCommand(at(key)));
    },
  };
}
