import { readTarget, sendAll } from './mail.mjs';

export const handler = async () => ({ statusCode: 200, body: JSON.stringify(await sendAll(readTarget())) });
