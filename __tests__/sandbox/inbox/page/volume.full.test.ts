import { Agent, request } from 'node:http';
import { startSandbox, type Sandbox } from '../../../../lib/sandbox/index.js';
import { describeWith } from '../../../support/require-program.js';
import { until, urlOf, useBrowser } from './support/browser.js';

const MAILS = 100_000;
const AT_A_TIME = 32;

describeWith('chromium', 'the inbox with 100,000 mails', (executablePath) => {
  const chrome = useBrowser(executablePath);
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox({ inbox: true, protocol: 'http', maxMessages: MAILS, maxBytes: 4 * 1024 ** 3, keepContent: false });
    const agent = new Agent({ keepAlive: true, maxSockets: AT_A_TIME });
    const authorization = `Bearer ${sandbox.issueToken()}`;
    const send = (number: number): Promise<void> =>
      new Promise((resolve, reject) => {
        const message = {
          subject: `Mail ${number}`,
          body: { contentType: 'text', content: 'x' },
          toRecipients: [{ emailAddress: { address: 'ada@example.com' } }],
        };
        const sending = request(
          `${sandbox.graphEndpoint}/v1.0/users/noreply@contoso.com/sendMail`,
          { method: 'POST', agent, headers: { authorization, 'content-type': 'application/json' } },
          (answer) => {
            answer.resume();
            answer.once('end', () => (answer.statusCode === 202 ? resolve() : reject(new Error(String(answer.statusCode)))));
          },
        );
        sending.once('error', reject);
        sending.end(JSON.stringify({ message, saveToSentItems: false }));
      });
    let next = 0;
    await Promise.all(
      Array.from({ length: AT_A_TIME }, async () => {
        while (next < MAILS) await send(next++);
      }),
    );
    agent.destroy();
  }, 900_000);
  afterAll(() => sandbox.close());

  test('few rows exist, few bytes come, and the last mail is a key away', async () => {
    const page = await chrome.page();
    const sizes: number[] = [];
    page.on('response', (response) => {
      if (response.url().includes('/messages?')) void response.body().then((body) => sizes.push(body.length));
    });
    await page.goto(`${urlOf(sandbox)}#/mail`);
    const list = page.getByRole('list', { name: 'Mail' });
    await list.getByRole('listitem').first().getByText('Mail').waitFor();
    expect(await list.getByRole('listitem').first().getAttribute('aria-setsize')).toBe(String(MAILS));
    const rows = (): Promise<number> => page.locator('.scroller li').count();
    expect(await rows()).toBeLessThanOrEqual(100);
    await page.locator('.row').first().focus();
    await page.keyboard.press('End');
    await page.locator(`[data-index="${MAILS - 1}"] .row:focus`).waitFor();
    await page
      .locator(`[data-index="${MAILS - 1}"]`)
      .getByText(/^Mail \d+$/)
      .waitFor();
    expect(await rows()).toBeLessThanOrEqual(100);
    await page.keyboard.press('Home');
    await page.locator('[data-index="0"] .row:focus').waitFor();
    await page.keyboard.press('PageDown');
    await until(async () => (await page.locator('.row:focus').count()) === 1);
    expect(await rows()).toBeLessThanOrEqual(100);
    for (const size of sizes) expect(size).toBeLessThanOrEqual(100_000);
    expect(sizes.length).toBeGreaterThanOrEqual(2);
  });

  test('a link to a mail far down opens it and brings its row into sight', async () => {
    const { items } = (await (await fetch(`${urlOf(sandbox)}api/v1/messages?offset=${MAILS / 2}&limit=1`)).json()) as {
      items: { id: string; subject: string }[];
    };
    const page = await chrome.page();
    await page.goto(`${urlOf(sandbox)}#/mail/${encodeURIComponent(items[0]?.id ?? '')}`);
    await page.getByRole('heading', { name: items[0]?.subject ?? '' }).waitFor();
    await page
      .locator('.row[aria-current]')
      .getByText(items[0]?.subject ?? '')
      .waitFor();
  });
});
