// One contender, which sends as many small messages as it is told to.
import { serve } from '../support/child.mjs';
import { MAILBOX, smallMessage } from '../support/message.mjs';
import nodemailer from '../support/nodemailer.mjs';

const { contender, concurrency, server, sample } = JSON.parse(process.argv[2]);
const signIn = {
  tenantId: '7b1d5a3e-0c52-4e9a-9f6e-2f3a1c9d8e70',
  clientId: 'c0ffee00-5a4d-4b0c-8a11-0a1b2c3d4e5f',
  clientSecret: 'secret',
};
const url = `https://graph.microsoft.com/v1.0/users/${encodeURIComponent(MAILBOX)}/sendMail`;

const CONTENDERS = {
  auto: () => own('auto'),
  json: () => own('json'),
  async fetch() {
    const { headers, body } = sample;
    return async () => {
      const { status } = await fetch(url, { method: 'POST', headers, body });
      if (status !== 202) throw new Error(`HTTP ${status}`);
    };
  },
  async undici() {
    const { Pool } = await import('undici');
    const { origin, pathname: path } = new URL(url);
    const pool = new Pool(origin, { connections: concurrency });
    const { headers } = sample;
    const body = Buffer.from(sample.body, 'latin1');
    return async () => {
      const answer = await pool.request({ method: 'POST', path, headers, body });
      await answer.body.dump();
      if (answer.statusCode !== 202) throw new Error(`HTTP ${answer.statusCode}`);
    };
  },
  // what is left to any transport on these libraries: no message is read or checked, nothing is queued or repeated
  async stripped() {
    const [{ Client }, { Pool }] = await Promise.all([import('@microsoft/microsoft-graph-client'), import('undici')]);
    const pool = new Pool(new URL(url).origin, { connections: concurrency });
    const post = {
      async execute(context) {
        const { method, headers, body } = context.options;
        headers.Authorization = `Bearer ${server.token}`;
        const { statusCode, body: answer } = await pool.request({ method, path: new URL(context.request).pathname, headers, body });
        await answer.dump();
        if (statusCode !== 202) throw new Error(`HTTP ${statusCode}`);
        context.response = { status: statusCode };
      },
    };
    const client = Client.initWithMiddleware({ middleware: post });
    const path = new URL(url).pathname.replace('/v1.0', '');
    return mailer({
      name: 'Stripped',
      version: '1',
      send(mail, callback) {
        const { from, to, subject, html } = mail.data;
        const recipient = (address) => ({ emailAddress: { address } });
        const message = {
          subject,
          body: { contentType: 'html', content: html },
          from: recipient(from),
          toRecipients: [recipient(to)],
          internetMessageId: mail.message.messageId(),
        };
        const sent = client.api(path).responseType('raw').post({ message });
        sent.then(() => setImmediate(callback, null, {}), callback);
      },
    });
  },
  // what is left to any transport: it takes the message and sends nothing
  nothing: () => mailer({ name: 'Nothing', version: '1', send: (_mail, callback) => setImmediate(callback, null, {}) }),
  smtp: () => smtp({ port: server.smtp, ignoreTLS: true }),
  smtps: () => smtp({ port: server.smtps, secure: true }),
  async msgraph() {
    const { default: Transport } = await import('nodemailer-msgraph-transport');
    return mailer(new Transport({ ...signIn, userPrincipalName: MAILBOX }));
  },
  async outlook() {
    const { OutlookTransport } = await import('outlook-nodemailer-transport');
    return mailer(new OutlookTransport({ userId: `users/${MAILBOX}`, auth: { accessToken: server.token } }));
  },
};

async function own(format) {
  const { graphTransport } = await import('../../dist/esm/index.js');
  return mailer(graphTransport({ ...signIn, mailbox: MAILBOX, format }));
}

// without an end to a connection's messages, which is Nodemailer's fastest
function smtp(options) {
  const host = { host: '127.0.0.1', tls: { servername: 'localhost' } };
  return mailer({ ...host, pool: true, maxConnections: concurrency, maxMessages: Infinity, ...options });
}

function mailer(transport) {
  const transporter = nodemailer.createTransport(transport);
  return () => transporter.sendMail(smallMessage());
}

const send = await CONTENDERS[contender]();

async function sendMany(count) {
  let left = count;
  const loop = async () => {
    while (left-- > 0) await send();
  };
  const cpu = process.cpuUsage();
  const started = performance.now();
  await Promise.all(Array.from({ length: concurrency }, loop));
  const wall = performance.now() - started;
  const { user, system } = process.cpuUsage(cpu);
  return { wall, cpu: (user + system) / 1000 };
}

serve({}, ({ count }) => sendMany(count));
