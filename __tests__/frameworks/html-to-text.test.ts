import { htmlToText } from 'nodemailer-html-to-text';
import { nodemailerVersions } from '../support/nodemailer-versions.js';
import { useSandbox } from './support/use-sandbox.js';

const { transport, arrived } = useSandbox();

describe.each(nodemailerVersions)('nodemailer-html-to-text with Nodemailer %s', (_version, nodemailer) => {
  test('the html and the text made from it both arrive', async () => {
    const transporter = nodemailer.createTransport(transport(), { from: 'noreply@contoso.com' });
    transporter.use('compile', htmlToText());
    const html = '<h1>Größe</h1><p>Read <a href="https://example.com/a?b=1&amp;c=2">the report</a>.</p>';
    const info = await transporter.sendMail({ to: 'reader@example.com', subject: 'Report', html });
    expect(info).toMatchObject({ format: 'mime', losses: [] });
    expect(arrived().html?.trim()).toBe(html);
    expect(arrived().text?.trim()).toBe('GRÖSSE\n\nRead the report [https://example.com/a?b=1&c=2].');
  });

  test('a text the app wrote itself stays', async () => {
    const transporter = nodemailer.createTransport(transport(), { from: 'noreply@contoso.com' });
    transporter.use('compile', htmlToText());
    await transporter.sendMail({ to: 'reader@example.com', subject: 'Report', html: '<p>html</p>', text: 'my own' });
    expect(arrived().text?.trim()).toBe('my own');
  });
});
