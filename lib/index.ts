/**
 * The transport. Begin with {@link graphTransport} and its {@link CommonOptions | options}, {@link GraphSentMessageInfo | what
 * `sendMail()` resolves with} and {@link GraphTransportError | what it rejects with}.
 *
 * @module nodemailer-graph-transport
 */
export { graphTransport, graphTransportFromEnv } from './create-transport.js';
export { GraphTransport } from './transport.js';
export { LazyGraphTransport, type LazyOptions } from './lazy-transport.js';
export type { MailLike } from './nodemailer-transport.js';
export type { MessageTrace, TracedRecipient, TraceEvent, TraceOptions, TraceStatus } from './message-trace/message-trace.js';
export { mailTransport } from './mail-transport.js';
export type { EnvironmentOptions } from './config/environment.js';
export type {
  ClientCertificateSignIn,
  ClientSecretSignIn,
  CommonOptions,
  CredentialSignIn,
  FormatOption,
  GraphTransportOptions,
  Logger,
  LoginSignIn,
  LoginStore,
  LossPolicy,
  RatePer,
  RefreshTokenOptions,
  RouteOption,
} from './options.js';
export type { TracedEvent, TracedMessage, TracedRequest, TracedSignIn } from './base/traced.js';
export type { UploadProgress } from './delivery/delivery.js';
export type { GraphSentMessageInfo } from './delivery/sent-message-info.js';
export type { GraphMessageOptions } from './plan/message-settings.js';
export type { GraphMessageExtras } from './encode/graph-message.js';
export type { Loss, LossFeature } from './prepared/loss.js';
export type { MeasuredAnswers, MeasuredPoint, Outcome, ProvableFeature, TenantReport, Way } from './prepared/tenant-facts.js';
export type { Cloud } from './graph/clouds.js';
export type { ClientCertificate } from './sign-in/sign-in.js';
export type { TokenStore } from './sign-in/person/token-store.js';
export type { AccessToken, GetTokenOptions, TokenCredential } from './sign-in/token-credential.js';
export { GraphTransportError, isGraphTransportError } from './errors/graph-transport-error.js';
export type { ResponseCode } from './errors/response-code.js';
export type { GraphTransportErrorCode, GraphTransportErrorDetails } from './errors/graph-transport-error.js';
