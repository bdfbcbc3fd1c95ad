import nodemailer from 'nodemailer';
import { attachmentCases } from './cases/attachments.js';
import { accessCases, bodyCases, eventAccessCases } from './cases/bodies.js';
import { calendarCases, eventSourceCases } from './cases/calendar.js';
import { headerCases } from './cases/headers.js';
import { rawCases } from './cases/raw.js';
import { recipientCases } from './cases/recipients.js';
import { startHarness, testCases, type Harness, type Nodemailer } from './harness.js';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ nodemailer: nodemailer });
});
afterAll(() => harness.close());

describe('recipients arrive as over SMTP', () => testCases(recipientCases, () => harness));
describe('headers arrive as over SMTP', () => testCases(headerCases, () => harness));
describe('bodies arrive as over SMTP', () => testCases(bodyCases, () => harness));
describe('closed files and URLs stay closed', () => testCases([...accessCases, ...eventAccessCases], () => harness));
describe('attachments arrive as over SMTP', () => testCases(attachmentCases, () => harness));
describe('events arrive as over SMTP', () => testCases([...calendarCases, ...eventSourceCases], () => harness));
describe('ready-made messages arrive as over SMTP', () => testCases(rawCases, () => harness));
