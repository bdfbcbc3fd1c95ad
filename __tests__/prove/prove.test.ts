import nodemailer from 'nodemailer';
import { Canceller } from '../../lib/base/cancellation.js';
import { readOptions } from '../../lib/config/read-options.js';
import { findReportProblem } from '../../lib/prepared/tenant-facts.js';
import { subjectOf } from '../../lib/prove/marker.js';
import { cleanMailbox } from '../../lib/prove/prove.js';
import { verdictOf } from '../../lib/prove/report.js';
import type { SandboxLoss } from '../../lib/sandbox/index.js';
import { createClient } from '../sandbox/client.js';
import { useSandbox } from '../support/use-sandbox.js';
import { contentOf, insideOf, keyOf, lossesWith, MAILBOX, operations, proveOn } from './harness.js';

const kept = [
  'mime:text',
  'mimeDraft:text',
  'mime:icalEvent',
  'mimeDraft:icalEvent',
  ...['fromName', 'customHeaders', 'listHeaders', 'threading', 'ownMessageId'].flatMap((feature) =>
    ['json', 'mime', 'mimeDraft'].map((way) => `${way}:${feature}`),
  ),
  ...['xHeaders', 'moreXHeaders'].flatMap((feature) => ['json', 'mime'].map((way) => `${way}:${feature}`)),
];
const asClaimed = { ...Object.fromEntries(kept.map((key) => [key, 'kept'])), 'json:text': 'changed', 'json:icalEvent': 'changed' };

describe('a tenant that is as claimed', () => {
  // as real mailboxes have it: what is deleted is in Deleted Items first
  const world = useSandbox({ protocol: 'http', deletedItems: true });

  test('is found to be so, nothing is left behind, and what is not its own stays', async () => {
    const mailer = nodemailer.createTransport(world.transport());
    await mailer.sendMail({ to: MAILBOX, subject: 'About [prove nothing]', text: 'Stay' });
    const { proof, error, progress, leftOver } = await proveOn(world.sandbox, { to: 'reader@example.com' });
    expect(error).toBeUndefined();
    expect(insideOf(proof?.report as never)).toEqual(asClaimed);
    expect(proof?.report.answers).toEqual({ uploadSessionFrom: 3, draftId: 'kept', concurrency: 8 });
    expect(findReportProblem(proof?.report)).toBeUndefined();
    // a mailbox inside Exchange cannot say what others get of a text part that is missing there
    expect(proof?.report.points.filter((point) => verdictOf(point) !== 'as claimed').map(keyOf)).toEqual(['json:text', 'json:icalEvent']);
    expect(leftOver).toEqual([{ left: 0, late: 0 }]);
    expect(await contentOf(world.sandbox)).toEqual(['About [prove nothing]', 'About [prove nothing]']);
    expect(world.sandbox.drafts).toEqual([]);
    expect(progress.map(({ phase }) => phase).filter((phase, at, all) => phase !== all[at - 1])).toEqual([
      'checking',
      'sending',
      'reading',
      'asking',
      'deleting',
    ]);
    const sent = world.sandbox.messages.slice(1);
    expect(sent.map(({ recipients }) => recipients)).toEqual(Array(26).fill([MAILBOX, 'reader@example.com']));
    // nothing twice and nothing to many, unless it was asked for
    expect(new Set(sent.map(({ messageId }) => messageId)).size).toBe(26);
    expect(world.sandbox.bounces).toEqual([]);
    // no byte of an attachment is uploaded, and no session stays
    expect(operations(world.sandbox).filter((operation) => /upload/i.test(operation))).toEqual([
      'createUploadSession',
      'createUploadSession',
      'createUploadSession',
      'cancelUpload',
    ]);
  });

  test('one message that Graph refuses does not end the run', async () => {
    world.sandbox.fail({ operation: 'sendMail', skip: 3, status: 403, code: 'ErrorSendAsDenied' });
    const { proof } = await proveOn(world.sandbox);
    expect(proof?.refused.size).toBe(1);
    const [[name, answer] = []] = [...(proof?.refused ?? [])];
    expect(answer).toBe('403 ErrorSendAsDenied');
    expect(insideOf(proof?.report as never)[(name ?? '').replace('-', ':')]).toBe('missing');
    expect(await contentOf(world.sandbox)).toEqual([]);
  });

  test('a failure in the middle is told, and what was sent before is deleted, also what may have been sent', async () => {
    world.sandbox.fail({ operation: 'sendMail', skip: 5, cut: 'reset', accepted: true });
    const { error, leftOver } = await proveOn(world.sandbox);
    expect(error).toMatchObject({ ambiguous: true });
    expect(leftOver).toEqual([{ left: 0, late: 0 }]);
    expect(world.sandbox.messages.length).toBeGreaterThan(5);
    expect(await contentOf(world.sandbox)).toEqual([]);
  });

  test.each(['sending', 'reading', 'asking'] as const)('ended while %s, it deletes all the same and sends no more', async (phase) => {
    const signal = new Canceller();
    let sent = -1;
    const { error, leftOver } = await proveOn(world.sandbox, {
      signal,
      onProgress: (progress) => {
        if (progress.phase !== phase || signal.aborted || (phase === 'sending' && (progress.done ?? 0) < 7)) return;
        signal.abort(new Error('ended by the user'));
        sent = world.sandbox.messages.length;
      },
    });
    expect(error).toBeDefined();
    expect(leftOver).toEqual([{ left: 0, late: 0 }]);
    expect(await contentOf(world.sandbox)).toEqual([]);
    expect(world.sandbox.drafts).toEqual([]);
    expect(world.sandbox.messages).toHaveLength(sent);
  });

  test('what cannot be deleted is told, and keeps nothing else from being deleted', async () => {
    world.sandbox.fail({ operation: 'deleteMessage', skip: 4, times: 2, status: 403, code: 'ErrorAccessDenied' });
    const { leftOver, proof } = await proveOn(world.sandbox);
    expect(proof).toBeDefined();
    expect(leftOver).toEqual([{ left: 2, late: 0 }]);
    expect(await contentOf(world.sandbox)).toHaveLength(2);
  });

  test('a mailbox that cannot be reached any more is told', async () => {
    const onProgress = ({ phase }: { phase: string }) => {
      if (phase === 'deleting' && world.sandbox.faults.length === 0) {
        world.sandbox.fail({ operation: 'listMessages', times: Infinity, status: 403, code: 'ErrorAccessDenied' });
      }
    };
    const { leftOver, proof } = await proveOn(world.sandbox, { onProgress });
    expect(proof).toBeDefined();
    expect(leftOver).toMatchObject([{ left: 0, late: 0, failure: { code: 'EAUTH' } }]);
  });
});

describe('mail of others in the same mailbox', () => {
  const world = useSandbox({ protocol: 'http', deletedItems: true });
  const strangers = (subject: string) => [
    // who has seen the mark writes it, in the mailbox's name even, and answers
    `From: outsider@example.com\r\nSubject: ${subject}\r\n\r\n1`,
    `From: ${MAILBOX}\r\nSubject: ${subject}\r\nMessage-ID: <a@example.com>\r\nX-MS-Exchange-Organization-AuthAs: Internal\r\n\r\n2`,
    `From: reader@example.com\r\nSubject: Re: ${subject}\r\n\r\n3`,
    `From: postmaster@example.com\r\nSubject: Undeliverable: ${subject}\r\n\r\n4`,
  ];

  test('stays, though it has the mark; it is told, and not taken for what arrived', async () => {
    const runs = new Set<string>();
    const { proof, leftOver } = await proveOn(world.sandbox, {
      to: 'reader@example.com',
      onProgress: ({ phase, done }) => {
        const subject = world.sandbox.messages[0]?.subject ?? '';
        if (phase !== 'sending' || done !== 5 || runs.has(subject)) return;
        runs.add(subject);
        for (const source of strangers(subject)) void world.sandbox.receive(MAILBOX, source);
      },
    });
    expect(insideOf(proof?.report as never)).toEqual(asClaimed);
    expect(leftOver).toEqual([{ left: 0, late: 0, foreign: 4 }]);
    expect(await contentOf(world.sandbox)).toHaveLength(4);
    const { deleted, ...left } = await cleanMailbox({ settings: readOptions(world.sandbox.options), mailbox: MAILBOX }, new Canceller());
    expect({ deleted, left }).toEqual({ deleted: 0, left: { left: 0, late: 0, foreign: 4 } });
    expect(await contentOf(world.sandbox)).toHaveLength(4);
  });

  test('does not hide what a run has left, however much there is of it', async () => {
    const mailer = nodemailer.createTransport(world.transport());
    await mailer.sendMail({ to: MAILBOX, subject: subjectOf('0123456789ab', 'json-text'), text: 'left' });
    for (let at = 0; at < 120; at++)
      await world.sandbox.receive(MAILBOX, `From: a@example.com\r\nSubject: ${subjectOf('0123456789ab', 'json-text')} ${at}\r\n\r\n`);
    const settings = readOptions(world.sandbox.options);
    expect(await cleanMailbox({ settings, mailbox: MAILBOX }, new Canceller())).toEqual({ deleted: 2, left: 0, late: 0, foreign: 120 });
  });

  test('what a rule moves is found', async () => {
    const client = createClient(world.sandbox);
    const moved: Promise<unknown>[] = [];
    const moveOne = async () => {
      const { body } = await client.send(`/v1.0/users/${MAILBOX}/mailFolders/inbox/messages`, { method: 'GET' });
      await client.send(`/v1.0/users/${MAILBOX}/messages/${body.value[0].id}`, { method: 'DELETE' });
    };
    const { proof } = await proveOn(world.sandbox, {
      onProgress: ({ phase, done }) => void (phase === 'sending' && done === 3 && moved.push(moveOne())),
    });
    await Promise.all(moved);
    await client.close();
    expect(moved).toHaveLength(1);
    expect(insideOf(proof?.report as never)).toEqual(asClaimed);
    expect(await contentOf(world.sandbox)).toEqual([]);
  });
});

describe('a mailbox that makes trouble', () => {
  const world = useSandbox({ protocol: 'http', deletedItems: true, permanentDelete: false });

  test('in a cloud that deletes nothing for good, Deleted Items are emptied of it, too', async () => {
    const { leftOver } = await proveOn(world.sandbox);
    expect(leftOver).toEqual([{ left: 0, late: 0 }]);
    expect(await contentOf(world.sandbox)).toEqual([]);
    expect(world.sandbox.requests.filter(({ path }) => path.endsWith('/permanentDelete'))).toHaveLength(1);
  });

  test('throttled at every step, it is waited out', async () => {
    const throttle = { status: 429, headers: { 'Retry-After': '0' } } as const;
    for (const operation of [
      'listMessages',
      'createDraft',
      'deleteMessage',
      'getMessageSource',
      'getMessage',
      'createUploadSession',
    ] as const)
      world.sandbox.fail({ operation, times: 2, ...throttle });
    world.sandbox.fail({ operation: 'deleteMessage', skip: 9, times: 2, status: 503 });
    world.sandbox.fail({ operation: 'listMessages', skip: 4, cut: 'reset' });
    const { proof, leftOver } = await proveOn(world.sandbox);
    expect(insideOf(proof?.report as never)).toEqual(asClaimed);
    expect(proof?.report.answers).toMatchObject({ uploadSessionFrom: 3, draftId: 'kept' });
    expect(leftOver).toEqual([{ left: 0, late: 0 }]);
    expect(await contentOf(world.sandbox)).toEqual([]);
  });

  test('full, it is told before anything is sent', async () => {
    world.sandbox.fail({ operation: 'createDraft', times: Infinity, status: 507, code: 'ErrorQuotaExceeded' });
    const { error } = await proveOn(world.sandbox);
    expect(error).toMatchObject({ graphCode: 'ErrorQuotaExceeded' });
    expect(world.sandbox.messages).toEqual([]);
    expect(await contentOf(world.sandbox)).toEqual([]);
  });
});

describe('before anything is sent', () => {
  const app = { clientId: 'c0ffee00-5a4d-4b0c-8a11-0a1b2c3d4e5f', clientSecret: 'secret' };
  const apps = [['Mail.Send'], ['Mail.Send', 'Mail.Read'], ['Mail.ReadWrite']].map((roles, index) => ({
    ...app,
    clientId: app.clientId.replace(/.$/, String(index)),
    roles,
  }));
  const world = useSandbox({ protocol: 'http', apps });

  test.each([
    ['no permission to read', 0, /may not read the mailbox; nothing was sent\. Add the permission Mail\.ReadWrite/],
    ['a permission to read alone', 1, /may read the mailbox but not write to it; nothing was sent\. Add the permission Mail\.ReadWrite/],
    ['no permission to send', 2, /Mail\.Send/],
  ])('%s is told', async (_, index, message) => {
    const { error } = await proveOn(world.sandbox, { graph: { clientId: apps[index]?.clientId } });
    expect(error).toMatchObject({ code: 'EAUTH', message: expect.stringMatching(message) as string });
    expect(world.sandbox.messages).toEqual([]);
    expect(world.sandbox.drafts).toEqual([]);
    expect(operations(world.sandbox).filter((operation) => operation === 'send')).toEqual([]);
  });
});

describe('a tenant that loses everything', () => {
  const features = ['text', 'calendar', 'fromName', 'xHeaders', 'moreXHeaders', 'customHeaders', 'listHeaders', 'threading', 'messageId'];
  const world = useSandbox({
    protocol: 'http',
    mailboxes: [{ userPrincipalName: MAILBOX, aliases: ['info@contoso.com'] }],
    loses: ['json', 'mime'].flatMap((way) => features.map((feature) => `${way}:${feature}` as SandboxLoss)),
    minUploadSize: 2 * 1024 * 1024,
    maxConcurrency: 4,
    keepsDraftIds: false,
    resend: true,
    tooManyRecipients: 'refuse',
  });

  test('is found to be so, and a transport with that report tells it', async () => {
    // here an answer takes no time, so that requests would never be there at a time
    world.sandbox.fail({ operation: 'listMessages', times: 8, delay: 150, match: ({ path }) => /top=1(&|$)/.test(path) });
    const { proof } = await proveOn(world.sandbox, { alias: 'info@contoso.com', withBounce: true });
    const inside = insideOf(proof?.report as never);
    const changed = ['json:text', 'mime:text', 'mimeDraft:text', 'json:from', 'mime:from'];
    expect(Object.keys(inside).filter((key) => inside[key] === 'kept')).toEqual([]);
    expect(changed.map((key) => inside[key])).toEqual(['lost', 'changed', 'changed', 'changed', 'changed']);
    expect(inside['mime:listHeaders']).toBe('lost');
    expect(inside['json:ownMessageId']).toBe('changed');
    expect(proof?.report.answers).toEqual({
      uploadSessionFrom: 2,
      draftId: 'lost',
      tooManyRecipients: '400 ErrorRecipientLimitExceeded',
      concurrency: 4,
    });
    expect(await contentOf(world.sandbox)).toEqual([]);

    const { format, losses } = await lossesWith(world.sandbox, proof?.report as never);
    expect(format).toBe('json');
    expect(losses.sort()).toEqual(['customHeaders', 'fromName', 'listHeaders', 'moreXHeaders', 'ownMessageId', 'threading', 'xHeaders']);
  });
});

describe('what may bother somebody is done only where it was asked for', () => {
  const world = useSandbox({ protocol: 'http', resend: true });

  test('asked for, it is answered', async () => {
    const { proof, leftOver } = await proveOn(world.sandbox, { withDuplicates: true, withBounce: true, wait: 300 });
    expect(proof?.report.answers).toMatchObject({ secondSend: '202', secondSendCopies: 2, tooManyRecipients: '202' });
    expect(world.sandbox.bounces).toHaveLength(1);
    expect(world.sandbox.bounces[0]?.recipients.every((address) => /^noreply\+prove\d+@contoso\.com$/.test(address))).toBe(true);
    // its report has come, and was deleted with the rest
    expect(leftOver).toEqual([{ left: 0, late: 0 }]);
    expect(await contentOf(world.sandbox)).toEqual([]);
  });
});

describe('messages that take their time', () => {
  const world = useSandbox({ protocol: 'http', inboxDelay: 500, sentCopyDelay: 900 });

  test('are waited for', async () => {
    const { proof, leftOver } = await proveOn(world.sandbox, { wait: 60_000 });
    expect(insideOf(proof?.report as never)).toEqual(asClaimed);
    expect(proof?.report.answers.draftId).toBe('kept');
    expect(leftOver).toEqual([{ left: 0, late: 0 }]);
    expect(await contentOf(world.sandbox)).toEqual([]);
  });

  test('ended at once, they are deleted when they come', async () => {
    const signal = new Canceller();
    const onProgress = ({ done }: { done?: number | undefined }) => done === 3 && signal.abort(new Error('ended by the user'));
    const { leftOver } = await proveOn(world.sandbox, { wait: 60_000, signal, onProgress });
    expect(world.sandbox.messages).toHaveLength(3);
    expect(leftOver).toEqual([{ left: 0, late: 0 }]);
    expect(await contentOf(world.sandbox)).toEqual([]);
  });

  test('that do not come are missing, which settles nothing, and told', async () => {
    world.sandbox.fail({ operation: 'listMessages', times: Infinity, status: 200, body: { value: [] } });
    const { proof, leftOver } = await proveOn(world.sandbox, { wait: 0 });
    expect(new Set(Object.values(insideOf(proof?.report as never)))).toEqual(new Set(['missing']));
    expect(proof?.report.points.every((point) => verdictOf(point) === 'open')).toBe(true);
    expect(proof?.report.answers.draftId).toBeUndefined();
    expect(leftOver).toEqual([{ left: 0, late: 26 }]);
  });
});
