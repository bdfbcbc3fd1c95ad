import type { PreparedMessage } from '../prepared/prepared-message.js';

/** Most characters of the header. */
const MOST_LENGTH = 8 * 1024;
/** Characters of a detail that are told where not all fits. */
const MOST_DETAIL = 300;

/**
 * What was planned for a message, for the inbox of a sandbox: base64url of JSON, in the header `x-graph-transport-plan`. Addresses
 * and losses, no content and no secret; sent to a Graph on this machine only.
 */
export function planHeader({ messageId, format, route, losses, envelope, decision }: PreparedMessage): string {
  const way = { messageId, format, route, ...(decision && { weights: decision.weights }) };
  const addresses = { envelope, ...(decision && { removed: decision.removed, added: decision.added }) };
  const whole = encode({ ...way, losses, ...addresses });
  if (whole.length <= MOST_LENGTH) return whole;
  // the addresses are in the message itself, but for those that were taken out
  const plan = { ...way, losses: losses.map(({ feature, detail }) => ({ feature, detail: detail.slice(0, MOST_DETAIL) })) };
  const { removed = [], added = [] } = addresses;
  for (let count = 100; count > 0; count = Math.floor(count / 4)) {
    const some = encode({ ...plan, removed: removed.slice(0, count), added: added.slice(0, count), truncated: true });
    if (some.length <= MOST_LENGTH) return some;
  }
  return encode({ messageId: messageId.slice(0, 1000), format, route, truncated: true });
}

const encode = (plan: object): string => Buffer.from(JSON.stringify(plan)).toString('base64url');
