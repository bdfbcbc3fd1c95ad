import { isObject, type Json } from '../checks/check-value.js';
import { badRequest, Refusal } from '../refusal.js';
import type { StoredAttachment } from './content.js';
import { fileContentType } from './content-type.js';
import { newAttachmentId } from './ids.js';

/**
 * Reads an attachment that `checkValue` has passed.
 * @param sourceOf the MIME source of an attached message, which may have attachments of its own
 * @throws Refusal
 */
export function readAttachment(attachment: Json, sourceOf: (item: Json) => Buffer): StoredAttachment {
  const { name, contentType, contentId, isInline, contentBytes } = attachment;
  if (typeof name !== 'string') throw required('name');
  const common = { id: newAttachmentId(), name, isInline: isInline === true };
  switch (attachment['@odata.type']) {
    case '#microsoft.graph.fileAttachment': {
      if (typeof contentBytes !== 'string') throw required('contentBytes');
      const content = Buffer.from(contentBytes, 'base64');
      return {
        ...common,
        type: 'fileAttachment',
        contentType: fileContentType(contentType, name),
        // people write it either way
        contentId: typeof contentId === 'string' && contentId !== '' ? contentId.replace(/^<(.*)>$/, '$1') : undefined,
        size: content.length,
        content,
      };
    }
    case '#microsoft.graph.itemAttachment': {
      if (!isObject(attachment.item)) throw required('item');
      const content = sourceOf(attachment.item);
      return { ...common, type: 'itemAttachment', contentType: 'message/rfc822', size: content.length, content };
    }
    default:
      throw new Refusal(501, 'NotImplemented', 'The sandbox knows fileAttachment and itemAttachment only.');
  }
}

const required = (name: string): Refusal =>
  badRequest('ErrorRequiredPropertyMissing', `Required property is missing. Property: '${name}'.`);
