import { runInNewContext } from 'node:vm';
import { AxeBuilder } from '@axe-core/playwright';
import type { ApiMessage } from '../../../../lib/sandbox/inbox/api-types.js';
import { graphTransport, type GraphTransport } from '../../../../lib/index.js';
import { createTransport } from 'nodemailer';
import { describeWith } from '../../../support/require-program.js';
import { mailFrame, message, redPixel, startEvilServer, until, useBrowser, useInbox, wcag } from './support/browser.js';
import { hostileHtml, literal } from './support/hostile.js';

describeWith('chromium', 'the inbox in a browser', (executablePath) => {
  const chrome = useBrowser(executablePath);
  const inbox = useInbox();

  test('shows settings to paste, and the mail of an app that uses them without a reload', async () => {
    const page = await chrome.page();
    await page.goto(inbox.url);
    await page.getByRole('heading', { name: 'No mail yet' }).waitFor();
    const code = await page.getByLabel('JavaScript', { exact: true }).innerText();
    // as if it were pasted; the certificate's file is there with the command only
    const pasted = runInNewContext(code, { graphTransport, readFileSync: () => inbox.sandbox.ca }) as GraphTransport;
    const transporter = createTransport(pasted);
    await transporter.sendMail({ ...message, subject: 'From the app' });
    await page.getByRole('link', { name: /From the app/ }).click();
    await page.getByRole('heading', { name: 'From the app' }).waitFor();
    const frame = await mailFrame(page);
    expect(await frame.locator('b').innerText()).toBe('Ada');
    transporter.close();
    expect(page.complaints).toEqual([]);
  });

  test('without Follow nothing moves while 50 mails arrive; Follow opens the newest', async () => {
    const transporter = inbox.transporter();
    const send = (subject: string): Promise<unknown> => transporter.sendMail({ ...message, subject });
    await Promise.all(Array.from({ length: 30 }, (_, index) => send(`Old ${index}`)));
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail`);
    const scroller = page.locator('.scroller');
    await page.getByRole('link', { name: /Old/ }).nth(3).click();
    await page.locator('.row[aria-current] .unread').first().waitFor({ state: 'detached' });
    await scroller.evaluate((element) => (element.scrollTop = 270));
    const open = new URL(page.url()).hash;
    const rows = () => page.locator('.row').allInnerTexts();
    let seen = await rows();
    // the rows of the new place follow
    for (let before: string[] = []; JSON.stringify(before) !== JSON.stringify(seen); seen = await rows()) {
      before = seen;
      await page.waitForTimeout(300);
    }
    await Promise.all(Array.from({ length: 50 }, (_, index) => send(`New ${index}`)));
    await page.getByRole('button', { name: '50 new mails' }).waitFor();
    expect(await scroller.evaluate(({ scrollTop }) => scrollTop)).toBe(270);
    expect(await page.locator('.row').allInnerTexts()).toEqual(seen);
    expect(new URL(page.url()).hash).toBe(open);

    await page.getByRole('button', { name: '50 new mails' }).click();
    await page.getByRole('link', { name: /New/ }).first().waitFor();
    await page.getByRole('button', { name: /Follow/ }).click();
    await send('The newest');
    await page.getByRole('heading', { name: 'The newest' }).waitFor();
    const latest = await inbox.api<ApiMessage>('messages/latest');
    expect(decodeURIComponent(page.url())).toContain(latest.id);
  });

  test('an inline image shows without a request, a download has its name and its bytes', async () => {
    const name = 'Übersicht "2026" 🎉.bin';
    await inbox.transporter().sendMail({
      ...message,
      html: '<p><img src="cid:logo@contoso" alt="logo"></p>',
      attachments: [
        { filename: 'logo.png', cid: 'logo@contoso', content: redPixel },
        { filename: name, content: Buffer.from([0, 1, 2, 253, 254, 255]) },
      ],
    });
    const page = await chrome.page();
    const requested: string[] = [];
    page.on('request', (request) => requested.push(request.url()));
    await page.goto(`${inbox.url}#/mail/latest`);
    const frame = await mailFrame(page);
    expect(await frame.locator('img').evaluate((image: HTMLImageElement) => image.naturalWidth)).toBe(1);
    expect(requested.filter((url) => url.includes('parts/'))).toEqual([]);
    await page.getByRole('tab', { name: /Attachments/ }).click();
    const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: /Download Übersicht/ }).click()]);
    const chunks: Buffer[] = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks)).toEqual(Buffer.from([0, 1, 2, 253, 254, 255]));
    // " is not allowed in a name everywhere: the browser has the last word on it
    expect(download.suggestedFilename()).toMatch(/^Übersicht ["_]2026["_] 🎉\.bin$/u);
  });

  test('widths are those of the frame, dark as authored and dark forced are two things', async () => {
    const html = '<style>p { color: rgb(1, 1, 1) } @media (prefers-color-scheme: dark) { p { color: rgb(250, 250, 250) } }</style><p>x</p>';
    await inbox.transporter().sendMail({ ...message, html });
    // Playwright's own scheme would win over that of the frame
    const page = await chrome.page({ viewport: { width: 1600, height: 800 }, colorScheme: null });
    await page.goto(`${inbox.url}#/mail/latest`);
    for (const width of [320, 375, 768]) {
      await page.getByRole('button', { name: String(width), exact: true }).click();
      expect(await (await mailFrame(page)).evaluate(() => innerWidth)).toBe(width);
    }
    const color = async (): Promise<string> => (await mailFrame(page)).locator('p').evaluate((p) => getComputedStyle(p).color);
    expect(await color()).toBe('rgb(1, 1, 1)');
    await page.getByRole('button', { name: 'Dark as authored' }).click();
    await until(async () => (await color()) === 'rgb(250, 250, 250)');
    await page.getByRole('button', { name: 'Dark forced' }).click();
    await until(async () => (await color()) === 'rgb(1, 1, 1)');
    expect(await page.locator('iframe').evaluate((frame) => getComputedStyle(frame).filter)).toContain('invert');
  });

  test('a hostile mail runs nothing, goes nowhere and asks for nothing until remote images are allowed', async () => {
    const evil = await startEvilServer({ type: 'image/png', body: redPixel });
    try {
      await inbox.transporter().sendMail({ ...message, html: hostileHtml(evil.url) });
      const page = await chrome.page();
      const dialogs: string[] = [];
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      await page.goto(`${inbox.url}#/mail/latest`);
      const frame = await mailFrame(page);
      await frame.getByText('the last line').waitFor();
      await frame.getByRole('link', { name: 'javascript' }).click();
      await frame.getByRole('button', { name: 'Submit' }).click();
      for (const tab of ['Text', 'Graph', 'Headers', 'Source', 'Checks', 'Test', 'Preview']) {
        await page.getByRole('tab', { name: tab }).click();
        await page.locator('#panel :not([aria-busy])').first().waitFor();
      }
      await mailFrame(page);
      expect(evil.requests).toEqual([]);
      expect(dialogs).toEqual([]);
      expect(page.url()).toMatch(new RegExp(`^${inbox.url}#/mail/`));
      expect(page.complaints).toEqual([]);

      await page.getByRole('button', { name: /Load remote images/ }).click();
      await until(() => evil.requests.some((request) => request.includes('remote.png')));
      expect(evil.requests.filter((request) => !request.endsWith('.png'))).toEqual([]);
      expect(dialogs).toEqual([]);
    } finally {
      await evil.close();
    }
  });

  test('markup in every foreign text is shown as it is', async () => {
    const transporter = inbox.transporter();
    await transporter.sendMail({
      ...message,
      from: { name: literal, address: 'noreply@contoso.com' },
      subject: literal,
      text: literal,
      headers: { 'X-Hostile': literal },
      attachments: [{ filename: `${literal}.txt`, content: 'x' }],
    });
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail/latest/headers`);
    await page.getByRole('heading', { name: literal }).waitFor();
    for (const tab of ['Headers', 'Text', 'Envelope', 'Source', 'Attachments']) {
      await page.getByRole('tab', { name: tab }).click();
      await page
        .locator('#panel')
        .getByText(tab === 'Envelope' ? 'ada@example.com' : '<img src=x')
        .first()
        .waitFor();
    }
    expect(await page.locator('main img[onerror]').count()).toBe(0);
    expect(page.complaints).toEqual([]);
  });

  test('an app without Mail.Send is told the role and the remedy', async () => {
    inbox.sandbox.fail({ operation: 'sendMail', status: 403, code: 'ErrorAccessDenied', message: literal });
    await expect(inbox.transporter().sendMail({ ...message, subject: 'Invoice 7' })).rejects.toThrow();
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/refused`);
    await page.getByRole('link', { name: /Refused.*Invoice 7/ }).click();
    await page.getByText(literal).first().waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    expect(page.complaints).toEqual([]);
  });

  test('what a test clears is gone from the page; what the reader deletes can be taken back', async () => {
    const transporter = inbox.transporter();
    await transporter.sendMail({ ...message, subject: 'First' });
    await transporter.sendMail({ ...message, subject: 'Second' });
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail`);
    await page.getByRole('link', { name: /First/ }).click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    await page.getByRole('link', { name: /First/ }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByRole('link', { name: /First/ }).waitFor();
    inbox.sandbox.clear();
    await page.getByRole('heading', { name: 'No mail yet' }).waitFor();
    await page.getByRole('link', { name: /Second/ }).waitFor({ state: 'detached' });
  });

  test('axe finds nothing in a list and a message', async () => {
    await inbox.transporter().sendMail({ ...message, subject: 'مرحبا', attachments: [{ filename: 'a.txt', content: 'x' }] });
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail/latest/timeline`);
    await page.getByText('sendMail', { exact: true }).first().waitFor();
    const { violations } = await new AxeBuilder({ page }).exclude('iframe').withTags(wcag).analyze();
    expect(violations.map(({ id, nodes }) => [id, nodes[0]?.html])).toEqual([]);
  });
});
