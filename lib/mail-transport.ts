import { GraphTransport } from './transport.js';
import { isGraphUrl } from './config/url.js';
import { configError } from './errors/config-error.js';

/**
 * Returns what `nodemailer.createTransport()` takes for a connection URL, so that an app goes from SMTP to Graph and back by
 * changing one setting such as `MAIL_URL`: the URL itself for `smtp:` and `smtps:`, a {@link GraphTransport} for `msgraph:`.
 *
 * @throws {GraphTransportError} `ECONFIG` for anything else; never shows the URL, since it may hold a password
 */
export function mailTransport(url: string): string | GraphTransport {
  if (typeof url !== 'string' || url.trim() === '') throw configError('mailTransport() needs a URL: smtp:, smtps: or msgraph:');
  if (isGraphUrl(url)) return new GraphTransport(url);
  if (/^smtps?:/i.test(url.trim())) return url;
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url.trim())?.[0] ?? 'no scheme';
  throw configError(`mailTransport() needs a smtp:, smtps: or msgraph: URL, not one with ${scheme}`);
}
