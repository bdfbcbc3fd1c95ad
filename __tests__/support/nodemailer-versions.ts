import nodemailer10 from 'nodemailer';
import nodemailer7 from 'nodemailer-7';
import nodemailer8 from 'nodemailer-8';
import nodemailer9 from 'nodemailer-9';

export type Nodemailer = typeof nodemailer10;

/** Every Nodemailer this package supports, by major version; for `describe.each`. */
export const nodemailerVersions: [version: string, nodemailer: Nodemailer][] = [
  ['7', nodemailer7],
  ['8', nodemailer8],
  ['9', nodemailer9],
  ['10', nodemailer10],
];

/** The major version these tests run with where they do not name one; `npm run test:matrix` chooses it. */
export const nodemailerInUse = process.env['NODEMAILER_VERSION'] || '10';
