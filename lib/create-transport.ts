import { optionsFromEnvironment, overEnvironment, type EnvironmentOptions } from './config/environment.js';
import { configError, show } from './errors/config-error.js';
import { LazyGraphTransport, type LazyOptions } from './lazy-transport.js';
import type { CommonOptions, GraphTransportOptions } from './options.js';
import { GraphTransport } from './transport.js';

/**
 * Creates the transport that goes into `nodemailer.createTransport()`.
 *
 * @param options the options, or a URL `msgraph://CLIENT_ID:SECRET@TENANT_ID/noreply@contoso.com?option=value`; without any
 *   sign-in option the environment signs in, see {@link graphTransportFromEnv}
 * @throws {GraphTransportError} `ECONFIG` for a missing, wrong or contradictory option
 */
export function graphTransport(options?: GraphTransportOptions | CommonOptions | string): GraphTransport {
  return new GraphTransport(options);
}

/**
 * Creates a transport that reads its options when the first message is sent, and not before: where an app is built, `next build` for
 * one, its settings are often not there yet. Wrong options then fail that message, or `verify()`, instead of the creation.
 *
 * @param options returns the options or a promise of them, such as `() => ({ tenantId: process.env.TENANT_ID, … })`; without it the environment counts
 * @throws {GraphTransportError} `ECONFIG` if it is no function
 */
graphTransport.lazy = (options: LazyOptions = () => undefined): LazyGraphTransport => {
  if (typeof options !== 'function') throw configError(`lazy() needs a function that returns the options, not ${show(options)}`);
  return new LazyGraphTransport(options);
};

/**
 * Creates the transport from environment variables: `GRAPH_TENANT_ID`, `GRAPH_CLIENT_ID`, `GRAPH_CLIENT_SECRET` or
 * `GRAPH_CLIENT_CERTIFICATE_PATH`, `GRAPH_SENDER`, `GRAPH_SAVE_TO_SENT_ITEMS`, `GRAPH_CLOUD`, `GRAPH_PROXY`, `GRAPH_ON_LOSS`,
 * `GRAPH_CREDENTIAL_EXPIRES`, then the `AZURE_*` names of @azure/identity.
 *
 * @param environment `prefix`: what the names begin with instead of `GRAPH_`, such as `APPLICATION_MAIL_`; `sender`: name of the
 *   variable that holds the mailbox, where it is another; `env` instead of `process.env`
 * @param options further options; they win over the environment
 * @throws {GraphTransportError} `ECONFIG` that names the variable
 */
export function graphTransportFromEnv(environment: EnvironmentOptions = {}, options: CommonOptions = {}): GraphTransport {
  return new GraphTransport(overEnvironment(optionsFromEnvironment({ ...environment, required: true }), { ...options }));
}
