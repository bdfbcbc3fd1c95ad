import type { ViewContext } from '../views/render-message.js';
import { isFaulted, planOf, repeatsOf, sizeOf, statusesOf } from '../views/render-message.js';
import { lossesOf } from '../views/render-plan.js';
import type { MessageEntry, RefusedEntry, RequestEntry, Send } from '../journal/entries.js';
import type { Searchable } from './matches.js';

const ofSend = (send: Send) => ({
  get hasPlan() {
    return planOf(send) !== undefined;
  },
  get losses() {
    return lossesOf(planOf(send));
  },
  get statuses() {
    return statusesOf(send);
  },
  get codes() {
    return send.requests.flatMap(({ record: { errorCode, reason } }) => [...(errorCode ? [errorCode] : []), ...(reason ? [reason] : [])]);
  },
  get operations() {
    return send.requests.map(({ record }) => record.operation);
  },
  get repeats() {
    return repeatsOf(send);
  },
  get faulted() {
    return isFaulted(send);
  },
});

/** What a search finds a row by; made when it is asked for. */
export function describeEntry(entry: MessageEntry | RefusedEntry, context: ViewContext): Searchable {
  return entry.kind === 'message' ? describeMessage(entry, context) : describeRefused(entry);
}

function describeMessage(entry: MessageEntry, context: ViewContext): Searchable {
  const { message, send } = entry;
  return Object.defineProperties(
    {
      kind: 'message',
      ids: [entry.id, message.messageId],
      from: message.from ? [message.from] : [],
      to: message.to,
      cc: message.cc,
      bcc: message.bcc,
      subject: message.subject,
      bodies: [message.text ?? '', message.html ?? ''],
      attachments: message.attachments,
      hasHtml: message.html !== undefined,
      hasText: message.text !== undefined,
      format: message.format,
      route: message.route,
      mailbox: message.mailbox,
      at: message.acceptedAt.getTime(),
      size: sizeOf(message),
      read: entry.read,
      importance: message.importance,
      get sent() {
        return context.isInSentItems(message);
      },
      get duplicate() {
        return context.sameMessageId(entry).length > 1;
      },
    },
    Object.getOwnPropertyDescriptors(ofSend(send)),
  ) as unknown as Searchable;
}

function describeRefused({ id, send, last }: RefusedEntry): Searchable {
  const { about } = send;
  const { record } = last;
  return Object.defineProperties(
    {
      kind: 'refused',
      ids: [id, about?.messageId ?? ''],
      from: about?.from ? [about.from] : [],
      to: about?.to ?? [],
      cc: about?.cc ?? [],
      bcc: about?.bcc ?? [],
      subject: about?.subject ?? '',
      bodies: [],
      attachments: [],
      hasHtml: false,
      hasText: false,
      format: about?.format ?? '',
      route: '',
      mailbox: record.mailbox ?? '',
      at: record.startedAt.getTime(),
      size: record.bytes,
      read: false,
      sent: false,
      duplicate: false,
      importance: 'normal',
    },
    Object.getOwnPropertyDescriptors(ofSend(send)),
  ) as unknown as Searchable;
}

export function describeRequest({ record, about, send }: RequestEntry): Searchable {
  const told = about ?? send?.about;
  return {
    kind: 'request',
    ids: [record.requestId, told?.messageId ?? '', send?.message?.id ?? ''],
    from: told?.from ? [told.from] : [],
    to: told?.to ?? [],
    cc: told?.cc ?? [],
    bcc: told?.bcc ?? [],
    subject: send?.message?.message.subject ?? told?.subject ?? '',
    bodies: [record.path],
    attachments: record.attachment === undefined ? [] : [{ name: record.attachment, contentType: '' }],
    hasHtml: false,
    hasText: false,
    hasPlan: record.plan !== undefined,
    losses: lossesOf(record.plan),
    statuses: [record.status],
    codes: [record.errorCode ?? '', record.reason ?? ''],
    format: told?.format ?? '',
    route: '',
    mailbox: record.mailbox ?? '',
    operations: [record.operation],
    at: record.startedAt.getTime(),
    size: record.bytes,
    read: false,
    sent: false,
    repeats: 0,
    faulted: record.fault !== undefined,
    duplicate: false,
    importance: 'normal',
  };
}
