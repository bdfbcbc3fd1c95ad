import { createHash } from 'node:crypto';
import {
  afterCompare,
  afterLook,
  afterSettle,
  classify,
  firstStep,
  provesUnsent,
  retryDelay,
  type Found,
  type Look,
} from '../../lib/outbox/decide.js';
import { GraphTransportError } from '../../lib/errors/graph-transport-error.js';
import { Lease, LostError, type Clock } from '../../lib/outbox/lease.js';
import { messageIdOf, jobId, queueName } from '../../lib/outbox/keys.js';
import { createSeal } from '../../lib/outbox/seal.js';
import { checkServer, isDurable, readInfo, serverWarnings, waitFor, weakest } from '../../lib/outbox/server.js';

const found = (more: Partial<Found>): Found => ({
  state: 'queued',
  route: 'draft',
  dirty: false,
  runChanged: false,
  lossy: false,
  saveToSentItems: true,
  draftId: '',
  until: 0,
  expires: 10_000,
  lookFrom: 0,
  look: false,
  now: 5000,
  sinceLoss: 60_000,
  lossDelay: 30_000,
  settleTime: 900_000,
  ...more,
});
const nothing: Look = { kind: 'found', sent: false, drafts: [] };
const copy: Look = { kind: 'found', sent: true, drafts: [] };
const draft: Look = { kind: 'found', sent: false, drafts: ['D'] };

describe('what a worker does first with a message it has taken', () => {
  it.each<[string, Partial<Found>, string]>([
    ['a new one is sent', {}, 'send'],
    ['one that is too late is not', { now: 20_000 }, 'expire'],
    ['one that a worker died with may have left a draft', { dirty: true }, 'look'],
    ['by route sendMail it has left nothing', { dirty: true, route: 'sendMail' }, 'send'],
    ['after a restart of Redis it may have been sent', { runChanged: true }, 'look'],
    ['by route sendMail as well', { runChanged: true, route: 'sendMail' }, 'look'],
    ['also when it is too late', { runChanged: true, now: 20_000 }, 'look'],
    ['although a person says that it was not sent, the mailbox is asked', { look: true, route: 'sendMail' }, 'look'],
    ['what is being sent is looked at', { state: 'sending' }, 'settle'],
    ['and looked for by route sendMail', { state: 'sending', route: 'sendMail' }, 'look'],
    ['it does not expire any more', { state: 'sending', now: 20_000 }, 'settle'],
  ])('%s', (_what, more, step) => {
    expect(firstStep(found(more)).do).toBe(step);
  });
});

describe('what follows from a look by Message-ID', () => {
  const sending: Partial<Found> = { state: 'sending', route: 'sendMail' };
  const lossy: Partial<Found> = { runChanged: true, lossy: true };
  it.each<[string, Partial<Found>, Look, object]>([
    ['a copy is a fact', sending, copy, { do: 'sent' }],
    ['also for one that is queued', { runChanged: true }, copy, { do: 'sent' }],
    ['no answer is not "nothing there"', { dirty: true }, { kind: 'unavailable' }, { do: 'later' }],
    ['nor for one being sent', sending, { kind: 'unavailable' }, { do: 'later' }],
    ['a left draft goes before it is sent', { dirty: true }, draft, { do: 'send', discard: ['D'] }],
    ['or expires', { dirty: true, now: 20_000 }, draft, { do: 'expire', discard: ['D'] }],
    ['what is not found while being sent is looked for again', sending, nothing, { do: 'later' }],
    ['until it was long enough', { ...sending, lookFrom: 1, now: 900_001 }, nothing, { do: 'ambiguous', why: 'notFound' }],
    ['without a copy it cannot be known', { ...sending, saveToSentItems: false }, nothing, { do: 'ambiguous', why: 'noCopy' }],
    ['without the right to look neither', sending, { kind: 'forbidden' }, { do: 'ambiguous', why: 'forbidden' }],
    ['a loss may hide a copy that is late', { ...lossy, sinceLoss: 10_000 }, nothing, { do: 'later', delay: 20_000 }],
    ['or the request that is under way', { ...lossy, sinceLoss: 10_000 }, draft, { do: 'later', delay: 20_000 }],
    ['some time after it nothing there is nothing there', lossy, nothing, { do: 'send', discard: [] }],
    ['what Redis cannot lose needs no time', { runChanged: true, sinceLoss: 1000 }, nothing, { do: 'send', discard: [] }],
    ['the draft route needs to read', { dirty: true }, { kind: 'forbidden' }, { do: 'hold' }],
    [
      'route sendMail does not where nothing is lost',
      { runChanged: true, route: 'sendMail' },
      { kind: 'forbidden' },
      { do: 'send', discard: [] },
    ],
    ['and else nobody knows', { ...lossy, route: 'sendMail' }, { kind: 'forbidden' }, { do: 'ambiguous', why: 'forbidden' }],
  ])('%s', (_what, more, look, expected) => {
    expect(afterLook(found(more), look)).toMatchObject(expected);
  });
});

describe('what follows from a look at a draft that may have been sent', () => {
  it.each<[Parameters<typeof afterSettle>[1], Partial<Found>, object]>([
    ['sent', {}, { do: 'sent' }],
    ['draft', { until: 9000 }, { do: 'later', delay: 4000 }],
    ['draft', { until: 4000 }, { do: 'sendDraft' }],
    ['missing', {}, { do: 'later' }],
    ['missing', { lookFrom: 1, now: 900_001 }, { do: 'ambiguous', why: 'notFound' }],
    ['unknown', { lookFrom: 1, now: 9_000_001 }, { do: 'later' }],
  ])('%s, %j', (state, more, expected) => {
    expect(afterSettle(found({ state: 'sending', ...more }), state)).toMatchObject(expected);
  });
});

it.each([
  ['same', 'sendDraft'],
  ['more', 'startAnew'],
  ['fewer', 'startAnew'],
  [undefined, 'later'],
] as const)('a draft that was not sent, and whose files are %s: %s', (difference, next) => {
  expect(afterCompare(difference).do).toBe(next);
});

it.each<[ConstructorParameters<typeof GraphTransportError>, string]>([
  [['EAUTH', 'x', { permanent: true }], 'hold'],
  [['ECONFIG', 'x'], 'hold'],
  [['EENVELOPE', 'no mailbox', { httpStatus: 404, permanent: true }], 'hold'],
  [['EENVELOPE', 'recipient', { httpStatus: 400, permanent: true }], 'fail'],
  [['EMESSAGE', 'x'], 'fail'],
  [['EGRAPH', 'x', { permanent: true }], 'fail'],
  [['EGRAPH', 'x', { httpStatus: 503 }], 'later'],
  [['ECONNECTION', 'x'], 'later'],
  [['ECONNECTION', 'the proxy wants a password', { permanent: true }], 'hold'],
  [['ETIMEDOUT', 'x'], 'later'],
  [['EABORT', 'x'], 'later'],
])('%j: %s', (error, expected) => {
  expect(classify(new GraphTransportError(...error))).toBe(expected);
});

it.each<[ConstructorParameters<typeof GraphTransportError>[2], Parameters<typeof provesUnsent>[1], boolean]>([
  [{}, { route: 'draft', sends: 0 }, true],
  [{ ambiguous: true }, { route: 'sendMail', sends: 1 }, false],
  [{}, { route: 'sendMail', sends: 1 }, true],
  [{ httpStatus: 429 }, { route: 'draft', sends: 1 }, true],
  [{ httpStatus: 504 }, { route: 'draft', sends: 1 }, false],
  [{}, { route: 'draft', sends: 1 }, false],
  [{ httpStatus: 400 }, { route: 'draft', sends: 2 }, false],
])('proof that nothing was sent: %j %j: %s', (details, context, expected) => {
  expect(provesUnsent(new GraphTransportError('EGRAPH', 'x', details), context)).toBe(expected);
});

it('waits longer from try to try, up to a quarter of an hour', () => {
  expect([1, 2, 3, 99].map((tries) => retryDelay(tries, 0.5))).toEqual([2000, 4000, 8000, 900_000]);
});

describe('the lease', () => {
  const time = { monotonic: 0, wall: 0 };
  const clock: Clock = { monotonic: () => time.monotonic, wall: () => time.wall };
  beforeEach(() => Object.assign(time, { monotonic: 1000, wall: 50_000 }));

  it.each([
    ['the monotonic clock', { monotonic: 3001 }],
    ['the wall clock, as after a sleep of the machine', { wall: 52_001 }],
  ])('runs out by %s', (_which, later) => {
    const lease = new Lease(2000, Lease.now(clock), clock);
    Object.assign(time, { monotonic: 2999, wall: 51_999 });
    expect(() => lease.check()).not.toThrow();
    Object.assign(time, later);
    expect(lease.valid).toBe(false);
    expect(() => lease.check()).toThrow(LostError);
  });

  it('counts from before the question was asked, and never back', () => {
    const lease = new Lease(2000, Lease.now(clock), clock);
    const asked = Lease.now(clock);
    Object.assign(time, { monotonic: 2500, wall: 51_500 });
    lease.extend(asked);
    Object.assign(time, { monotonic: 3100, wall: 52_100 });
    expect(lease.valid).toBe(false);
  });

  it('is lost for good once Redis says so', () => {
    const lease = new Lease(2000, Lease.now(clock), clock);
    lease.lose('another worker has taken it');
    lease.extend(Lease.now(clock));
    expect(() => lease.check()).toThrow(/another worker has taken it/);
  });
});

describe('names in Redis', () => {
  it.each(['17', 'invoice:17', 'a b', 'Größe/€', '0:1', '%3A'])('takes the id %s, also where BullMQ would not', (id) => {
    expect(jobId(id)).toMatch(/^m\.[^:]+$/);
    expect(messageIdOf(jobId(id))).toBe(id);
  });

  it('names a queue by its mailbox, whatever its case, or by a digest', () => {
    expect(queueName('NoReply@contoso.com', true)).toBe('noreply@contoso.com');
    expect(queueName('a:b{c}@contoso.com', true)).toBe('a%3Ab%7Bc%7D@contoso.com');
    expect(queueName('NoReply@contoso.com', false)).toBe(queueName('noreply@contoso.com', false));
    expect(queueName('noreply@contoso.com', false)).not.toMatch(/noreply|contoso/);
  });
});

describe('the seal', () => {
  const key = Buffer.alloc(32, 7);
  it('opens what it closed, in its context only, and nothing that was altered', () => {
    const seal = createSeal(key);
    const closed = seal.close(Buffer.from('words'), 'm/body');
    expect(closed).toHaveLength('words'.length + seal.overhead);
    expect(seal.open(closed, 'm/body').toString()).toBe('words');
    expect(() => seal.open(closed, 'n/body')).toThrow(/was altered/);
    for (let at = 0; at < closed.length; at++) {
      const altered = Buffer.from(closed);
      altered[at] = (altered[at] ?? 0) ^ 1;
      // the eight bytes after the first say which key it is
      const code = at >= 1 && at <= 8 ? 'ECONFIG' : 'EMESSAGE';
      expect(() => seal.open(altered, 'm/body')).toThrow(expect.objectContaining({ code }));
    }
    for (let length = 0; length < closed.length; length++) expect(() => seal.open(closed.subarray(0, length), 'm/body')).toThrow();
  });

  it('opens what an earlier version sealed, which named a key by its name', () => {
    const keys = { old: Buffer.alloc(32, 1), k2: Buffer.alloc(32, 2) };
    const sealed = createSeal({ k2: keys.k2 }).close(Buffer.from('x'), 'm');
    createHash('sha256').update('graph-outbox-key\0').update('k2').digest().copy(sealed, 1, 0, 8);
    expect(createSeal(keys).open(sealed, 'm').toString()).toBe('x');
    expect(() => createSeal({ other: keys.k2 }).open(sealed, 'm')).toThrow(/a key that this process does not have/);
  });

  it('refuses what is not encrypted where there is a key, and the other way round', () => {
    expect(() => createSeal(key).open(createSeal(undefined).close(Buffer.from('x'), 'm'), 'm')).toThrow(/is not encrypted/);
    expect(() => createSeal(undefined).open(createSeal(key).close(Buffer.from('x'), 'm'), 'm')).toThrow(/no "encryptionKey"/);
    expect(() => createSeal(Buffer.alloc(32, 8)).open(createSeal(key).close(Buffer.from('x'), 'm'), 'm')).toThrow(
      /a key that this process does not have/,
    );
  });

  it('takes the last key, and opens with all', () => {
    const [old, both] = [createSeal({ old: key }), createSeal({ old: key, new: Buffer.alloc(32, 8).toString('hex') })];
    expect(both.open(old.close(Buffer.from('x'), 'm'), 'm').toString()).toBe('x');
    expect(() => old.open(both.close(Buffer.from('x'), 'm'), 'm')).toThrow(/does not have/);
  });
});

describe('what a server says of itself', () => {
  const info = (more: Record<string, string> = {}) =>
    Object.entries({
      redis_version: '7.2.4',
      run_id: 'abc',
      aof_enabled: '1',
      maxmemory_policy: 'noeviction',
      role: 'master',
      ...more,
    })
      .map(([name, value]) => `${name}:${value}`)
      .join('\r\n');

  it.each<[string, Record<string, string>, string | undefined, boolean]>([
    ['always is durable', { redis_version: '7.0.15' }, 'always', true],
    ['everysec is not before 7.2', { redis_version: '7.0.15' }, 'everysec', false],
    ['an unknown one is not either', { redis_version: '6.2.0' }, undefined, false],
    ['from 7.2 on it can be asked to wait', {}, 'everysec', true],
    ['Valkey, too', { redis_version: '7.2.4', valkey_version: '8.0.1' }, undefined, true],
    ['not without an append-only file', { aof_enabled: '0' }, 'always', false],
    ['nor where nothing is written', {}, 'no', false],
  ])('%s', (_what, fields, fsync, expected) => {
    expect(isDurable(readInfo(info(fields), fsync))).toBe(expected);
  });

  it('knows product and version, and warns of what can lose a second', () => {
    expect(readInfo(info({ valkey_version: '8.0.1' }))).toMatchObject({
      product: 'Valkey',
      version: '8.0.1',
      run: 'abc',
    });
    expect(serverWarnings(readInfo(info({ redis_version: '7.0.15' }), 'everysec'), 'fsync')).toEqual([
      expect.stringContaining('Set appendfsync always'),
    ]);
    expect(serverWarnings(readInfo(info(), 'always'), 'fsync')).toEqual([]);
    expect(serverWarnings(readInfo(info(), 'no'), 'fsync')).toEqual([expect.stringContaining('appendfsync no')]);
  });

  it.each<[string, Record<string, string>, boolean, RegExp | undefined]>([
    ['what is too old', { redis_version: '6.0.16' }, false, /Redis 6.0.16 is too old: 6.2/],
    ['not what is just new enough', { redis_version: '6.2.0' }, false, undefined],
    ['a replica', { role: 'slave' }, false, /read-only replica. Connect to the primary/],
    ['a node of a cluster', { cluster_enabled: '1' }, false, /node of a cluster.*new Redis.Cluster/],
    ['not a whole cluster', { cluster_enabled: '1' }, true, undefined],
  ])('refuses %s', (_what, fields, isCluster, message) => {
    const check = () => checkServer(readInfo(info(fields)), { durability: 'memory', isCluster });
    if (message) expect(check).toThrow(expect.objectContaining({ code: 'ECONFIG', message: expect.stringMatching(message) }));
    else expect(check).not.toThrow();
  });

  it.each<[string, Record<string, string>, string | undefined, { durability: 'fsync' | 'memory'; replicas: number }, object]>([
    ['the disk, where it is written every second only', {}, 'everysec', { durability: 'fsync', replicas: 0 }, { disk: true, replicas: 0 }],
    ['also where nobody says how', {}, undefined, { durability: 'fsync', replicas: 0 }, { disk: true, replicas: 0 }],
    ['nothing where it is written always', {}, 'always', { durability: 'fsync', replicas: 0 }, { disk: false, replicas: 0 }],
    ['nor where it never is: there would be no answer', {}, 'no', { durability: 'fsync', replicas: 0 }, { disk: false, replicas: 0 }],
    ['nor before 7.2', { redis_version: '7.0.15' }, 'everysec', { durability: 'fsync', replicas: 0 }, { disk: false, replicas: 0 }],
    ['nor where losing it is wanted', {}, 'everysec', { durability: 'memory', replicas: 0 }, { disk: false, replicas: 0 }],
    [
      'replicas, whatever the disk',
      { redis_version: '7.0.15' },
      'always',
      { durability: 'fsync', replicas: 2 },
      { disk: false, replicas: 2 },
    ],
  ])('waits for %s', (_what, fields, fsync, certainty, expected) => {
    expect(waitFor(readInfo(info(fields), fsync), certainty)).toEqual(expected);
  });

  it('takes a cluster for what its weakest server is', () => {
    const [strong, weak] = [
      readInfo(info(), 'always'),
      readInfo(info({ redis_version: '7.0.15', maxmemory_policy: 'allkeys-lru' }), 'everysec'),
    ];
    for (const facts of [weakest(strong, weak), weakest(weak, strong)]) {
      expect(facts).toMatchObject({ version: '7.0.15', aof: true, fsync: 'everysec', eviction: 'allkeys-lru', canWait: false });
    }
    expect(weakest(strong, { ...strong, fsync: undefined, aof: false })).toMatchObject({ fsync: undefined, aof: false });
  });
});
