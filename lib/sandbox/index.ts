/**
 * Microsoft Graph and Entra for mail on this machine, for tests. Begin with {@link startSandbox} and the {@link Sandbox} it gives.
 *
 * @module nodemailer-graph-transport/sandbox
 */
export { reportToInbox, type MailToReport } from './report-to-inbox.js';
export { startSandbox } from './start-sandbox.js';
export type {
  FaultRule,
  Sandbox,
  SandboxAddress,
  SandboxApp,
  SandboxAttachment,
  SandboxBounce,
  SandboxCaller,
  SandboxFault,
  SandboxHeader,
  SandboxInboxOptions,
  SandboxLoss,
  SandboxLossFeature,
  SandboxMailbox,
  SandboxMessage,
  SandboxMessageTraceOptions,
  SandboxOperation,
  SandboxOptions,
  SandboxOutcome,
  SandboxRequest,
  SandboxTransportOptions,
} from './types.js';
