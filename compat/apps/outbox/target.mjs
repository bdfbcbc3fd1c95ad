import { readFileSync } from 'node:fs';

/** Where to send: Redis, the sandbox, the mailbox. */
export const target = JSON.parse(readFileSync(process.env.TARGET, 'utf8'));
