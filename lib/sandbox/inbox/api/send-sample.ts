import { randomUUID } from 'node:crypto';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { App } from '../../settings.js';
import { ApiRefusal, type InboxAnswer } from '../http/answer.js';
import type { ApiCall } from './call.js';

const LOGO =
  'iVBORw0KGgoAAAANSUhEUgAAADAAAAAwCAYAAABXAvmHAAAAa0lEQVR42u3PMQ0AMAgAsIFmwlGJCxyIoB/p0RqQVXP9cJcQICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgcAOgfQGRcn4Z7wAAAABJRU5ErkJggg==';
const HTML = `<!doctype html>
<html lang="en"><body style="font: 16px/1.5 sans-serif; max-width: 32em; margin: 2em auto; color: #222">
<p><img src="cid:logo@sandbox" alt="" width="48" height="48"></p>
<h1 style="font-size: 1.4em">It works</h1>
<p>The sandbox sent this to itself: it signed in, posted a message to Graph, and Graph took it for delivery.</p>
<p>Look at <b>Envelope</b> for who gets it and why, and at <b>Timeline</b> for how it got here.</p>
<p><a href="https://learn.microsoft.com/graph/api/user-sendmail">What sendMail takes</a></p>
</body></html>`;

/** `POST sample`: the whole way, sign-in included, so that everything there is to see is seen. */
export async function sendSample({ inbox, body }: ApiCall): Promise<InboxAnswer> {
  const { state, ca } = inbox.context;
  const { mailbox: wanted } = (body ?? {}) as { mailbox?: unknown };
  const { settings, origins, directory, tokens } = state;
  const mailbox = typeof wanted === 'string' ? directory.mailbox(wanted) : settings.mailboxes[0];
  if (!mailbox) throw new ApiRefusal(404, 'NotFound', 'There is no such mailbox.');
  const app = settings.apps[0] as App;
  const token = app.clientSecret === undefined ? tokens.issue(app, origins.graph) : await signIn(origins, settings.tenantId, app, ca);
  const internetMessageId = `<${randomUUID()}@sandbox.example.com>`;
  const message = {
    subject: 'A sample from the sandbox',
    body: { contentType: 'html', content: HTML },
    internetMessageId,
    toRecipients: [{ emailAddress: { address: 'reader@example.com', name: 'Reader' } }],
    bccRecipients: [{ emailAddress: { address: 'archive@example.com' } }],
    attachments: [
      {
        '@odata.type': '#microsoft.graph.fileAttachment',
        name: 'logo.png',
        contentType: 'image/png',
        contentId: 'logo@sandbox',
        isInline: true,
        contentBytes: LOGO,
      },
      {
        '@odata.type': '#microsoft.graph.fileAttachment',
        name: 'notes.txt',
        contentType: 'text/plain',
        contentBytes: Buffer.from('An attachment.\n').toString('base64'),
      },
    ],
  };
  const url = `${origins.graph}/v1.0/users/${encodeURIComponent(mailbox.userPrincipalName)}/sendMail`;
  const answer = await post(url, ca, { authorization: `Bearer ${token}`, 'content-type': 'application/json' }, JSON.stringify({ message }));
  if (answer.status !== 202) throw new ApiRefusal(502, 'SampleRefused', `Graph answered ${answer.status}: ${answer.body.slice(0, 500)}`);
  return { status: 202, body: { messageId: internetMessageId, requestId: answer.requestId } };
}

async function signIn(origins: { graph: string; authority: string }, tenantId: string, app: App, ca: string): Promise<string> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: app.clientId,
    client_secret: app.clientSecret ?? '',
    scope: `${origins.graph}/.default`,
  });
  const url = `${origins.authority}/${tenantId}/oauth2/v2.0/token`;
  const answer = await post(url, ca, { 'content-type': 'application/x-www-form-urlencoded' }, form.toString());
  if (answer.status !== 200)
    throw new ApiRefusal(502, 'SampleRefused', `The sign-in answered ${answer.status}: ${answer.body.slice(0, 500)}`);
  return (JSON.parse(answer.body) as { access_token: string }).access_token;
}

interface Reply {
  status: number;
  requestId: string;
  body: string;
}

/** To the sandbox's own servers and nowhere else. */
function post(url: string, ca: string, headers: Record<string, string>, body: string): Promise<Reply> {
  const send = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(url, { method: 'POST', ca, agent: false, headers: { ...headers, 'content-length': Buffer.byteLength(body) } });
    request.setTimeout(10_000, () => request.destroy(new Error('no answer within 10 s')));
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          requestId: String(response.headers['request-id'] ?? ''),
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    request.once('error', reject);
    request.end(body);
  }).catch((error: unknown) => {
    throw new ApiRefusal(
      502,
      'SampleRefused',
      `The sandbox did not answer itself (${error instanceof Error ? error.message : String(error)}): a fault, perhaps.`,
    );
  }) as Promise<Reply>;
}
