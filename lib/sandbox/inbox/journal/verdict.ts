import type { SandboxOperation, SandboxRequest } from '../../types.js';
import type { About } from './entries.js';

/** Requests that only look: a 404 there is an answer like any other. */
const looking = new Set<SandboxOperation>([
  'discovery',
  'getMessage',
  'getMessageSource',
  'listMessages',
  'listAttachments',
  'getUploadSession',
  'deleteMessage',
  'cancelUpload',
  'listMessageTraces',
  'listMessageTraceDetails',
  'listMessageChanges',
]);

export const isSuccess = ({ status }: SandboxRequest): boolean => status >= 200 && status < 300;

/** 0 is a connection that was cut. */
export const isFailure = ({ status }: SandboxRequest): boolean => status === 0 || status >= 400;

/** Whether the request is one that was to get a message out, and did not. */
export function isRefusal(record: SandboxRequest, about: About | undefined): boolean {
  if (!isFailure(record) || isProbe(record, about)) return false;
  return !looking.has(record.operation) || record.status === 401 || record.status === 403;
}

/** `verify()` and `doctor` send a message to nobody, to be told that it has no recipients. */
export function isProbe({ operation, errorCode }: SandboxRequest, about: About | undefined): boolean {
  if (operation !== 'sendMail' || errorCode !== 'ErrorInvalidRecipients' || !about) return false;
  return about.subject === 'Access check' && about.to.length + about.cc.length + about.bcc.length === 0;
}

/** Whether it hands in a message for delivery. */
export const isSubmission = ({ operation }: SandboxRequest): boolean => operation === 'sendMail' || operation === 'send';
