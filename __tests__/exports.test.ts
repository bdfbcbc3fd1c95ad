import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as transport from '../lib/index.js';
import type {
  ClientCertificate,
  ClientCertificateSignIn,
  ClientSecretSignIn,
  Cloud,
  CommonOptions,
  CredentialSignIn,
  EnvironmentOptions,
  FormatOption,
  GraphMessageExtras,
  GraphMessageOptions,
  GraphSentMessageInfo,
  GraphTransportErrorCode,
  GraphTransportErrorDetails,
  GraphTransportOptions,
  Logger,
  Loss,
  LossFeature,
  LossPolicy,
  MailLike,
  RouteOption,
  TracedMessage,
  TracedRequest,
  TracedSignIn,
  UploadProgress,
} from '../lib/index.js';
import * as bounces from '../lib/bounces/index.js';
import * as outbox from '../lib/outbox/index.js';
import * as sandbox from '../lib/sandbox/index.js';
import * as telemetry from '../lib/telemetry/index.js';
import { VERSION } from '../lib/base/version.js';

/** The types; `tsc` refuses this file if one is missing. */
export type Types = [
  ClientCertificate,
  ClientCertificateSignIn,
  ClientSecretSignIn,
  Cloud,
  CommonOptions,
  CredentialSignIn,
  EnvironmentOptions,
  FormatOption,
  GraphMessageExtras,
  GraphMessageOptions,
  GraphSentMessageInfo,
  GraphTransportErrorCode,
  GraphTransportErrorDetails,
  GraphTransportOptions,
  Logger,
  Loss,
  LossFeature,
  LossPolicy,
  MailLike,
  RouteOption,
  TracedMessage,
  TracedRequest,
  TracedSignIn,
  UploadProgress,
];

test('the package exports these and no others', () => {
  expect(Object.keys(transport).sort()).toEqual([
    'GraphTransport',
    'GraphTransportError',
    'LazyGraphTransport',
    'graphTransport',
    'graphTransportFromEnv',
    'isGraphTransportError',
    'mailTransport',
  ]);
});

test('the sandbox exports this and no other', () => {
  expect(Object.keys(sandbox).sort()).toEqual(['reportToInbox', 'startSandbox']);
});

test('VERSION is the one in package.json', () => {
  const { version } = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8')) as { version: string };
  expect(VERSION).toBe(version);
});

test('a transport tells Nodemailer its name and its version', () => {
  const created = transport.graphTransport({ credential: { getToken: async () => null } });
  expect(created).toBeInstanceOf(transport.GraphTransport);
  expect(created).toMatchObject({ name: 'GraphTransport', version: VERSION });
  created.close();
});

test('the outbox exports this and no other', () => {
  expect(Object.keys(outbox).toSorted()).toEqual([
    'Outbox',
    'OutboxTransport',
    'OutboxWorker',
    'fileStore',
    'openOutbox',
    'outboxTransport',
    'startOutboxWorker',
  ]);
});

test('telemetry exports this and no other', () => {
  expect(Object.keys(telemetry)).toEqual(['GraphTransportInstrumentation']);
});

test('the bounces export this and no other', () => {
  expect(Object.keys(bounces).toSorted()).toEqual(['BounceWatcher', 'watchBounces']);
});
