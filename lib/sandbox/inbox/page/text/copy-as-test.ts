import type { ApiAddress, ApiAttachment, ApiFaultRule, ApiMessage } from '../../api-types.js';

export type Framework = 'jest' | 'vitest' | 'node:test';

/** Longer bodies would bury the test; the app's own code makes them anyway. */
const MOST_BODY = 2000;

type Told = Pick<
  ApiMessage,
  'mailbox' | 'from' | 'to' | 'cc' | 'bcc' | 'replyTo' | 'subject' | 'recipientAddresses' | 'attachmentList' | 'faultRules'
>;

/** A test that sends this message and says what must become of it; it runs as it is. */
export function copyAsTest(message: Told, bodies: { text?: string; html?: string }, framework: Framework): string {
  const { subject, faultRules, mailbox, attachmentList } = message;
  const title = `sends ${JSON.stringify(subject)} to ${count(message.recipientAddresses)}${faultRules.length ? ' in spite of a fault' : ''}`;
  const check = framework === 'node:test' ? assertion : expectation;
  const body = [
    `const sandbox = await startSandbox({ mailboxes: [${string(mailbox)}] });`,
    'const transporter = nodemailer.createTransport(graphTransport(sandbox.options));',
    'try {',
    ...faultRules.map((rule) => `  sandbox.fail(${literal(asRule(rule))});`),
    ...(faultRules.length ? [''] : []),
    '  // instead of this: what makes your app send it',
    `  await transporter.sendMail(${indent(mailData(message, bodies), 2)});`,
    '',
    `  const message = await sandbox.waitForMessage();`,
    `  ${check('message.subject', string(subject))}`,
    `  ${check('message.recipients.toSorted()', literal([...message.recipientAddresses].sort()))}`,
    ...(message.from ? [`  ${check('message.from?.address', string(message.from.address))}`] : []),
    ...(attachmentList.length
      ? [
          `  ${check('message.attachments.map(({ name, size }) => [name, size])', literal(attachmentList.map(({ name, size }) => [name, size])))}`,
        ]
      : []),
    `  ${check('sandbox.messages.length', '1')}`,
    `  ${check('sandbox.drafts.length', '0')}`,
    '} finally {',
    '  transporter.close();',
    '  await sandbox.close();',
    '}',
  ];
  return [
    ...imports(framework),
    '',
    `test(${string(title)}, async () => {`,
    ...body.map((line) => (line ? indentLine(line) : '')),
    '});',
    '',
  ].join('\n');
}

function imports(framework: Framework): string[] {
  const ours = [
    `import nodemailer from 'nodemailer';`,
    `import { graphTransport } from 'nodemailer-graph-transport';`,
    `import { startSandbox } from 'nodemailer-graph-transport/sandbox';`,
  ];
  if (framework === 'vitest') return [`import { expect, test } from 'vitest';`, ...ours];
  if (framework === 'node:test') return [`import assert from 'node:assert/strict';`, `import { test } from 'node:test';`, ...ours];
  // jest knows no import unless it is told to
  return [
    `const nodemailer = require('nodemailer');`,
    `const { graphTransport } = require('nodemailer-graph-transport');`,
    `const { startSandbox } = require('nodemailer-graph-transport/sandbox');`,
  ];
}

const expectation = (actual: string, expected: string): string => `expect(${actual}).toEqual(${expected});`;
const assertion = (actual: string, expected: string): string => `assert.deepEqual(${actual}, ${expected});`;

function mailData(message: Told, { text, html }: { text?: string; html?: string }): string {
  const { from, to, cc, bcc, replyTo, subject, attachmentList } = message;
  // of whom no header tells, the envelope does
  const named = new Set([...to, ...cc, ...bcc].map(({ address }) => address.toLowerCase()));
  const hidden = message.recipientAddresses.filter((address) => !named.has(address)).map((address) => ({ name: '', address }));
  const gets = new Set(message.recipientAddresses);
  const getting = (list: readonly ApiAddress[]): string[] => list.filter(({ address }) => gets.has(address.toLowerCase())).map(mailAddress);
  const fields: [string, string][] = [];
  const addresses = (name: string, list: string[]): void => {
    if (list.length > 0) fields.push([name, literal(list)]);
  };
  if (from) fields.push(['from', string(mailAddress(from))]);
  addresses('to', getting(to));
  addresses('cc', getting(cc));
  addresses('bcc', [...getting(bcc), ...hidden.map(mailAddress)]);
  addresses('replyTo', replyTo.map(mailAddress));
  fields.push(['subject', string(subject)]);
  if (text !== undefined) fields.push(['text', string(shorten(text))]);
  if (html !== undefined) fields.push(['html', string(shorten(html))]);
  if (attachmentList.length > 0)
    fields.push(['attachments', `[\n${attachmentList.map((file) => `    ${attachmentData(file)},\n`).join('')}  ]`]);
  return `{\n${fields.map(([name, value]) => `  ${name}: ${value},\n`).join('')}}`;
}

function attachmentData({ name, contentType, contentId, size }: ApiAttachment): string {
  const cid = contentId ? `, cid: ${string(contentId)}` : '';
  return `{ filename: ${string(name)}, contentType: ${string(contentType)}, content: Buffer.alloc(${size})${cid} }`;
}

function asRule(rule: ApiFaultRule): ApiFaultRule {
  const { times, ...rest } = rule;
  return times === undefined || times === 1 ? rest : { ...rest, times };
}

const mailAddress = ({ name, address }: ApiAddress): string => (name && name !== address ? `${quoteName(name)} <${address}>` : address);
const quoteName = (name: string): string => (/[",;:<>@()[\]\\]/.test(name) ? `"${name.replace(/["\\]/g, '\\$&')}"` : name);
const shorten = (text: string): string => (text.length > MOST_BODY ? `${text.slice(0, MOST_BODY)} …` : text);
const count = (list: readonly string[]): string => (list.length === 1 ? (list[0] ?? '') : `${list.length} addresses`);

/** A string of JavaScript, on one line whatever is in it. */
const string = (text: string): string =>
  `'${JSON.stringify(text)
    .slice(1, -1)
    .replace(/\\"/g, '"')
    .replace(/'/g, "\\'")
    .replace(/\u2028/g, '\\u2028')
    .replace(/\u2029/g, '\\u2029')}'`;

function literal(value: unknown): string {
  if (typeof value === 'string') return string(value);
  if (value === null) return 'Infinity';
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).map(
      ([name, inner]) => `${/^[A-Za-z_$][\w$]*$/.test(name) ? name : string(name)}: ${literal(inner)}`,
    );
    return entries.length ? `{ ${entries.join(', ')} }` : '{}';
  }
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : 'undefined';
}

const indent = (text: string, by: number): string => text.replace(/\n/g, `\n${' '.repeat(by)}`);
const indentLine = (line: string): string => line.replace(/^/gm, '  ');
