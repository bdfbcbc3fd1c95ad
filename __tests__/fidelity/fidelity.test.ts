import nodemailer from 'nodemailer';
import { headerCases } from './cases/headers.js';
import { recipientCases } from './cases/recipients.js';
import { startHarness, testCases, type Harness, type Nodemailer } from './harness.js';

let harness: Harness;

beforeAll(async () => {
  harness = await startHarness({ nodemailer: nodemailer as unknown as Nodemailer });
});
afterAll(() => harness.close());

describe('recipients arrive as over SMTP', () => testCases(recipientCases, () => harness));
describe('headers arrive as over SMTP', () => testCases(headerCases, () => harness));
