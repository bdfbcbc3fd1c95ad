// A small web app that mails a link with which a user sets a new password.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';

/**
 * @param {import('nodemailer').Transporter} transporter
 * @param {{ url: string }} settings where the app is
 */
export function createApp(transporter, settings) {
  const tokens = new Set();
  return createServer((request, response) => {
    answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });

  async function answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, settings.url);
    if (request.method === 'POST' && pathname === '/forgot') {
      const token = randomUUID();
      tokens.add(token);
      const link = `${settings.url}/reset?token=${token}`;
      await transporter.sendMail({
        to: searchParams.get('email'),
        subject: 'Reset your password',
        text: `Set a new password: ${link}\n`,
        html: `<p>Hello,</p><p><a href="${link}">Set a new password</a></p>`,
      });
      return page(response, '<p>Look into your mailbox.</p>');
    }
    if (pathname === '/reset') {
      const known = tokens.delete(searchParams.get('token'));
      return page(response, known ? '<h1>Choose a new password</h1>' : '<h1>This link is no longer valid</h1>');
    }
    return page(response, '<form method="post" action="/forgot?email=reader@example.com"><button>I forgot my password</button></form>');
  }
}

function page(response, body) {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(`<!doctype html><html lang="en"><body>${body}</body></html>`);
}
