/**
 * The mail types of Microsoft Graph v1.0, in the notation of its metadata (base types flattened):
 * https://graph.microsoft.com/v1.0/$metadata
 */

/** Property names and their types: `Edm.…`, `graph.…` or `Collection(…)`. */
export type Structure = Readonly<Record<string, string>>;

const entity = { id: 'Edm.String' };

const outlookItem = {
  ...entity,
  categories: 'Collection(Edm.String)',
  changeKey: 'Edm.String',
  createdDateTime: 'Edm.DateTimeOffset',
  lastModifiedDateTime: 'Edm.DateTimeOffset',
};

const attachment = {
  ...entity,
  contentType: 'Edm.String',
  isInline: 'Edm.Boolean',
  lastModifiedDateTime: 'Edm.DateTimeOffset',
  name: 'Edm.String',
  size: 'Edm.Int32',
};

export const structures = {
  message: {
    ...outlookItem,
    bccRecipients: 'Collection(graph.recipient)',
    body: 'graph.itemBody',
    bodyPreview: 'Edm.String',
    ccRecipients: 'Collection(graph.recipient)',
    conversationId: 'Edm.String',
    conversationIndex: 'Edm.Binary',
    flag: 'graph.followupFlag',
    from: 'graph.recipient',
    hasAttachments: 'Edm.Boolean',
    importance: 'graph.importance',
    inferenceClassification: 'graph.inferenceClassificationType',
    internetMessageHeaders: 'Collection(graph.internetMessageHeader)',
    internetMessageId: 'Edm.String',
    isDeliveryReceiptRequested: 'Edm.Boolean',
    isDraft: 'Edm.Boolean',
    isRead: 'Edm.Boolean',
    isReadReceiptRequested: 'Edm.Boolean',
    parentFolderId: 'Edm.String',
    receivedDateTime: 'Edm.DateTimeOffset',
    replyTo: 'Collection(graph.recipient)',
    sender: 'graph.recipient',
    sentDateTime: 'Edm.DateTimeOffset',
    subject: 'Edm.String',
    toRecipients: 'Collection(graph.recipient)',
    uniqueBody: 'graph.itemBody',
    webLink: 'Edm.String',
    attachments: 'Collection(graph.attachment)',
    extensions: 'Collection(graph.extension)',
    multiValueExtendedProperties: 'Collection(graph.multiValueLegacyExtendedProperty)',
    singleValueExtendedProperties: 'Collection(graph.singleValueLegacyExtendedProperty)',
  },
  attachment,
  fileAttachment: { ...attachment, contentBytes: 'Edm.Binary', contentId: 'Edm.String', contentLocation: 'Edm.String' },
  itemAttachment: { ...attachment, item: 'graph.outlookItem' },
  referenceAttachment: attachment,
  recipient: { emailAddress: 'graph.emailAddress' },
  emailAddress: { address: 'Edm.String', name: 'Edm.String' },
  itemBody: { content: 'Edm.String', contentType: 'graph.bodyType' },
  internetMessageHeader: { name: 'Edm.String', value: 'Edm.String' },
  singleValueLegacyExtendedProperty: { ...entity, value: 'Edm.String' },
  multiValueLegacyExtendedProperty: { ...entity, value: 'Collection(Edm.String)' },
  attachmentItem: {
    attachmentType: 'graph.attachmentType',
    contentId: 'Edm.String',
    contentType: 'Edm.String',
    isInline: 'Edm.Boolean',
    name: 'Edm.String',
    size: 'Edm.Int64',
  },
  followupFlag: {
    completedDateTime: 'graph.dateTimeTimeZone',
    dueDateTime: 'graph.dateTimeTimeZone',
    flagStatus: 'graph.followupFlagStatus',
    startDateTime: 'graph.dateTimeTimeZone',
  },
  dateTimeTimeZone: { dateTime: 'Edm.String', timeZone: 'Edm.String' },
} as const satisfies Record<string, Structure>;

export const enums: Readonly<Record<string, readonly string[]>> = {
  attachmentType: ['file', 'item', 'reference'],
  bodyType: ['text', 'html'],
  followupFlagStatus: ['notFlagged', 'complete', 'flagged'],
  importance: ['low', 'normal', 'high'],
  inferenceClassificationType: ['focused', 'other'],
};

/** Abstract types and what an `@odata.type` may make of them. */
export const derivedTypes: Readonly<Record<string, readonly string[]>> = {
  attachment: ['fileAttachment', 'itemAttachment', 'referenceAttachment'],
  outlookItem: ['message'],
};

/**
 * Properties of a message that only the service sets. Graph is said to ignore some of them;
 * the sandbox refuses them all, since a client that sends one expects something that will not happen.
 */
export const readOnlyProperties: ReadonlySet<string> = new Set([
  'id',
  'changeKey',
  'createdDateTime',
  'lastModifiedDateTime',
  'bodyPreview',
  'conversationId',
  'conversationIndex',
  'hasAttachments',
  'isDraft',
  'parentFolderId',
  'receivedDateTime',
  'sentDateTime',
  'uniqueBody',
  'webLink',
]);
