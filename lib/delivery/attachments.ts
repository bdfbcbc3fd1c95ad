import { abortError } from '../errors/abort-error.js';
import type { Delivery } from './delivery.js';
import { IMMUTABLE_IDS, type Draft } from './draft.js';
import { fileAttachment, fileAttachmentLength } from '../prepared/file-attachment.js';
import { REQUEST_LIMIT, UPLOAD_SESSION_FROM } from '../prepared/limits.js';
import type { PreparedUpload } from '../prepared/prepared-message.js';
import { pauseBefore } from './read.js';
import { failure, requestGraph } from './request.js';
import { uploadInChunks } from './upload.js';

/** Adds one attachment to a draft: in one request if it fits, else by an upload session. */
export async function addAttachment(delivery: Delivery, draft: Draft, upload: PreparedUpload): Promise<void> {
  const { description, size } = upload;
  if (size < UPLOAD_SESSION_FROM && fileAttachmentLength(description, size) <= REQUEST_LIMIT) {
    await post(delivery, draft, upload, Buffer.from(fileAttachment(description, await bytesOf(upload))));
    delivery.onProgress({ messageId: delivery.messageId, attachment: description.name, sent: size, total: size });
    return;
  }
  // a hundred bytes below 3 MiB, too: in base64 they do not fit into a request, and sessions have been seen to work from 2 MiB on
  await uploadInChunks(delivery, draft, upload, () => {
    draft.unclear = true;
    return isThereByNow(delivery, draft, upload, 0);
  });
}

async function bytesOf(upload: PreparedUpload): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(upload.size);
  let at = 0;
  // a piece may be overwritten by the next
  for await (const piece of upload.pieces(0, upload.size)) at += piece.copy(bytes, at);
  return bytes;
}

async function post(delivery: Delivery, draft: Draft, upload: PreparedUpload, body: Buffer): Promise<void> {
  const what = `add the attachment "${upload.description.name}"`;
  for (let attempt = 0; ; attempt++) {
    const result = await requestGraph(
      delivery,
      { method: 'POST', path: `${draft.path}/attachments`, headers: IMMUTABLE_IDS, contentType: 'application/json', body },
      { what, expected: 201, settling: true },
    );
    if (result.state === 'done') return;
    if (result.state === 'failed') throw result.error;
    if (result.aborted) throw abortError(delivery.signal.reason, { ambiguous: false, mailbox: delivery.mailbox });
    draft.unclear = true;
    const there = await isThereByNow(delivery, draft, upload, attempt);
    if (there) return;
    if (there === undefined || attempt >= delivery.settings.retries) throw failure(delivery, result.outcome, what);
  }
}

/** What was answered with an error may still be done a moment later: it is looked for, and if it is not there, looked for again. */
async function isThereByNow(delivery: Delivery, draft: Draft, upload: PreparedUpload, attempt: number): Promise<boolean | undefined> {
  if (await isThere(delivery, draft, upload)) return true;
  await delivery.sleep(pauseBefore(attempt, delivery), delivery.signal).catch(() => {
    throw abortError(delivery.signal.reason, { ambiguous: false, mailbox: delivery.mailbox });
  });
  return isThere(delivery, draft, upload);
}

/**
 * Compares the attachments of a draft with those of the message, after an unclear answer.
 *
 * @returns `'more'`: one is there twice, `'fewer'`: one is missing, `undefined`: they cannot be listed
 */
export async function compareAttachments(delivery: Delivery, draft: Draft): Promise<'same' | 'more' | 'fewer' | undefined> {
  const { uploads, inDraft } = delivery.message;
  const wanted = [...inDraft, ...uploads.map(({ description }) => description.name)];
  for (let attempt = 0; ; attempt++) {
    const listed = await names(delivery, draft);
    if (!listed) return undefined;
    // Exchange may call what was in the draft by another name
    const differences = uploads.map(({ description: { name } }) => count(listed, name) - count(wanted, name));
    if (differences.some((difference) => difference > 0)) return 'more';
    if (!differences.some((difference) => difference < 0)) return 'same';
    // not to be seen everywhere yet
    if (attempt >= delivery.settings.retries) return 'fewer';
    await delivery.sleep(pauseBefore(attempt, delivery), delivery.signal).catch(() => {
      throw abortError(delivery.signal.reason, { ambiguous: false, mailbox: delivery.mailbox });
    });
  }
}

function count(list: readonly string[], name: string): number {
  return list.filter((other) => other === name).length;
}

/** Whether an attachment whose adding got no clear answer is in the draft; `undefined` if that cannot be told. */
async function isThere(delivery: Delivery, draft: Draft, upload: PreparedUpload): Promise<boolean | undefined> {
  const { name } = upload.description;
  const listed = await names(delivery, draft);
  if (!listed) return undefined;
  const { uploads, inDraft } = delivery.message;
  const before = uploads.slice(0, uploads.indexOf(upload)).filter(({ description }) => description.name === name).length;
  const inside = inDraft.filter((other) => other === name).length;
  const found = listed.filter((other) => other === name).length - before - inside;
  return found === 0 ? false : found === 1 ? true : undefined;
}

async function names(delivery: Delivery, { path }: Draft): Promise<string[] | undefined> {
  const result = await requestGraph(
    delivery,
    { method: 'GET', path: `${path}/attachments`, query: { $select: 'id,name,size' }, headers: IMMUTABLE_IDS },
    { what: 'list the attachments', expected: 200, needsBody: true, settling: true },
  );
  if (result.state !== 'done') return undefined;
  const { value } = (result.answer.body ?? {}) as { value?: { name?: string }[] };
  return Array.isArray(value) ? value.map(({ name }) => name ?? '') : undefined;
}
