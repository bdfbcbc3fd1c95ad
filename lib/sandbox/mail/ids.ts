import { randomBytes } from 'node:crypto';

/** An item id in the shape Exchange gives them: long, URL-safe base64, case-sensitive, `=` at the end. */
export const newItemId = (): string => `AAMkAG${randomBytes(104).toString('base64url').slice(0, 137)}=`;

/** An id that survives the move to Sent Items: https://learn.microsoft.com/graph/outlook-immutable-id */
export const newImmutableId = (): string => `AAkALg${randomBytes(104).toString('base64url').slice(0, 61)}=`;

/** An attachment's id begins as its message's does. */
export const newAttachmentId = (): string => `AAMkAG${randomBytes(130).toString('base64url').slice(0, 173)}=`;

/** Grows with every write; the etag is made of it. */
export const newChangeKey = (): string => `CQAAAB${randomBytes(27).toString('base64').slice(0, 34)}`;

/** Whether it could be an id at all; else Graph says ErrorInvalidIdMalformed instead of ErrorItemNotFound. */
export const isItemId = (id: string): boolean => /^AA[A-Za-z0-9_-]{20,}=*$/.test(id);
