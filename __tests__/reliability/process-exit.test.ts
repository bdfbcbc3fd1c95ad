import { startSandbox, type FaultRule } from '../../lib/sandbox/index.js';
import { sample } from '../support/sample.js';
import { runScript } from './support/run-script.js';

interface Scenario {
  name: string;
  faults?: FaultRule[];
  script: string;
  prints: string;
}

const never = { delay: 600_000, times: Infinity };
const pause: FaultRule = { operation: 'sendMail', status: 429, headers: { 'Retry-After': '100' } };

const scenarios: Scenario[] = [
  {
    name: 'after close()',
    script: `
      const transporter = create({ secretExpires: '2999-01-01' });
      await transporter.sendMail(mail);
      transporter.close();
      console.log('sent');`,
    prints: 'sent',
  },
  {
    name: 'without close(), when everything is sent',
    script: `
      const transporter = create({ secretExpires: '2999-01-01', rateLimit: 5, rateDelta: 100_000 });
      await transporter.verify();
      console.log(await codes(transporter.sendMail(mail), transporter.sendMail(mail)));`,
    prints: 'sent,sent',
  },
  {
    name: 'without close(), when a transport was made and not used',
    script: `create(); console.log('made');`,
    prints: 'made',
  },
  {
    name: 'without close(), when everything that waited for a pause was cancelled',
    faults: [pause],
    script: `
      const transporter = create({ maxConnections: 1 });
      const controller = new AbortController();
      const signal = controller.signal;
      setTimeout(() => controller.abort(), 1000);
      console.log(await codes(transporter.sendMail({ ...mail, signal }), transporter.sendMail({ ...mail, signal })));`,
    prints: 'EABORT,EABORT',
  },
  {
    name: 'without close(), when everything that would have waited for a pause was cancelled after the one that met it',
    faults: [pause],
    script: `
      const transporter = create({ maxConnections: 1, retries: 0 });
      const controller = new AbortController();
      const signal = controller.signal;
      const second = transporter.sendMail(mail).catch(({ code }) => {
        console.log(code);
        setTimeout(() => controller.abort(), 100);
        return transporter.sendMail({ ...mail, signal });
      });
      console.log(await codes(second));`,
    prints: 'EGRAPH\nEABORT',
  },
  {
    name: 'without close(), when everything that waited for the rate limit was cancelled',
    script: `
      const transporter = create({ rateLimit: 1, rateDelta: 100_000 });
      const controller = new AbortController();
      const sends = [transporter.sendMail(mail), transporter.sendMail({ ...mail, signal: controller.signal })];
      await sends[0];
      controller.abort();
      console.log(await codes(...sends));`,
    prints: 'sent,EABORT',
  },
  {
    name: 'after close() when the only message was cancelled during a sign-in that never answers',
    faults: [{ operation: 'token', ...never }],
    script: `
      const transporter = create();
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 1000);
      console.log(await codes(transporter.sendMail({ ...mail, signal: controller.signal })));
      transporter.close();`,
    prints: 'EABORT',
  },
  {
    name: 'after close({ force: true }) during a sign-in that never answers',
    faults: [{ operation: 'token', ...never }],
    script: `
      const transporter = create();
      const sends = codes(transporter.sendMail(mail), transporter.sendMail(mail));
      setTimeout(() => transporter.transporter.close({ force: true }), 1000);
      console.log(await sends);`,
    prints: 'EABORT,EABORT',
  },
  {
    name: 'after close({ force: true }) while Graph is silent',
    faults: [{ operation: 'sendMail', ...never }],
    script: `
      const transporter = create();
      const sends = codes(transporter.sendMail(mail), transporter.sendMail(mail));
      setTimeout(() => transporter.transporter.close({ force: true }), 1000);
      console.log(await sends);`,
    prints: 'EABORT,EABORT',
  },
  {
    name: 'after close() during a pause, once the paused message is sent and the waiting one has failed',
    faults: [{ ...pause, headers: { 'Retry-After': '2' } }],
    script: `
      const transporter = create({ maxConnections: 1 });
      const sends = codes(transporter.sendMail(mail), transporter.sendMail(mail));
      setTimeout(() => transporter.close(), 1000);
      console.log(await sends);`,
    prints: 'sent,ECONNECTION',
  },
  {
    name: 'after close() while verify() waits for a sign-in that fails',
    faults: [{ operation: 'token', delay: 500, status: 400 }],
    script: `
      const transporter = create();
      const verified = transporter.verify().then(() => 'verified', ({ code }) => code);
      transporter.close();
      console.log(await verified);`,
    prints: 'EAUTH',
  },
  {
    name: 'after close({ force: true }) while verify() waits for a sign-in that never answers',
    faults: [{ operation: 'token', ...never }],
    script: `
      const transporter = create();
      const verified = transporter.verify().then(() => 'verified', ({ code }) => code);
      setTimeout(() => transporter.transporter.close({ force: true }), 1000);
      console.log(await verified);`,
    prints: 'EABORT',
  },
  {
    name: 'not before a credential that never answers is given up',
    script: `
      const credential = { getToken: () => new Promise(() => undefined) };
      const transport = () => graphTransport({ credential, mailbox: 'noreply@contoso.com', requestTimeout: 500 });
      console.log(await codes(nodemailer.createTransport(transport()).sendMail(mail)));
      console.log(await codes(transport().verify()));`,
    prints: 'ETIMEDOUT\nETIMEDOUT',
  },
  {
    name: 'not before a message that waits for options that never come is cancelled, or closed',
    script: `
      const transport = graphTransport.lazy(() => new Promise(() => undefined));
      const controller = new AbortController();
      const later = (action) => setTimeout(action, 300).unref();
      later(() => controller.abort());
      console.log(await codes(nodemailer.createTransport(transport).sendMail({ ...mail, signal: controller.signal })));
      later(() => transport.close());
      console.log(await codes(nodemailer.createTransport(transport).sendMail(mail), transport.verify()));`,
    prints: 'EABORT\nECONNECTION,ECONNECTION',
  },
  {
    name: 'without a warning about listeners, when many messages share one signal',
    script: `
      const transporter = create();
      const { signal } = new AbortController();
      console.log(new Set((await codes(...Array.from({ length: 50 }, () => transporter.sendMail({ ...mail, signal })))).split(',')));`,
    prints: "Set(1) { 'sent' }",
  },
];

describe('a process exits by itself', () => {
  test.concurrent.each(sample(scenarios, { count: 5 }).map((scenario) => [scenario.name, scenario] as const))(
    '%s',
    async (_name, { faults, script, prints }) => {
      await using sandbox = await startSandbox();
      for (const fault of faults ?? []) sandbox.fail(fault);
      const { stdout, stderr } = await runScript(sandbox, script);
      expect(stdout).toBe(`${prints}\n`);
      expect(stderr).toBe('');
    },
  );
});
