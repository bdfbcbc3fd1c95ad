import { readFileSync } from 'node:fs';
import { graphTransport } from 'nodemailer-graph-transport';

/** Read with the first message: where the app is built, there is no TARGET. */
export const transport = graphTransport.lazy(() => JSON.parse(readFileSync(process.env.TARGET, 'utf8')).options);
export const from = 'noreply@contoso.com';
