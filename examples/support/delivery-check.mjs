import nodemailer from 'nodemailer';
import { findDifferences } from './compare.mjs';

/**
 * Sends one mail twice: to a transporter that only compiles it, which shows what SMTP would get, and through Graph.
 * Then it compares that with what arrived in the sandbox.
 *
 * @param send takes a transporter and sends the mail through it
 */
export async function checkDelivery(name, send, transporter, sandbox) {
  const compiled = await send(nodemailer.createTransport({ streamTransport: true, buffer: true }));
  const before = sandbox.messages.length;
  let info;
  try {
    info = await send(transporter);
  } catch (error) {
    return { name, differences: [`not sent: ${error.message}`] };
  }
  const arrived = sandbox.messages.slice(before);
  return {
    name,
    format: info.format,
    route: info.route,
    ...(arrived.length === 1
      ? await compareArrived(compiled, info, arrived[0])
      : { differences: [`${arrived.length} messages arrived instead of one`] }),
  };
}

async function compareArrived(compiled, info, arrived) {
  const sent = { source: compiled.message, recipients: compiled.envelope.to, messageId: info.messageId };
  const differences = await findDifferences(sent, arrived);
  if (info.format !== arrived.format) differences.push(`format: told ${info.format}, arrived as ${arrived.format}`);
  if (info.route !== arrived.route) differences.push(`route: told ${info.route}, arrived by ${arrived.route}`);
  return { differences };
}
