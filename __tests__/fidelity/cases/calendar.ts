import { BYTES, INVITE, PNG, type FidelityCase } from '../harness.js';
import { letter } from './letter.js';

const HTML = '<p>Join us <img src="cid:logo"></p>';
const everything = { filename: 'agenda.pdf', content: BYTES };
const logo = { filename: 'logo.png', content: PNG, cid: 'logo' };

export const calendarCases: FidelityCase[] = [
  { name: 'an event as a string', data: () => letter({ icalEvent: INVITE }) },
  { name: 'an event as a Buffer', data: () => letter({ icalEvent: Buffer.from(INVITE) }) },
  {
    name: 'an event with method and name',
    data: () => letter({ icalEvent: { method: 'request', filename: 'meeting.ics', content: INVITE } }),
  },
  {
    name: 'a cancelled event',
    data: () => letter({ html: HTML, icalEvent: { method: 'CANCEL', content: INVITE.replace('REQUEST', 'CANCEL') } }),
  },
  {
    name: 'an event in base64',
    data: () => letter({ icalEvent: { method: 'REQUEST', content: Buffer.from(INVITE).toString('base64'), encoding: 'base64' } }),
  },
  { name: 'an event alone', data: () => letter({ text: undefined, icalEvent: { method: 'REQUEST', content: INVITE } }) },
  {
    name: 'an event with own headers',
    data: () => letter({ icalEvent: { method: 'REQUEST', content: INVITE, headers: { 'X-Event': '1' } } }),
  },
  { name: 'an event with bare LF', data: () => letter({ icalEvent: { method: 'REQUEST', content: INVITE.replaceAll('\r\n', '\n') } }) },
  {
    name: 'an event with a file and an inline image',
    data: () => letter({ html: HTML, icalEvent: { method: 'REQUEST', content: INVITE }, attachments: [everything, logo] }),
  },
  {
    name: 'everything at once',
    data: () =>
      letter({
        html: HTML,
        amp: '<!doctype html><html amp4email></html>',
        watchHtml: '<b>watch</b>',
        alternatives: [{ contentType: 'text/x-web-markdown', content: '**Join**' }],
        icalEvent: { method: 'REQUEST', content: INVITE },
        attachments: [everything, logo],
        cc: 'copy@example.com',
        bcc: 'hidden@example.com',
        priority: 'high',
        inReplyTo: '<q@example.com>',
        headers: { 'X-Tag': '1' },
      }),
  },
  {
    name: 'everything at once, redirected',
    data: () =>
      letter({
        to: 'customer@example.com',
        cc: 'copy@example.com',
        html: HTML,
        icalEvent: { method: 'REQUEST', content: INVITE },
        attachments: [everything, logo],
        envelope: { to: 'staging@contoso.com' },
      }),
  },
];

/** Nodemailer 7 does not read an event's path and href at all. */
export const eventSourceCases: FidelityCase[] = [
  { name: 'an event from a file', data: (world) => letter({ icalEvent: { method: 'REQUEST', path: world.file('invite.ics') } }) },
  { name: 'an event from a URL', data: (world) => letter({ icalEvent: { method: 'REQUEST', href: world.url('invite.ics') } }) },
  {
    name: 'an event from a URL as path',
    data: (world) => letter({ html: HTML, icalEvent: { method: 'REQUEST', path: world.url('invite.ics') }, attachments: [logo] }),
  },
];
