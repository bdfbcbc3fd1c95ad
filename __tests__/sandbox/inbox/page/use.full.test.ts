import { get } from 'node:https';
import { runInNewContext } from 'node:vm';
import { AxeBuilder } from '@axe-core/playwright';
import type { Page } from 'playwright-core';
import { GraphTransport, mailTransport } from '../../../../lib/index.js';
import { reportToInbox, startSandbox } from '../../../../lib/sandbox/index.js';
import type { ApiPage, ApiRow } from '../../../../lib/sandbox/inbox/api-types.js';
import { messageTabs } from '../../../../lib/sandbox/inbox/page/state/routes.js';
import { describeWith } from '../../../support/require-program.js';
import { message, startCuttableWay, until, urlOf, useBrowser, useInbox, wcag } from './support/browser.js';

const screens = ['#/mail', '#/refused', '#/drafts', '#/sent', '#/bounces', '#/requests', '#/faults', '#/token', '#/connect'];

/** The panel of a tab, when what it shows has been loaded. */
async function settled(page: Page): Promise<void> {
  await page.locator('main').getByText(/\S/).first().waitFor({ state: 'attached' });
  await page.locator('main [aria-busy="true"]').first().waitFor({ state: 'detached' });
}

/** A headless page is never hidden: it says so when it is told to. */
function canBeHidden(): void {
  const state = { isHidden: false };
  Object.assign(window, { hideMe: state });
  Object.defineProperty(document, 'hidden', { get: () => state.isHidden });
}

const hide = (page: Page, isHidden: boolean): Promise<void> =>
  page.evaluate((value) => {
    (window as unknown as { hideMe: { isHidden: boolean } }).hideMe.isHidden = value;
    document.dispatchEvent(new Event('visibilitychange'));
  }, isHidden);

describeWith('chromium', 'the inbox in use', (executablePath) => {
  const chrome = useBrowser(executablePath);
  const inbox = useInbox();

  test('a sandbox that stops and starts on the same port: says so, is live again, shows no row twice', async () => {
    const first = await startSandbox({ inbox: true });
    const port = Number(new URL(urlOf(first)).port);
    const page = await chrome.page();
    await page.goto(urlOf(first));
    await page.locator('[data-state="live"]').waitFor();
    await first.close();
    await page.locator('[data-state="reconnecting"], [data-state="ended"]').waitFor();
    await page.getByRole('button', { name: 'Try now' }).waitFor();
    const second = await startSandbox({ inbox: { port } });
    try {
      await page.locator('[data-state="live"]').waitFor();
      const { graphTransport } = await import('../../../../lib/index.js');
      const { createTransport } = await import('nodemailer');
      const transporter = createTransport(graphTransport(second.options));
      await transporter.sendMail({ ...message, subject: 'After the restart' });
      await page.getByRole('link', { name: /After the restart/ }).waitFor();
      expect(await page.locator('.row').count()).toBe(1);
      transporter.close();
    } finally {
      await second.close();
    }
  });

  test('what came while the connection was away is there once, when it is back, without anything being loaded anew', async () => {
    const transporter = inbox.transporter();
    const way = await startCuttableWay();
    try {
      await transporter.sendMail({ ...message, subject: 'Before' });
      const page = await chrome.page({ proxy: { server: way.url } });
      await page.goto(`${inbox.url}#/mail`);
      await page.locator('[data-state="live"]').waitFor();
      await page.getByRole('link', { name: /Before/ }).waitFor();
      way.cut();
      await page.locator('[data-state="reconnecting"]').waitFor();
      await page.getByText(/The connection is lost/).waitFor();
      await transporter.sendMail({ ...message, subject: 'Meanwhile' });
      const asked: string[] = [];
      page.on('request', (request) => asked.push(request.url()));
      await until(() => asked.length >= 2);
      expect(await page.locator('.row').allInnerTexts()).toEqual([expect.stringContaining('Before')]);
      way.mend();
      await page.getByRole('button', { name: 'Try now' }).click();
      await page.getByRole('link', { name: /Meanwhile/ }).waitFor();
      await page.locator('[data-state="live"]').waitFor();
      await page.getByText(/The connection is lost/).waitFor({ state: 'detached' });
      expect(await page.locator('.row').count()).toBe(2);
      expect(asked.filter((url) => !/events\?last=\w+%3A\d+$/.test(url))).toEqual([]);
    } finally {
      await way.close();
    }
  });

  test('a link to each tab survives a reload; Back comes to the same row, with the focus', async () => {
    const transporter = inbox.transporter();
    for (const subject of ['One', 'Two', 'Three']) await transporter.sendMail({ ...message, subject });
    const { items } = await inbox.api<ApiPage<ApiRow>>('messages');
    const id = encodeURIComponent(items[1]?.id ?? '');
    const page = await chrome.page();
    for (const tab of messageTabs) {
      await page.goto(`${inbox.url}#/mail/${id}/${tab}`);
      await page.reload();
      await page.getByRole('heading', { name: 'Two' }).waitFor();
      expect(await page.getByRole('tab', { selected: true }).innerText()).toMatch(new RegExp(`^${tab}`, 'i'));
    }
    await page.goto(`${inbox.url}#/mail`);
    await page.getByRole('link', { name: /Two/ }).click();
    await page.getByRole('heading', { name: 'Two' }).waitFor();
    await page.getByRole('link', { name: /One/ }).click();
    await page.getByRole('heading', { name: 'One' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { name: 'Two' }).waitFor();
    await page.locator('.row[aria-current]:focus').getByText('Two').waitFor();
    await page.goBack();
    await page.locator('.row:focus').getByText('Two').waitFor();
  });

  test('a search gives the rows the API gives, and what it is about to get', async () => {
    const transporter = inbox.transporter();
    inbox.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '1' }, skip: 1 });
    await transporter.sendMail({ ...message, subject: 'Welcome 1' });
    await transporter.sendMail({ ...message, subject: 'Welcome 2', attachments: [{ filename: 'a.txt', content: 'x' }] });
    await transporter.sendMail({
      ...message,
      subject: 'Welcome 3',
      to: 'x@example.com',
      attachments: [{ filename: 'a.txt', content: 'x' }],
    });
    const page = await chrome.page();
    for (const q of [
      'subject:welcome -to:x@ has:attachment',
      'status:429',
      'subject:welcome -to:x has:attachment loss:text status:429',
      'nothing',
      '-is:unread',
      '"Welcome 3"',
    ]) {
      await page.goto(`${inbox.url}#/mail`);
      await page.getByLabel('Search Mail').fill(q);
      await until(() => new URL(page.url()).hash.includes('q='));
      const { items } = await inbox.api<ApiPage<ApiRow>>(`messages?kinds=message,refused&q=${encodeURIComponent(q)}`);
      await page.locator('.foot', { hasText: items.length === 1 ? '1 entry' : `${items.length} entries` }).waitFor();
      expect(await page.locator('.row .subject').allInnerTexts()).toEqual(items.map(({ subject }) => subject));
    }
    await page.getByLabel('Search Mail').fill('subject:late');
    await page.getByText('Nothing fits the search.').waitFor();
    await transporter.sendMail({ ...message, subject: 'other' });
    await transporter.sendMail({ ...message, subject: 'Too late' });
    await page.getByRole('link', { name: /Too late/ }).waitFor();
    expect(await page.locator('.row').count()).toBe(1);
    await page.getByLabel('Search Mail').fill('larger:many');
    await page.locator('#search-problem').waitFor();
  });

  test('Envelope names every address with its reason and equals recipients: Bcc, a redirect, 500 of them', async () => {
    const many = Array.from({ length: 496 }, (_, index) => `r${index}@example.com`);
    await inbox.transporter().sendMail({
      ...message,
      to: ['ada@example.com', 'old@example.com', ...many],
      cc: 'cc@example.com',
      bcc: 'hidden@example.com',
      envelope: {
        from: 'noreply@contoso.com',
        to: ['ada@example.com', ...many, 'cc@example.com', 'hidden@example.com', 'staging@contoso.com'],
      },
    });
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail/latest/envelope`);
    await page.getByText('500 addresses get a copy, 1 of those named does not').waitFor();
    await page.getByRole('button', { name: 'Show all 501' }).click();
    const rows = await page
      .locator('.envelope tbody tr')
      .evaluateAll((trs) => trs.map((tr) => [...tr.children].map((cell) => cell.textContent)));
    const [delivered] = inbox.sandbox.messages;
    expect(delivered?.recipients).toHaveLength(500);
    expect(
      rows
        .filter((cells) => cells[4] === 'yes')
        .map(([address]) => address?.trim().toLowerCase())
        .sort(),
    ).toEqual([...(delivered?.recipients ?? [])].sort());
    const of = (address: string): (string | null)[] => rows.find(([name]) => name?.includes(address)) ?? [];
    expect(of('ada@').slice(4)).toEqual(['yes', 'A header names it: To.']);
    expect(of('cc@').slice(4)).toEqual(['yes', 'A header names it: Cc.']);
    expect(of('hidden@').slice(4)).toEqual(['yes', 'The app set Bcc: the others do not see it.']);
    expect(of('staging@').slice(4)).toEqual(['yes', expect.stringContaining('Only the envelope has it')]);
    expect(of('old@').slice(4)).toEqual(['no', expect.stringContaining('Taken out of To')]);
    for (const cells of rows) expect(cells[5]).toMatch(/\w/);
  });

  test('501 recipients: the transport sends nothing; another client has them bounce where one can see it, with the reason and what to do', async () => {
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/bounces`);
    await page.getByText('Nothing bounced').waitFor();
    const bcc = Array.from({ length: 501 }, (_, index) => `r${index}@example.com`);
    const mail = { ...message, to: [], subject: 'To everybody', bcc };
    await expect(inbox.transporter().sendMail(mail)).rejects.toMatchObject({ code: 'EENVELOPE' });
    expect(inbox.sandbox.requests.filter(({ operation }) => operation === 'sendMail')).toEqual([]);
    // which does as the others do
    await inbox.transporter({ maxRecipients: 1000 }).sendMail(mail);
    const card = page.locator('.card', { hasText: 'To everybody' });
    await card.getByText(/too many recipients/).waitFor();
    await card.getByText(/Split the recipients/).waitFor();
    await card.getByText('501 recipients').click();
    await card.getByText(/r0@example\.com, .* and 401 more/).waitFor();
    await page.getByRole('link', { name: 'Bounces 1' }).waitFor();
    expect(inbox.sandbox.messages).toEqual([]);
    expect(inbox.sandbox.bounces.map(({ recipients }) => recipients)).toEqual([bcc]);
  });

  test('one click, one fault: 429, the pause, 202; one hit, one mail', async () => {
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/faults`);
    await page.getByRole('button', { name: /429/ }).first().click();
    await page.getByText('0 hits').waitFor();
    await inbox.transporter().sendMail(message);
    await page.getByText('1 hit', { exact: true }).waitFor();
    await page.goto(`${inbox.url}#/mail/latest/timeline`);
    const timeline = page.locator('.timeline');
    await timeline.getByText(/^429/).waitFor();
    await timeline.getByText(/pause/).waitFor();
    await timeline.getByText('202', { exact: true }).waitFor();
    expect(inbox.sandbox.messages).toHaveLength(1);
    expect(await timeline.getByText('fault', { exact: true }).count()).toBe(1);
  });

  test('a fault of the form is armed as it says, one that makes no sense is refused, and it can be removed', async () => {
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/faults`);
    await page.getByRole('button', { name: 'Arm' }).click();
    await page.getByRole('alert').getByText('A fault needs').waitFor();
    await page.getByLabel('Operation').selectOption('sendMail');
    await page.getByLabel('Status').fill('503');
    await page.getByLabel('Times').fill('2');
    await page.getByRole('button', { name: 'Arm' }).click();
    await page.getByText('2 to come').waitFor();
    await page.getByRole('button', { name: /^Remove: / }).click();
    await page.getByText('None: every request').waitFor();
    await inbox.transporter().sendMail(message);
    expect(inbox.sandbox.requests.map(({ status }) => status)).not.toContain(503);
  });

  test('an app without Mail.Send: the row names the role and the remedy', async () => {
    const app = { clientId: 'app-without', clientSecret: 'sandbox-client-secret', roles: ['Mail.ReadWrite'] };
    const sandbox = await startSandbox({ inbox: true, apps: [app] });
    const { graphTransport } = await import('../../../../lib/index.js');
    const { createTransport } = await import('nodemailer');
    const transporter = createTransport(graphTransport({ ...sandbox.options, clientId: app.clientId }));
    try {
      await expect(transporter.sendMail({ ...message, subject: 'Invoice 7' })).rejects.toThrow();
      const page = await chrome.page();
      await page.goto(`${urlOf(sandbox)}#/mail`);
      await page.getByRole('link', { name: /Refused.*Invoice 7.*Mail\.Send/s }).click();
      await page.locator('.cause', { hasText: 'Mail.Send' }).waitFor();
      await page.locator('.facts', { hasText: 'Missing' }).waitFor();
      await page.goto(`${urlOf(sandbox)}#/token`);
      await page.getByText('Mail.Send').first().waitFor();
    } finally {
      transporter.close();
      await sandbox.close();
    }
  });

  test('10 MB go as draft, session, chunks and send, their bytes adding up', async () => {
    await inbox.transporter().sendMail({ ...message, attachments: [{ filename: 'large.bin', content: Buffer.alloc(10_000_000, 1) }] });
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail/latest/timeline`);
    await page.locator('.timeline .entry').first().waitFor();
    const names = await page.locator('.timeline .what a').allInnerTexts();
    expect(names.filter((name, index) => name !== names[index - 1] && name !== 'sign-in' && name !== 'discovery')).toEqual([
      'create draft',
      'upload session',
      'chunk',
      'send draft',
    ]);
    const ranges = (await page.locator('.timeline .what').allInnerTexts()).flatMap((text) => {
      const [, from, to, total] = /bytes ([\d,]+)–([\d,]+) of ([\d,]+)/.exec(text) ?? [];
      return from && to && total ? [[from, to, total].map((number) => Number(number.replaceAll(',', '')))] : [];
    });
    let next = 0;
    for (const [from = 0, to = 0] of ranges) {
      expect(from).toBe(next);
      next = to + 1;
    }
    expect(next).toBe(10_000_000);
  });

  test('Plan shows the losses of info', async () => {
    const info = await inbox.transporter().sendMail({
      ...message,
      headers: { 'List-Unsubscribe': '<https://contoso.com/u>', 'X-One': '1' },
      priority: 'high',
      date: new Date(0),
      graph: { format: 'json' },
    } as never);
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail/latest/plan`);
    await page.locator('.plan h3').first().waitFor();
    const { losses } = info as unknown as { losses: { feature: string }[] };
    expect(losses.length).toBeGreaterThan(0);
    expect((await page.locator('.losses .badge').allInnerTexts()).sort()).toEqual(losses.map(({ feature }) => feature).sort());
  });

  test('SMTP shows what the same mail would have been, and how to tell it where nothing was told', async () => {
    const transporter = inbox.transporter();
    const mail = {
      ...message,
      text: 'Other words than the html has',
      date: new Date(0),
      headers: { 'X-Order': '41' },
      bcc: 'audit@example.com',
      attachments: [{ filename: 'report.csv', content: 'a;b' }],
      graph: { format: 'json' },
    };
    await transporter.sendMail(mail as never);
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail/latest/smtp`);
    await page.getByText('The app did not tell').waitFor();
    const code = await page.getByLabel('JavaScript', { exact: true }).innerText();
    // as if it were pasted
    runInNewContext(code.replace(/^import .*$/m, ''), { transporter, reportToInbox });
    const info = (await transporter.sendMail({ ...mail, subject: 'Told' } as never)) as unknown as { losses: { feature: string }[] };
    await page.getByRole('heading', { name: 'Told' }).waitFor();
    const smtp = page.locator('.smtp');
    await smtp.getByText('Other than over SMTP: 1 header field, 1 part.').waitFor();
    await smtp.getByText('the same 2 addresses').waitFor();
    const row = (name: string): Promise<string[]> => smtp.locator('tr', { hasText: name }).locator('th,td').allInnerTexts();
    expect(info.losses.map(({ feature }) => feature)).toEqual(expect.arrayContaining(['date', 'text']));
    expect((await row('Date')).slice(0, 3)).toEqual(['Date', 'changed', 'Thu, 01 Jan 1970 00:00:00 +0000']);
    expect((await row('X-Order')).slice(0, 3)).toEqual(['X-Order', 'the same', '41']);
    expect((await row('text/plain'))[1]).toBe('other content');
    expect((await row('report.csv'))[1]).toBe('the same');
    expect(page.complaints).toEqual([]);
  });

  test('the gauges show what runs, what came at a time at most, and what was refused', async () => {
    const sandbox = await startSandbox({ inbox: true, maxConcurrency: 2, rateLimit: { requests: 1000, windowMs: 60_000 } });
    const authorization = `Bearer ${sandbox.issueToken()}`;
    const ask = (): Promise<number> =>
      new Promise((resolve, reject) => {
        const url = `${sandbox.graphEndpoint}/v1.0/users/noreply@contoso.com/messages?$filter=internetMessageId eq '<a@b>'`;
        get(encodeURI(url), { headers: { authorization }, ca: sandbox.ca, agent: false }, (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        }).on('error', reject);
      });
    try {
      sandbox.fail({ delay: 1500, times: 2 });
      const page = await chrome.page();
      await page.goto(`${urlOf(sandbox)}#/requests`);
      await page.locator('[data-state="live"]').waitFor();
      const slow = [ask(), ask()];
      const gauge = page.locator('.gauges');
      await gauge.getByText('2 now, 2 at most').waitFor();
      expect(await ask()).toBe(429);
      await Promise.all(slow);
      await gauge.getByText('0 now, 2 at most').waitFor();
      await gauge.getByText('1 request refused with 429').waitFor();
      await gauge.getByText('3 requests').waitFor();
      await gauge.getByText('of 1,000').waitFor();
      await page.goto(`${urlOf(sandbox)}#/token`);
      await gauge.getByText('0 now, 2 at most').waitFor();
      sandbox.clear();
      await gauge.getByText('0 now, 0 at most').waitFor();
    } finally {
      await sandbox.close();
    }
  });

  test('keyboard only: reach, open, switch tabs, search, delete, leave; no shortcut fires in an input, or when switched off', async () => {
    const transporter = inbox.transporter();
    for (const subject of ['One', 'Two', 'Three']) await transporter.sendMail({ ...message, subject });
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail`);
    await page.locator('.row').first().waitFor();
    for (let index = 0; index < 60; index++) {
      await page.keyboard.press('Tab');
      if ((await page.locator('.row:focus').count()) > 0) break;
    }
    await page.keyboard.press('ArrowDown');
    await page.locator('.row:focus', { hasText: 'Two' }).waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Two' }).waitFor();
    await page.keyboard.press(']');
    await page.locator('[role=tab][aria-selected=true]', { hasText: 'Text' }).waitFor();
    await page.keyboard.press('j');
    await page.getByRole('heading', { name: 'One' }).waitFor();
    await page.keyboard.press('/');
    await page.locator('input:focus').waitFor();
    await page.keyboard.type('#jz?');
    await until(() => page.url().includes('q='));
    expect(inbox.sandbox.messages).toHaveLength(3);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Delete');
    await page.getByRole('link', { name: /One/ }).waitFor({ state: 'detached' });
    await page.keyboard.press('z');
    await page.getByRole('link', { name: /One/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.row:focus').waitFor();
    await page.keyboard.press('?');
    await page.getByRole('checkbox', { name: /Shortcuts/ }).uncheck();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    const before = page.url();
    for (const key of ['j', '#', 'Delete', '5', '?']) await page.keyboard.press(key);
    expect(page.url()).toBe(before);
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  test('what is deleted while the list is on its way leaves the focus in the list', async () => {
    const transporter = inbox.transporter();
    for (const subject of ['One', 'Two']) await transporter.sendMail({ ...message, subject });
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail`);
    await page.getByRole('link', { name: /One/ }).click();
    await page.getByRole('heading', { name: 'One' }).waitFor();
    await page.getByLabel('Search Mail').fill('nothing');
    await page.getByText('Nothing fits the search.').waitFor();
    let letPass: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letPass = resolve));
    await page.route(/messages\?(?!.*q=)/, async (route) => {
      if (route.request().method() === 'GET') await held;
      await route.continue();
    });
    for (const key of ['Escape', 'Escape', 'Delete']) await page.keyboard.press(key);
    await page.getByText('Deleted.').first().waitFor();
    expect(await page.locator('.row').count()).toBe(0);
    letPass();
    await page.locator('.row:focus', { hasText: 'Two' }).waitFor();
    // nothing is open, so there is nothing to close
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    await page.keyboard.press('Escape');
    await page.locator('.row:focus', { hasText: 'Two' }).waitFor();
  });

  test('a burst is announced once', async () => {
    const transporter = inbox.transporter();
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail`);
    await page.locator('[data-state="live"]').waitFor();
    const spoken: string[] = [];
    await page.exposeFunction('spoken', (text: string) => void spoken.push(text));
    await page.evaluate(() => {
      const region = document.getElementById('announcement') as HTMLElement;
      new MutationObserver(() => (window as unknown as { spoken(text: string): void }).spoken(region.innerText)).observe(region, {
        subtree: true,
        childList: true,
        characterData: true,
      });
    });
    await Promise.all(Array.from({ length: 20 }, (_, index) => transporter.sendMail({ ...message, subject: `Burst ${index}` })));
    await until(() => spoken.some((text) => /new mail/.test(text)));
    await transporter.sendMail({ ...message, subject: 'Alone' });
    await until(() => spoken.some((text) => text.includes('Alone')));
    expect(spoken.length).toBeLessThan(6);
  });

  test.each(['light', 'dark'] as const)('axe finds nothing anywhere, %s', async (colorScheme) => {
    const page = await chrome.page({ colorScheme });
    const check = async (where: string): Promise<void> => {
      await settled(page);
      const axe = new AxeBuilder({ page }).exclude('iframe');
      // in the dark only the colours are others
      const { violations } = await (colorScheme === 'dark' ? axe.withRules('color-contrast') : axe.withTags(wcag)).analyze();
      expect(violations.map(({ id, nodes }) => [where, id, nodes[0]?.html])).toEqual([]);
    };
    await page.goto(inbox.url);
    await check('empty');
    inbox.sandbox.fail({ operation: 'sendMail', status: 403 });
    const transporter = inbox.transporter();
    await transporter.sendMail({ ...message, subject: 'Refused' }).catch(() => undefined);
    inbox.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'Retry-After': '0' } });
    await transporter.sendMail({
      ...message,
      attachments: [{ filename: 'a.txt', content: 'x' }],
      headers: { 'List-Unsubscribe': '<https://contoso.com/u>' },
    });
    for (const hash of screens) {
      await page.goto(inbox.url + hash);
      await check(hash);
    }
    for (const tab of messageTabs) {
      await page.goto(`${inbox.url}#/mail/latest/${tab}`);
      await page.getByRole('heading', { name: 'Welcome' }).waitFor();
      await check(tab);
    }
    await page.goto(`${inbox.url}#/refused`);
    await page.locator('.row').first().click();
    await check('a refused send');
    await page.goto(`${inbox.url}#/requests`);
    await page.locator('.row').first().click();
    await check('a request');
    await page.keyboard.press('?');
    await check('help');
    expect(page.complaints).toEqual([]);
  });

  test('375 px wide nothing scrolls sideways, one pane at a time', async () => {
    await inbox.transporter().sendMail({
      ...message,
      subject: 'A long subject without end '.repeat(8),
      attachments: [{ filename: `${'x'.repeat(150)}.txt`, content: 'x' }],
    });
    const page = await chrome.page({ viewport: { width: 375, height: 700 } });
    const hashes = [...screens, ...messageTabs.map((tab) => `#/mail/latest/${tab}`)];
    for (const hash of hashes) {
      await page.goto(inbox.url + hash);
      await settled(page);
      expect([hash, await page.evaluate(() => document.documentElement.scrollWidth)]).toEqual([hash, 375]);
    }
    await page.goto(`${inbox.url}#/mail`);
    await page.locator('.row').first().click();
    await page.locator('.list-pane').waitFor({ state: 'hidden' });
    await page.getByRole('link', { name: 'Back to the list' }).click();
    await page.locator('.row:focus').waitFor();
    await page.locator('.detail-pane').waitFor({ state: 'hidden' });
  });

  test('right-to-left subjects stand right and reorder nothing; motion is reduced where asked', async () => {
    await inbox.transporter().sendMail({ ...message, subject: 'مرحبا بك', to: { name: 'علي', address: 'ali@example.com' } });
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail`);
    const subject = page.locator('.row .subject');
    await subject.waitFor();
    expect(await subject.evaluate((element) => getComputedStyle(element).direction)).toBe('rtl');
    const [text, time] = [await subject.boundingBox(), await page.locator('.row .time').boundingBox()];
    expect((text?.x ?? 0) < (time?.x ?? 0)).toBe(true);
    expect(
      await page
        .locator('.row .line')
        .first()
        .evaluate((element) => getComputedStyle(element).direction),
    ).toBe('ltr');
    await page.locator('.row').click();
    await page.getByRole('button', { name: 'Delete', exact: true }).click();
    expect(await page.locator('.toast').evaluate((element) => getComputedStyle(element).animationName)).toBe('none');
  });

  test('a mail without HTML shows its text at once', async () => {
    const transporter = inbox.transporter();
    await transporter.sendMail({ from: message.from, to: message.to, subject: 'Plain', text: 'Only words' });
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/mail/latest`);
    await page.getByText('Only words', { exact: true }).waitFor();
    await page.getByText(/^No HTML: this is what a recipient sees/).waitFor();
    expect(await page.locator('iframe').count()).toBe(0);
  });

  test('the settings of Connect are what an app takes', async () => {
    const page = await chrome.page();
    await page.goto(`${inbox.url}#/connect`);
    const lines = (await page.getByLabel('MAIL_URL', { exact: true }).innerText()).trim().split('\n');
    const [, url = ''] = /^MAIL_URL='(.*)'$/.exec(lines[0] ?? '') ?? [];
    expect(lines[1]).toMatch(/^NODE_EXTRA_CA_CERTS=./);
    expect(mailTransport(url)).toBeInstanceOf(GraphTransport);
    expect(new URL(url).searchParams.get('graphEndpoint')).toBe(inbox.sandbox.graphEndpoint);
  });

  test('two tabs share one stream; the other takes over when the first is closed', async () => {
    const first = await chrome.page();
    await first.goto(`${inbox.url}#/mail`);
    await first.locator('[data-state="live"]').waitFor();
    const second = await first.context().newPage();
    const streams: string[] = [];
    second.on('request', (request) => request.url().includes('/events') && streams.push(request.url()));
    await second.goto(`${inbox.url}#/mail`);
    await second.locator('[data-state="live"]').waitFor();
    const transporter = inbox.transporter();
    await transporter.sendMail({ ...message, subject: 'For both' });
    await Promise.all([first, second].map((page) => page.getByRole('link', { name: /For both/ }).waitFor()));
    expect(streams).toEqual([]);
    await first.close();
    await until(() => streams.length > 0);
    await transporter.sendMail({ ...message, subject: 'For the second' });
    await second.getByRole('link', { name: /For the second/ }).waitFor();
    expect(await second.locator('.row').count()).toBe(2);
  });

  test('the title and the icon count what comes while nobody looks; one notification for a burst, by one tab', async () => {
    const transporter = inbox.transporter();
    const first = await chrome.page();
    const context = first.context();
    await context.grantPermissions(['notifications'], { origin: new URL(inbox.url).origin });
    const shown: string[] = [];
    await context.exposeFunction('shown', (text: string) => void shown.push(text));
    await context.addInitScript(canBeHidden);
    await context.addInitScript(() => {
      const Real = Notification;
      window.Notification = class extends Real {
        constructor(title: string, options?: NotificationOptions) {
          super(title, options);
          (window as unknown as { shown(text: string): void }).shown(`${title} | ${options?.body}`);
        }
      };
    });
    const second = await context.newPage();
    const pages = [first, second];
    for (const page of pages) {
      await page.goto(`${inbox.url}#/mail`);
      await page.locator('[data-state="live"]').waitFor();
    }
    const icon = (page: Page): Promise<string> => page.locator('link[rel=icon]').evaluate((link: HTMLLinkElement) => link.href);
    const plain = await icon(first);
    // nobody asked for them
    for (const page of pages) await hide(page, true);
    await transporter.sendMail({ ...message, subject: 'Unasked' });
    await until(async () => (await first.title()) === '(1) Inbox · sandbox');
    expect(await icon(first)).not.toBe(plain);
    await first.locator('#announcement', { hasText: 'Unasked' }).waitFor();
    expect(shown).toEqual([]);
    for (const page of pages) await hide(page, false);
    await until(async () => (await first.title()) === 'Inbox · sandbox' && (await icon(first)) === plain);

    for (const page of pages) {
      await page.getByRole('button', { name: 'Notify of new mail' }).click();
      await page.getByRole('button', { name: 'Notify of new mail', pressed: true }).waitFor();
    }
    await transporter.sendMail({ ...message, subject: 'Seen' });
    for (const page of pages) await page.locator('#announcement', { hasText: 'Seen' }).waitFor();
    expect(shown).toEqual([]);
    for (const page of pages) await hide(page, true);
    inbox.sandbox.fail({ operation: 'sendMail', status: 403 });
    await transporter.sendMail({ ...message, subject: 'Refused' }).catch(() => undefined);
    await Promise.all([1, 2, 3, 4].map((index) => transporter.sendMail({ ...message, subject: `Burst ${index}` })));
    await until(() => shown.length > 0);
    for (const page of pages) await until(async () => (await page.title()) === '(5) Inbox · sandbox');
    for (const page of pages) await page.locator('#announcement', { hasText: /new mail/ }).waitFor();
    expect(shown).toEqual([expect.stringMatching(/^4 new mails, 1 refused send \| Burst/)]);
  });

  test('without Web Locks each tab has a stream of its own, which is closed while the tab is hidden', async () => {
    const transporter = inbox.transporter();
    const page = await chrome.page();
    await page.addInitScript(canBeHidden);
    await page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'locks'));
    const streams: string[] = [];
    page.on('request', (request) => request.url().includes('/events') && streams.push(request.url()));
    await page.goto(`${inbox.url}#/mail`);
    await page.locator('[data-state="live"]').waitFor();
    await transporter.sendMail({ ...message, subject: 'Live' });
    await page.getByRole('link', { name: /Live/ }).waitFor();
    const ended = page.waitForEvent('requestfailed', (request) => request.url().includes('/events'));
    await hide(page, true);
    await ended;
    await transporter.sendMail({ ...message, subject: 'Hidden' });
    expect(await page.locator('.row').count()).toBe(1);
    await hide(page, false);
    await page.getByRole('link', { name: /Hidden/ }).waitFor();
    expect(await page.locator('.row').count()).toBe(2);
    expect(streams).toEqual([expect.stringMatching(/events$/), expect.stringMatching(/events\?last=/)]);
  });
});
