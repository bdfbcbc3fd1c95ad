// A store of the outbox for large attachments in Azure Blob Storage. Needs @azure/storage-blob.

/**
 * @param {import('@azure/storage-blob').ContainerClient} container let it expire what is left after some weeks (lifecycle management)
 * @returns {import('nodemailer-graph-transport/outbox').OutboxStore}
 */
export function azureBlobStore(container, prefix = 'outbox/') {
  const at = (key) => container.getBlockBlobClient(prefix + key);
  return {
    async put(key, stream) {
      // in blocks of 4 MB, two at a time: memory stays bounded, and nothing can be seen before all of it is there
      await at(key).uploadStream(stream, 4 * 1024 * 1024, 2);
    },
    async get(key, start, length) {
      const { readableStreamBody } = await at(key).download(start, length);
      return readableStreamBody;
    },
    async delete(key) {
      await at(key).deleteIfExists();
    },
  };
}
