import { mail, settle, useSandbox } from './support/harness.js';

const harness = useSandbox();
const { create, count } = harness;
const quick = { route: 'draft', maxRetryDelay: 5, retries: 1 };
const messageId = '<same@contoso.com>';

describe('a Message-ID that is used more than once, as by notifications to many', () => {
  test('the draft whose answer was lost is not mistaken for a message that was sent before', async () => {
    const { transporter } = create(quick);
    await settle(transporter, { messageId, subject: 'first' });
    harness.sandbox.fail({ operation: 'createDraft', cut: 'reset' });
    const { error } = await settle(transporter, { messageId, subject: 'second' });
    expect(error).toBeUndefined();
    expect(harness.sandbox.messages.map(({ subject }) => subject)).toEqual(['first', 'second']);
  });

  test('nor for the draft of another message that is on its way', async () => {
    const { transporter } = create(quick);
    // the first one's draft is made and waits to be sent, while the second one's request is lost
    harness.sandbox.fail({ operation: 'send', delay: 400 });
    const first = settle(transporter, { messageId, subject: 'first', to: 'first@example.com' });
    while (harness.sandbox.drafts.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    harness.sandbox.fail({ operation: 'createDraft', cut: 'reset' });
    const second = settle(transporter, { messageId, subject: 'second', to: 'second@example.com' });
    expect((await Promise.all([first, second])).map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(harness.sandbox.messages.flatMap(({ recipients }) => recipients).sort()).toEqual(['first@example.com', 'second@example.com']);
    expect(harness.sandbox.drafts).toHaveLength(0);
  });

  test('the copy of an earlier message does not prove that this one was sent', async () => {
    const { transporter } = create(quick);
    await settle(transporter, { messageId, subject: 'first' });
    harness.sandbox.fail({ operation: 'send', cut: 'reset', times: Infinity });
    harness.sandbox.fail({ operation: 'getMessage', status: 404, times: Infinity });
    const { error } = await settle(transporter, { messageId, subject: 'second' });
    expect(error).toMatchObject({ ambiguous: true });
    expect(error?.message).toContain(messageId);
    expect(harness.sandbox.messages.map(({ subject }) => subject)).toEqual(['first']);
  });

  test('the draft is found among many messages with it', async () => {
    const { transporter } = create(quick);
    await Promise.all(Array.from({ length: 15 }, () => settle(transporter, { messageId, subject: 'earlier' })));
    harness.sandbox.fail({ operation: 'createDraft', accepted: true, cut: 'reset' });
    expect((await settle(transporter, { messageId, subject: 'last' })).error).toBeUndefined();
    expect(harness.sandbox.messages.filter(({ subject }) => subject === 'last')).toHaveLength(1);
    expect(harness.sandbox.drafts).toHaveLength(0);
    expect(count('createDraft')).toBe(16);
  });
});

describe('looking meets faults of its own', () => {
  test.each([
    ['reset', { cut: 'reset' }],
    ['500', { status: 500 }],
    ['a broken answer', { accepted: true, cut: 'truncate' }],
    ['429', { status: 429, headers: { 'Retry-After': '0' } }],
  ] as const)('%s once: it looks again', async (_name, fault) => {
    const { transporter } = create(quick);
    harness.sandbox.fail({ operation: 'createDraft', accepted: true, cut: 'reset' });
    harness.sandbox.fail({ operation: 'listMessages', ...fault });
    harness.sandbox.fail({ operation: 'send', accepted: true, cut: 'reset' });
    harness.sandbox.fail({ operation: 'getMessage', ...fault });
    const { error } = await settle(transporter);
    expect(error).toBeUndefined();
    expect(harness.sandbox.messages).toHaveLength(1);
    expect(harness.sandbox.drafts).toHaveLength(0);
    expect(count('createDraft')).toBe(1);
  });

  test('a draft that may have been made and cannot be looked up: one error that names it, and no second draft', async () => {
    const { transporter } = create(quick);
    harness.sandbox.fail({ operation: 'createDraft', accepted: true, cut: 'reset' });
    harness.sandbox.fail({ operation: 'listMessages', status: 500, times: Infinity });
    const { error } = await settle(transporter, { messageId });
    expect(error).toMatchObject({ ambiguous: false, permanent: false });
    expect(error?.message).toMatch(/may be left in Drafts of noreply@contoso\.com .*<same@contoso\.com>/);
    expect(harness.sandbox.drafts).toHaveLength(1);
    expect(harness.sandbox.messages).toHaveLength(0);
  });
});

test('a draft that somebody deleted meanwhile: an error, and it was not sent', async () => {
  const { transporter } = create(quick);
  harness.sandbox.fail({ operation: ['send', 'getMessage', 'deleteMessage'], status: 404, times: Infinity });
  const { error } = await settle(transporter, { ...mail });
  expect(error).toMatchObject({ ambiguous: false, httpStatus: 404 });
  expect(harness.sandbox.messages).toHaveLength(0);
});
