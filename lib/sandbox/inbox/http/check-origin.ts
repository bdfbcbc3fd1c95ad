import type { IncomingMessage } from 'node:http';
import { mediaType } from '../../http/read-body.js';
import { WRITE_HEADER } from '../api-types.js';
import { ApiRefusal } from './answer.js';

/**
 * Refuses what another website's page sends, another port of localhost included: a browser says so in Sec-Fetch-Site.
 * A client that is no browser does not send it.
 * @param isPage whether it is the page itself, which a link may lead to
 * @throws ApiRefusal
 */
export function checkSite({ headers }: IncomingMessage, isPage: boolean): void {
  const site = headers['sec-fetch-site'];
  if (site === undefined || site === 'same-origin' || site === 'none') return;
  const isLink = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document';
  if (isPage && isLink) return;
  throw new ApiRefusal(403, 'CrossSite', 'Pages of another origin get nothing here.');
}

/**
 * Refuses a write that a page of another origin could have made without being asked.
 * @param origin of the inbox, as the Host header names it
 * @throws ApiRefusal
 */
export function checkWrite({ headers, method }: IncomingMessage): void {
  const { origin, host } = headers;
  if (origin !== undefined && origin !== `http://${host}`)
    throw new ApiRefusal(403, 'CrossSite', 'Pages of another origin may change nothing here.');
  if (headers[WRITE_HEADER] === undefined) {
    throw new ApiRefusal(403, 'WriteHeaderMissing', `A ${method} needs the header ${WRITE_HEADER}, with any value.`);
  }
  if (method === 'POST' && mediaType(headers['content-type']) !== 'application/json') {
    throw new ApiRefusal(415, 'InvalidBody', 'A POST needs Content-Type: application/json.');
  }
}
