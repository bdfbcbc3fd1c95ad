import { Agent, request } from 'undici';

/** What a person does with the sandbox's sign-in page, without a browser: reads the form, chooses an answer, follows the way back. */
export async function answerSignInPage(
  url: string,
  ca: string,
  answer: { user: string } | 'deny',
): Promise<{ status: number; text: string }> {
  const dispatcher = new Agent({ connect: { ca } });
  try {
    const shown = await request(url, { dispatcher });
    const html = await shown.body.text();
    if (shown.statusCode === 302) return await follow(String(shown.headers['location']));
    const hidden = [...html.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)].map(([, name = '', value = '']) => [
      unescape(name),
      unescape(value),
    ]);
    const chosen = answer === 'deny' ? ['deny', '1'] : ['user', answer.user];
    const body = new URLSearchParams([...hidden, chosen] as [string, string][]).toString();
    const posted = await request(new URL(url).origin + new URL(url).pathname, {
      dispatcher,
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    });
    const text = await posted.body.text();
    return posted.statusCode === 302 ? await follow(String(posted.headers['location'])) : { status: posted.statusCode, text };
  } finally {
    await dispatcher.close();
  }
}

async function follow(location: string): Promise<{ status: number; text: string }> {
  const { statusCode, headers, body } = await request(location);
  if (statusCode === 302) {
    await body.dump();
    return follow(new URL(String(headers['location']), location).href);
  }
  return { status: statusCode, text: await body.text() };
}

const unescape = (text: string) => text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)));
