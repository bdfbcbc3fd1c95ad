import { abortError } from '../errors/from-graph.js';
import type { Delivery } from './delivery.js';
import { IMMUTABLE_IDS, type Draft } from './draft.js';
import { asPosted, postedLength, type Payload, type Upload } from '../plan/payload.js';
import { REQUEST_LIMIT, UPLOAD_SESSION_FROM } from '../plan/format-and-route.js';
import { failure, requestGraph } from './request.js';
import { uploadInChunks } from './upload.js';

/** Adds one attachment to a draft: in one request if it fits, else by an upload session. */
export async function addAttachment(delivery: Delivery, draft: Draft, payload: Payload, upload: Upload): Promise<void> {
  const { attachment, description } = upload;
  const { size } = attachment.source;
  if (size < UPLOAD_SESSION_FROM && postedLength(description, size) <= REQUEST_LIMIT) {
    await post(delivery, draft, payload, upload, Buffer.from(await asPosted(upload)));
    delivery.onProgress({ messageId: delivery.messageId, attachment: description.name, sent: size, total: size });
    return;
  }
  // a hundred bytes below 3 MiB, too: in base64 they do not fit into a request, and sessions have been seen to work from 2 MiB on
  await uploadInChunks(delivery, draft, upload, () => isThere(delivery, draft, payload, upload));
}

async function post(delivery: Delivery, draft: Draft, payload: Payload, upload: Upload, body: Buffer): Promise<void> {
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
    const there = await isThere(delivery, draft, payload, upload);
    if (there) return;
    if (there === undefined || attempt >= delivery.settings.retries) throw failure(delivery, result.outcome, what);
  }
}

/** Whether an attachment whose adding got no clear answer is in the draft; `undefined` if that cannot be told. */
async function isThere(delivery: Delivery, draft: Draft, payload: Payload, upload: Upload): Promise<boolean | undefined> {
  const { name } = upload.description;
  const listed = await names(delivery, draft);
  if (!listed) return undefined;
  const before = payload.uploads.slice(0, payload.uploads.indexOf(upload)).filter(({ description }) => description.name === name).length;
  const inDraft = payload.inDraft.filter((other) => other === name).length;
  const found = listed.filter((other) => other === name).length - before - inDraft;
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
