import nodemailer from 'nodemailer';
import type { MeasuredPoint, TenantReport } from '../../lib/index.js';
import { useSandbox } from '../support/use-sandbox.js';

const world = useSandbox({ protocol: 'http' });

/** A report in which that was measured at another provider's. */
const facts = (...points: `${MeasuredPoint['feature']}:${MeasuredPoint['way']}:${'kept' | 'changed' | 'lost'}`[]): TenantReport => ({
  tool: 'nodemailer-graph-transport prove',
  version: 1,
  made: '2026-11-26',
  library: '0.1.0',
  cloud: 'global',
  points: points.map((text) => {
    const [feature, way, outside] = text.split(':') as [MeasuredPoint['feature'], MeasuredPoint['way'], 'kept'];
    return { feature, way, claimed: 'kept', outside };
  }),
  answers: {},
});

async function send(data: object, tenantFacts?: TenantReport, options: object = {}) {
  const transport = world.transport({ onLoss: 'ignore', tenantFacts, ...options });
  const { format, route, losses } = await nodemailer.createTransport(transport).sendMail({
    to: 'reader@example.com',
    subject: 'Facts',
    ...data,
  });
  return { format, route, losses: losses.map(({ feature }) => feature) };
}

const html = '<p>Hello</p>';
const text = 'Hello, in words of my own';
const from = 'The author <noreply@contoso.com>';
const headers = { 'X-One': '1', Organization: 'Contoso' };
const many = Object.fromEntries(Array.from({ length: 7 }, (_, index) => [`X-Number-${index}`, String(index)]));
const large = { filename: 'large.bin', content: Buffer.alloc(4 * 1024 * 1024) };

describe('without a report all is as claimed', () => {
  test.each<[object, string]>([
    [{ html, text }, 'mime'],
    [{ text, from }, 'json'],
    [{ text, headers, list: { unsubscribe: 'stop@contoso.com' }, inReplyTo: '<a@contoso.com>' }, 'json'],
  ])('%j', async (data, format) => {
    expect(await send(data)).toEqual({ format, route: 'sendMail', losses: [] });
  });
});

describe('format and losses follow what was measured', () => {
  test.each<[string, object, TenantReport, { format: string; losses: string[] }]>([
    ['JSON keeps the text part', { html, text }, facts('text:json:kept'), { format: 'json', losses: [] }],
    ['MIME loses it, too', { html, text }, facts('text:mime:changed'), { format: 'json', losses: ['text'] }],
    ['JSON loses the name', { text, from }, facts('fromName:json:changed'), { format: 'mime', losses: [] }],
    ['both lose the name', { text, from }, facts('fromName:json:lost', 'fromName:mime:lost'), { format: 'json', losses: ['fromName'] }],
    ['no name, nothing lost', { text }, facts('fromName:json:lost', 'fromName:mime:lost'), { format: 'json', losses: [] }],
    ['JSON loses threading', { text, inReplyTo: '<a@contoso.com>' }, facts('threading:json:lost'), { format: 'mime', losses: [] }],
    ['JSON loses List-*', { text, list: { help: 'help@contoso.com' } }, facts('listHeaders:json:lost'), { format: 'mime', losses: [] }],
    ['JSON loses custom headers', { text, headers }, facts('customHeaders:json:lost'), { format: 'mime', losses: [] }],
    ['MIME loses x- headers', { html, text, headers }, facts('xHeaders:mime:lost'), { format: 'mime', losses: ['xHeaders'] }],
    ['five x- headers are not more', { text, headers }, facts('moreXHeaders:json:lost'), { format: 'json', losses: [] }],
    ['seven are', { text, headers: many }, facts('moreXHeaders:json:lost'), { format: 'mime', losses: [] }],
    ['MIME changes the Message-ID', { html, text }, facts('ownMessageId:mime:changed'), { format: 'mime', losses: ['ownMessageId'] }],
    ['an alias is replaced', { text, from: 'noreply@contoso.com' }, facts('from:json:changed'), { format: 'json', losses: [] }],
  ])('%s', async (_, data, report, expected) => {
    expect(await send(data, report)).toMatchObject(expected);
  });

  test('a From other than the mailbox is told where an alias was replaced', async () => {
    const options = { mailbox: 'alerts@contoso.com', onLoss: 'error' };
    await expect(send({ text, from: 'info@contoso.com' }, facts('from:json:changed'), options)).rejects.toThrow(
      'from (Exchange may replace',
    );
    expect(world.sandbox.messages).toEqual([]);
  });
});

describe('a MIME draft that gets attachments', () => {
  const mail = { html, text, attachments: [large] };

  test('loses nothing as it is claimed', async () => {
    expect(await send(mail)).toEqual({ format: 'mime', route: 'draft', losses: [] });
  });

  test('loses what was measured, and no other MIME does', async () => {
    const report = facts('text:mime:kept', 'text:mimeDraft:changed');
    expect(await send({ ...mail, icalEvent: { method: 'REQUEST', content: 'BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n' } }, report)).toEqual({
      format: 'mime',
      route: 'draft',
      losses: ['text'],
    });
    expect(await send({ html, text }, report)).toEqual({ format: 'mime', route: 'sendMail', losses: [] });
  });

  test('is none where JSON loses less then', async () => {
    const report = facts('text:mimeDraft:lost', 'threading:mimeDraft:lost');
    expect(await send({ ...mail, inReplyTo: '<a@contoso.com>' }, report)).toEqual({ format: 'json', route: 'draft', losses: ['text'] });
    expect(await send({ ...mail, inReplyTo: '<a@contoso.com>' }, report, { format: 'mime' })).toEqual({
      format: 'mime',
      route: 'draft',
      losses: ['text', 'threading'],
    });
  });
});

test('the loss says where it comes from, and onLoss decides about it', async () => {
  const report = facts('listHeaders:json:lost', 'listHeaders:mime:lost');
  const data = { text, list: { help: 'help@contoso.com' } };
  await expect(send(data, report, { onLoss: 'error' })).rejects.toThrow('listHeaders (List-Help (measured on this tenant))');
  expect(world.sandbox.messages).toEqual([]);
});
