import { join } from 'node:path';
import Email from 'email-templates';
import { nodemailerVersions } from '../support/nodemailer-versions.js';
import { useSandbox } from './support/use-sandbox.js';

const { transport, arrived } = useSandbox();
const root = join(__dirname, 'templates');
const PDF = Buffer.from(Array.from({ length: 1000 }, (_, index) => index % 256));

/** The template "welcome" with an attachment, as the package's README sends it. */
async function sendWelcome(target: object) {
  const email = new Email({
    message: { from: 'noreply@contoso.com', attachments: [{ filename: 'report.pdf', content: PDF }] },
    transport: target,
    send: true,
    preview: false,
    views: { root, options: { extension: 'hbs' } },
    juiceResources: { applyStyleTags: true, webResources: { relativeTo: root } },
  });
  return email.send({
    template: 'welcome',
    message: { to: 'reader@example.com', cc: ['copy@example.com'] },
    locals: { title: 'Größe & Co', count: 3 },
  });
}

function expectWelcome(): void {
  const message = arrived();
  expect(message.recipients.sort()).toEqual(['copy@example.com', 'reader@example.com']);
  expect(message.subject).toBe('Größe & Co (3)');
  expect(message.text?.trim()).toBe('Größe & Co: 3 new files');
  expect(message.html).toContain('<h1 style="color: red;">Größe &amp; Co</h1>');
  expect(message.attachments).toMatchObject([{ name: 'report.pdf', contentType: 'application/pdf' }]);
  expect(message.attachments[0]?.content.equals(PDF)).toBe(true);
}

describe('email-templates', () => {
  test.each(nodemailerVersions)('takes a transporter of Nodemailer %s', async (_version, nodemailer) => {
    const info = await sendWelcome(nodemailer.createTransport(transport()));
    expect(info).toMatchObject({ format: 'mime', losses: [], accepted: ['reader@example.com', 'copy@example.com'] });
    expect(info.originalMessage.subject).toBe('Größe & Co (3)');
    expectWelcome();
  });

  test('takes the transport itself and wraps it in the Nodemailer it brings', async () => {
    const info = await sendWelcome(transport());
    expect(info).toMatchObject({ format: 'mime', losses: [] });
    expectWelcome();
  });
});
