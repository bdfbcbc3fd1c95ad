import 'reflect-metadata';
import { join } from 'node:path';
import { MailerModule, MailerService } from '@nestjs-modules/mailer';
import { HandlebarsAdapter } from '@nestjs-modules/mailer/adapters/handlebars.adapter';
import { Test, type TestingModule } from '@nestjs/testing';
import type { DynamicModule } from '@nestjs/common';
import { htmlToText } from 'nodemailer-html-to-text';
import { useSandbox } from './support/use-sandbox.js';

const { transport, arrived } = useSandbox();
const modules: TestingModule[] = [];

afterEach(async () => {
  for (const module of modules.splice(0)) await module.close();
});

async function start(mailer: DynamicModule): Promise<{ module: TestingModule; service: MailerService }> {
  const module = await Test.createTestingModule({ imports: [mailer] }).compile();
  modules.push(module);
  return { module, service: module.get(MailerService) };
}

// as the package's README writes them; the type of Nodemailer's options knows only the connection
const defaults: object = { from: 'Contoso <noreply@contoso.com>' };
const mail = { to: 'reader@example.com', subject: 'Report', text: 'Hello' };

describe('@nestjs-modules/mailer', () => {
  test('forRoot: sendMail reaches the recipients, with the defaults', async () => {
    const { service } = await start(MailerModule.forRoot({ transport: transport(), defaults }));
    const info: unknown = await service.sendMail({ ...mail, attachments: [{ filename: 'a.txt', content: 'file' }] });
    expect(info).toMatchObject({ accepted: ['reader@example.com'], losses: [], mailbox: 'noreply@contoso.com' });
    expect(arrived()).toMatchObject({
      from: { name: 'Contoso', address: 'noreply@contoso.com' },
      subject: 'Report',
      text: 'Hello',
      attachments: [{ name: 'a.txt' }],
    });
  });

  test('forRootAsync: a factory makes the transport', async () => {
    const useFactory = () => Promise.resolve({ transport: transport(), defaults });
    const { service } = await start(MailerModule.forRootAsync({ useFactory }));
    await service.sendMail(mail);
    expect(arrived().recipients).toEqual(['reader@example.com']);
  });

  test('a Handlebars template and a plugin: html and text arrive', async () => {
    const { service } = await start(
      MailerModule.forRoot({
        transport: transport(),
        defaults,
        template: { dir: join(__dirname, 'templates'), adapter: new HandlebarsAdapter() },
        plugins: [{ step: 'compile', plugin: htmlToText() }],
      }),
    );
    const { text: _text, ...rest } = mail;
    const info: unknown = await service.sendMail({ ...rest, template: 'report', context: { title: 'Größe', count: 3 } });
    expect(info).toMatchObject({ format: 'mime', losses: [] });
    expect(arrived().html).toContain('<p style="color: red;">Größe: 3 new files</p>');
    expect(arrived().text?.trim()).toBe('Größe: 3 new files');
  });

  test('named transports send from their own mailboxes', async () => {
    const { service } = await start(
      MailerModule.forRoot({
        transport: transport(),
        transports: { alerts: transport({ mailbox: 'alerts@contoso.com' }), invoices: transport({ mailbox: 'invoices@contoso.com' }) },
      }),
    );
    await expect(service.verifyAllTransporters()).resolves.toBe(true);
    const info: unknown = await service.sendMail({ ...mail, from: 'invoices@contoso.com', transporterName: 'invoices' });
    expect(info).toMatchObject({ mailbox: 'invoices@contoso.com' });
    expect(arrived().mailbox).toBe('invoices@contoso.com');
  });

  test('a transport that cannot sign in does not verify', async () => {
    const { service } = await start(MailerModule.forRoot({ transport: transport({ clientSecret: 'wrong' }), defaults }));
    await expect(service.verifyAllTransporters()).resolves.toBe(false);
  });

  test('the module closes its transport when the app ends', async () => {
    const own = transport();
    const close = jest.spyOn(own, 'close');
    const { module } = await start(MailerModule.forRoot({ transport: own, defaults }));
    expect(close).not.toHaveBeenCalled();
    await module.close();
    expect(close).toHaveBeenCalledTimes(1);
  });
});
