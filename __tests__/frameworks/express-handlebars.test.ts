import { join } from 'node:path';
import { nodemailerVersions } from '../support/nodemailer-versions.js';
import { loadEsm } from './support/load-esm.js';
import { useSandbox } from './support/use-sandbox.js';

type Handlebars = (options: object) => NodemailerPlugin;

const { default: hbs } = loadEsm<{ default: Handlebars }>('nodemailer-express-handlebars');
const { transport, arrived, graphRequests } = useSandbox();
const viewPath = join(__dirname, 'templates');
const viewEngine = {
  extname: '.tmpl',
  layoutsDir: join(viewPath, 'layouts'),
  partialsDir: join(viewPath, 'partials'),
  defaultLayout: 'main',
};

describe.each(nodemailerVersions)('nodemailer-express-handlebars with Nodemailer %s', (_version, nodemailer) => {
  test('a template with its layout and partial arrives', async () => {
    const transporter = nodemailer.createTransport(transport(), { from: 'noreply@contoso.com' });
    transporter.use('compile', hbs({ viewEngine, viewPath, extName: '.tmpl' }));
    const data = {
      to: 'reader@example.com',
      subject: 'Welcome',
      template: 'welcome',
      context: { title: 'Größe & Co', items: ['one', '<two>'], city: 'Zürich' },
    };
    const info = await transporter.sendMail(data);
    expect(info).toMatchObject({ format: 'json', losses: [] });
    const { html } = arrived();
    expect(html).toContain('<title>Größe &amp; Co</title>');
    expect(html).toContain('<ul><li>one</li><li>&lt;two&gt;</li></ul>');
    expect(html).toContain('<footer>Contoso, Zürich</footer>');
  });

  test('a text template arrives beside the html', async () => {
    const transporter = nodemailer.createTransport(transport(), { from: 'noreply@contoso.com' });
    transporter.use('compile', hbs({ viewEngine: { ...viewEngine, defaultLayout: false }, viewPath, extName: '.tmpl' }));
    const data = {
      to: 'reader@example.com',
      subject: 'Welcome',
      template: 'welcome',
      text_template: 'welcome-text',
      context: { title: 'Files', items: ['one', 'two'] },
    };
    const info = await transporter.sendMail(data);
    expect(info).toMatchObject({ format: 'mime', losses: [] });
    expect(arrived().html).toContain('<li>two</li>');
    expect(arrived().text?.trim()).toBe('Files: one two');
  });

  test('a template that is not there fails the message with the error of the engine', async () => {
    const transporter = nodemailer.createTransport(transport(), { from: 'noreply@contoso.com' });
    transporter.use('compile', hbs({ viewEngine, viewPath, extName: '.tmpl' }));
    const data = { to: 'reader@example.com', subject: 'Welcome', template: 'missing' };
    await expect(transporter.sendMail(data)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(graphRequests()).toEqual([]);
  });
});
