export { startSandbox } from './start-sandbox.js';
export type {
  FaultRule,
  Sandbox,
  SandboxAddress,
  SandboxApp,
  SandboxAttachment,
  SandboxBounce,
  SandboxHeader,
  SandboxMailbox,
  SandboxMessage,
  SandboxOperation,
  SandboxOptions,
  SandboxRequest,
  SandboxTransportOptions,
} from './types.js';
