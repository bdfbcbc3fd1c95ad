import type { Page } from 'playwright-core';
import type { ApiMessage } from '../../../../lib/sandbox/inbox/api-types.js';
import { messageTabs } from '../../../../lib/sandbox/inbox/page/state/routes.js';
import { describeWith } from '../../../support/require-program.js';
import { mailFrame, message, redPixel, startEvilServer, until, useBrowser, useInbox } from './support/browser.js';
import { hostileHtml, literal } from './support/hostile.js';

describeWith('chromium', 'the inbox under attack', (executablePath) => {
  const chrome = useBrowser(executablePath);
  const inbox = useInbox();
  const idOfLatest = async (): Promise<string> => encodeURIComponent((await inbox.api<ApiMessage>('messages/latest')).id);

  test('a body opened in a tab of its own has no origin, runs nothing and asks for nothing', async () => {
    const evil = await startEvilServer();
    try {
      await inbox.transporter().sendMail({ ...message, html: hostileHtml(evil.url) });
      const page = await chrome.page();
      const dialogs: string[] = [];
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      const url = `${inbox.url}api/v1/messages/${await idOfLatest()}/body`;
      await page.goto(url);
      await page.getByText('the last line').waitFor();
      expect(await page.evaluate(() => self.origin)).toBe('null');
      await page.getByRole('button', { name: 'Submit' }).click();
      expect(page.url()).toBe(url);
      expect(evil.requests).toEqual([]);
      expect(dialogs).toEqual([]);
    } finally {
      await evil.close();
    }
  });

  test.each([
    ['page.html', 'text/html', '<script>alert(1)</script>'],
    ['image.svg', 'image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'],
    ['page.xhtml', 'application/xhtml+xml', '<html xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></html>'],
    // says png and is not
    ['image.png', 'image/png', '<script>alert(1)</script>'],
  ])('an attachment %s is no page of ours', async (filename, contentType, content) => {
    await inbox.transporter().sendMail({ ...message, attachments: [{ filename, contentType, content }] });
    const page = await chrome.page();
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    await page.goto(inbox.url);
    const id = await idOfLatest();
    const download = page.waitForEvent('download', { timeout: 5000 }).catch(() => undefined);
    const url = `${inbox.url}api/v1/messages/${id}/parts/0`;
    await page.goto(url).catch(() => undefined);
    if (filename === 'image.png') expect((await fetch(url)).headers.get('x-content-type-options')).toBe('nosniff');
    else expect((await download)?.suggestedFilename()).toBe(filename);
    expect(dialogs).toEqual([]);
  });

  test('no screen and no tab of a hostile mail breaks the policies of the page, or shows its markup', async () => {
    const evil = await startEvilServer();
    try {
      inbox.sandbox.fail({ operation: 'sendMail', status: 400, code: literal, message: literal });
      const transporter = inbox.transporter();
      const hostile = {
        ...message,
        from: { name: literal, address: 'noreply@contoso.com' },
        to: { name: literal, address: 'ada@example.com' },
        subject: literal,
        text: `${literal} javascript:alert(1) https://contoso.com/"onmouseover="alert(1)`,
        html: hostileHtml(evil.url),
        headers: { 'X-Hostile': literal, 'List-Unsubscribe': literal },
        attachments: [{ filename: `${literal}.html`, content: literal, contentType: 'text/html' }],
      };
      await transporter.sendMail(hostile).catch(() => undefined);
      inbox.sandbox.fail({ operation: 'sendMail', status: 503, code: literal, message: literal, headers: { 'Retry-After': '0' } });
      await transporter.sendMail(hostile);
      inbox.sandbox.fail({ operation: 'token', code: literal, message: literal, status: 400, times: Infinity });
      const page = await chrome.page();
      const dialogs: string[] = [];
      page.on('dialog', (dialog) => {
        dialogs.push(dialog.message());
        void dialog.dismiss();
      });
      const hashes = [
        ...['mail', 'refused', 'drafts', 'sent', 'bounces', 'requests', 'faults', 'token', 'connect'].map((screen) => `#/${screen}`),
        ...messageTabs.map((tab) => `#/mail/latest/${tab}`),
        `#/mail?q=${encodeURIComponent(literal)}`,
        `#/mail/${encodeURIComponent(literal)}`,
      ];
      for (const hash of hashes) {
        await page.goto(inbox.url + hash);
        await page.locator('main').getByText(/\S/).first().waitFor();
        await page.locator('main [aria-busy="true"]').first().waitFor({ state: 'detached' });
        expect([hash, await page.locator('img[src="x"], [onerror], main script').count()]).toEqual([hash, 0]);
      }
      await page.goto(`${inbox.url}#/refused`);
      await page.locator('.row').first().click();
      await page.locator('.cause').getByText(literal).first().waitFor();
      for (const row of [0, 1, 2]) {
        await page.goto(`${inbox.url}#/requests`);
        await page.locator('.row').nth(row).click();
        await page.getByRole('heading', { name: 'Answer' }).waitFor();
      }
      expect(page.complaints).toEqual([]);
      expect(dialogs).toEqual([]);
      expect(evil.requests).toEqual([]);
    } finally {
      await evil.close();
    }
  });

  test('links of a mail open elsewhere, without a way back and without a referrer', async () => {
    const evil = await startEvilServer({
      type: 'text/html',
      body: '<script>document.title = String(window.opener) + "|" + document.referrer</script>',
    });
    try {
      await inbox.transporter().sendMail({
        ...message,
        html: `<a href="${evil.url}self" target="_self">self</a><a href="${evil.url}top" target="_top">top</a><a href="${evil.url}plain">plain</a>`,
      });
      const page = await chrome.page();
      await page.goto(`${inbox.url}#/mail/latest`);
      const frame = page.frameLocator('.stage iframe');
      const [opened] = await Promise.all([page.context().waitForEvent('page'), frame.getByText('plain').click()]);
      await opened.waitForLoadState();
      await until(async () => (await opened.title()) !== '');
      expect(await opened.title()).toBe('null|');
      const before = page.url();
      await frame.getByText('top', { exact: true }).click();
      await frame.getByText('self', { exact: true }).click();
      await page.getByRole('tab', { name: 'Text' }).click();
      expect(page.url()).toBe(before.replace(/\/?$/, '/text'));
      expect(evil.requests.filter((request) => /top|self/.test(request))).toEqual([]);
    } finally {
      await evil.close();
    }
  });

  test('a page on another port of this machine gets nothing and changes nothing', async () => {
    await inbox.transporter().sendMail(message);
    const evil = await startEvilServer();
    try {
      const page = await chrome.page();
      await page.goto(evil.url);
      const target = inbox.url;
      const tried = await page.evaluate(async (url) => {
        const attempt = async (name: string, init?: RequestInit): Promise<[string, string]> => {
          try {
            const answer = await fetch(`${url}${name}`, init);
            return [name, `${answer.type} ${answer.status} ${(await answer.text()).length}`];
          } catch {
            return [name, 'refused'];
          }
        };
        const stream = await new Promise<string>((resolve) => {
          const source = new EventSource(`${url}api/v1/events`);
          source.onopen = () => resolve('open');
          source.onmessage = () => resolve('message');
          source.onerror = () => {
            source.close();
            resolve('refused');
          };
        });
        const frame = document.createElement('iframe');
        frame.src = url;
        const framed = await new Promise<string>((resolve) => {
          frame.onload = () => {
            let seen = 'nothing';
            try {
              seen = frame.contentDocument?.title ?? 'nothing';
            } catch {
              // another origin
            }
            resolve(seen);
          };
          document.body.append(frame);
        });
        return {
          read: await attempt('api/v1/messages'),
          opaque: await attempt('api/v1/messages', { mode: 'no-cors' }),
          posted: await attempt('api/v1/faults', { method: 'POST', mode: 'no-cors', body: '{"status":503}' }),
          json: await attempt('api/v1/faults', {
            method: 'POST',
            headers: { 'Content-Type': 'application/json', 'x-sandbox-inbox': '1' },
            body: '{"status":503}',
          }),
          removed: await attempt('api/v1/messages', { method: 'DELETE', headers: { 'x-sandbox-inbox': '1' } }),
          stream,
          framed,
          frames: frames.length,
        };
      }, target);
      expect(tried.read[1]).toBe('refused');
      expect(tried.json[1]).toBe('refused');
      expect(tried.removed[1]).toBe('refused');
      expect(['refused', 'opaque 0 0']).toContain(tried.opaque[1]);
      expect(['refused', 'opaque 0 0']).toContain(tried.posted[1]);
      expect(tried.stream).toBe('refused');
      expect(tried.framed).toBe('nothing');
      for (const frame of page.frames().slice(1)) expect(await frame.locator('.app').count()).toBe(0);
      expect(inbox.sandbox.messages).toHaveLength(1);
      expect((await inbox.api<{ items: unknown[] }>('faults')).items).toEqual([]);
      expect(inbox.sandbox.requests.every(({ path }) => !path.includes('api/v1'))).toBe(true);
    } finally {
      await evil.close();
    }
  });

  test('markup that parsers disagree on runs nothing, in the frame and in the checks', async () => {
    const run = `<img src=x onerror=alert(1)>`;
    const disagreed = [
      `<math><mtext><table><mglyph><style><!--</style><img title="--&gt;${run}">`,
      `<form><math><mtext></form><form><mglyph><style></math>${run}`,
      `<svg></p><style><a id="</style>${run}">`,
      `<noscript><p title="</noscript>${run}">`,
      `<svg><style><![CDATA[</style>${run}]]></style></svg>`,
      `<xmp><p title="</xmp>${run}">`,
      `<style><!--</style>${run}--></style>`,
      `<textarea><img title="</textarea>${run}"></textarea>`,
      `<!--><script>alert(1)</script>--><!doctype html --><!-- ><base href=x --!>${run}`,
      `<select><template><svg><desc>${run}`,
      `<iframe srcdoc="<script>parent.alert(1)</script>"></iframe><iframe src="javascript:alert(1)"></iframe><iframe src="data:text/html,<script>alert(1)</script>"></iframe>`,
    ];
    const page = await chrome.page();
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.message());
      void dialog.dismiss();
    });
    for (const [index, html] of disagreed.entries()) {
      await inbox.transporter().sendMail({ ...message, subject: `Disagreed ${index}`, html });
      await page.goto(`${inbox.url}#/mail/latest`);
      await page.getByRole('heading', { name: `Disagreed ${index}`, exact: true }).waitFor();
      await mailFrame(page);
      await page.getByRole('tab', { name: 'Checks' }).click();
      await page
        .getByText(/features/)
        .first()
        .waitFor();
    }
    expect(dialogs).toEqual([]);
    expect(page.complaints).toEqual([]);
  });

  test('links that would run something run nothing, wherever they are to open', async () => {
    const svg = '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>';
    const hrefs = [
      'javascript:alert(1)',
      ' java\nscript:alert(1)',
      'data:text/html,<script>alert(1)</script>',
      'cid:picture@contoso',
      'vbscript:x',
      `blob:${inbox.url}x`,
    ];
    const targets = ['_blank', '_self', '_top', '_parent', 'other'];
    const links = hrefs.flatMap((href, row) =>
      targets.map(
        (target, column) =>
          `<a id="l${row}${column}" rel="opener" target="${target}" href="${href.replace(/"/g, '&quot;')}">l${row}${column}</a> `,
      ),
    );
    await inbox.transporter().sendMail({
      ...message,
      html: links.join(''),
      attachments: [{ filename: 'picture.svg', cid: 'picture@contoso', contentType: 'image/svg+xml', content: svg }],
    });
    const page = await chrome.page();
    const dialogs: string[] = [];
    const opened: Page[] = [];
    page.context().on('page', (popup) => {
      opened.push(popup);
      popup.on('dialog', (dialog) => dialogs.push(dialog.message()));
    });
    page.on('dialog', (dialog) => dialogs.push(dialog.message()));
    await page.goto(`${inbox.url}#/mail/latest`);
    const frame = page.frameLocator('.stage iframe');
    for (const row of hrefs.keys()) {
      for (const column of targets.keys()) {
        // the one before may have left an error page in the frame
        await page.getByRole('button', { name: 'Load the frame again' }).click();
        await frame.locator(`#l${row}${column}`).click();
      }
    }
    // the page is where it was, and works
    await page.getByRole('tab', { name: 'Text' }).click();
    await page.locator('[role=tab][aria-selected=true]', { hasText: 'Text' }).waitFor();
    expect(dialogs).toEqual([]);
    expect(opened.map((popup) => popup.url()).filter((url) => !/^(?:about:blank|chrome-error:.*|)(?:#blocked)?$/.test(url))).toEqual([]);
  });

  test('remote images come without a cookie and without a referrer, and images only', async () => {
    const evil = await startEvilServer({ type: 'image/png', body: redPixel });
    try {
      await inbox.transporter().sendMail({ ...message, html: hostileHtml(evil.url) });
      await inbox.transporter().sendMail({ ...message, subject: 'Another', html: `<img src="${evil.url}another.png">` });
      const page = await chrome.page();
      await page.goto(`${inbox.url}#/mail`);
      await page.getByRole('link', { name: /Welcome/ }).click();
      await page.getByRole('button', { name: /Load remote images/ }).click();
      await until(() => evil.requests.some((request) => request.includes('remote.png')));
      expect(evil.requests.filter((request) => !request.endsWith('.png'))).toEqual([]);
      // the next mail has to be asked for again
      await page.getByRole('link', { name: /Another/ }).click();
      await page.getByRole('heading', { name: 'Another' }).waitFor();
      await page.getByRole('button', { name: /Load remote images/ }).waitFor();
      expect(evil.requests.filter((request) => request.includes('another'))).toEqual([]);
    } finally {
      await evil.close();
    }
  });
});
