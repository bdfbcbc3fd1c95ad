import { base64Length } from './limits.js';
import type { FileDescription } from './prepared-message.js';

/** A file as Graph's JSON. Base64 needs no escapes. */
export function fileAttachment(description: FileDescription, content: Buffer): string {
  return `${JSON.stringify(description).slice(0, -1)},"contentBytes":"${content.toString('base64')}"}`;
}

/** Bytes of {@link fileAttachment} for a file of so many bytes. */
export function fileAttachmentLength(description: FileDescription, size: number): number {
  return Buffer.byteLength(JSON.stringify(description)) + ',"contentBytes":""'.length + base64Length(size);
}
