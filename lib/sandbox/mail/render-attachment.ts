import type { Json } from '../checks/check-value.js';
import type { StoredAttachment } from './content.js';

/** An attachment as Graph shows it. */
export function renderAttachment(
  { id, type, name, contentType, contentId, isInline, size, content }: StoredAttachment,
  modifiedAt: Date,
): Json {
  return {
    '@odata.type': `#microsoft.graph.${type}`,
    ...(type === 'fileAttachment' ? { '@odata.mediaContentType': contentType } : {}),
    id,
    lastModifiedDateTime: renderTime(modifiedAt),
    name,
    contentType,
    // Exchange counts what it stores besides: 3,640,066 for a file of 3,483,322 bytes in outlook-large-attachments.md
    size: Math.ceil(size * 1.045),
    isInline,
    ...(type === 'fileAttachment' ? { contentId: contentId ?? null, contentLocation: null, contentBytes: content.toString('base64') } : {}),
  };
}

/** A time to the second, as Graph writes it. */
export const renderTime = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;
