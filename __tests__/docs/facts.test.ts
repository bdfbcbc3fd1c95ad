import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readPage, root } from './pages.js';

// errors.md is made of the catalogue, whose messages stand alone where they are read; benchmarks measures sizes of its own
const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter(
  (name) => name.endsWith('.md') && !/(errors|benchmarks)\.md$/.test(name),
);

/** What changes at Microsoft, or here, is told in one place; everybody else links there. */
test.each([
  ['the date of SMTP AUTH', /December 2026|MC786329/, 'docs/why.md'],
  ['the date of EWS', /MC1227454|1 April 2027/, 'docs/why.md'],
  ['who may consent', /November 2025|MC1163922/, 'docs/why.md'],
  ['messages a minute', /\b30 messages a minute/, 'docs/migration.md'],
  ['recipients a day', /10,000 recipients/, 'docs/migration.md'],
  ['requests at a time', /\b(4|four) requests/, 'docs/migration.md'],
  ['uploads in a while', /150 MB (of uploads )?in 5 minutes/, 'docs/migration.md'],
  ['the largest file', /\b150 MB +\|/, 'docs/large-attachments.md'],
  ['the size of a message', /\b35 MB\b/, 'docs/large-attachments.md'],
  ['what fits into one request', /\b2\.2 MB\b|above about 3 MB/, 'docs/large-attachments.md'],
  ['how long RBAC takes', /30 minutes to 2 hours/, 'docs/administrators.md'],
  ['how long a policy takes', /30 minutes to 4 hours/, 'docs/administrators.md'],
  ['how long consent takes', /1 to 2 minutes/, 'docs/administrators.md'],
  ['when an expiry is told', /\b60 days\b/, 'docs/operations.md'],
  ['how long a sign-in lasts', /90 days without use/, 'docs/personal-accounts.md'],
  ['how large a mailbox without a licence is', /\b50 GB\b/, 'docs/senders.md'],
])('%s stands in one place', (_, fact, home) => {
  expect(pages.filter((name) => fact.test(readPage(name)))).toEqual([home]);
});
