// An ordinary Nodemailer app, sent through Graph to the sandbox on this machine: what leaves, what arrives, and what happens if it does not.
import nodemailer from 'nodemailer';
import { graphTransport } from 'nodemailer-graph-transport';
import { startSandbox } from 'nodemailer-graph-transport/sandbox';
import { checkDelivery } from './support/delivery-check.mjs';
import { readFixtures } from './support/fixtures.mjs';
import { showScenes } from './support/scenes.mjs';
import { showInbox } from './support/show-inbox.mjs';
import { summarise } from './support/summarise.mjs';

// --open: look at the result in the sandbox's inbox
const open = process.argv.includes('--open');
const sandbox = await startSandbox({ inbox: open });
// what is lost is shown, so that nobody has to warn of it
const transporter = nodemailer.createTransport(graphTransport({ ...sandbox.options, onLoss: 'ignore' }));
try {
  const results = await showScenes({ sandbox, transporter, print: console.log });
  for (const { name, mail } of await readFixtures())
    results.push(await checkDelivery(name, (through) => through.sendMail(mail), transporter, sandbox));
  console.log(summarise(results));
  process.exitCode = results.every(({ differences }) => differences.length === 0) ? 0 : 1;
  if (open) await showInbox(sandbox.inboxUrl);
} finally {
  transporter.close();
  await sandbox.close();
}
