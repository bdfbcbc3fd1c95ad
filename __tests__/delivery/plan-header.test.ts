import { planHeader } from '../../lib/delivery/plan-header.js';
import type { PreparedMessage } from '../../lib/prepared/prepared-message.js';
import { createGraphClient } from '../../lib/graph/client.js';
import type { HttpRequest } from '../../lib/base/http.js';
import { useSandbox } from '../support/use-sandbox.js';
import nodemailer from 'nodemailer';

const message: PreparedMessage = {
  mailbox: 'noreply@contoso.com',
  envelope: { from: 'noreply@contoso.com', to: ['reader@example.com'] },
  messageId: '<1@contoso.com>',
  format: 'json',
  route: 'sendMail',
  contentType: 'application/json',
  body: Buffer.from('{"secret":"content"}'),
  uploads: [],
  inDraft: ['salary.pdf'],
  losses: [{ feature: 'text', detail: 'Exchange makes its own' }],
  saveToSentItems: true,
  decision: {
    weights: { json: { weight: 2, losses: ['text'] }, mime: null },
    removed: [{ address: 'customer@example.com', field: 'to' }],
    added: ['hidden@example.com'],
  },
};
const decode = (header: string): Record<string, unknown> => JSON.parse(Buffer.from(header, 'base64url').toString());

describe('the header with the plan', () => {
  it('tells format, losses and envelope, and nothing of the content', () => {
    const header = planHeader(message);
    expect(header).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decode(header)).toEqual({
      messageId: '<1@contoso.com>',
      format: 'json',
      route: 'sendMail',
      losses: message.losses,
      weights: { json: { weight: 2, losses: ['text'] }, mime: null },
      envelope: message.envelope,
      removed: [{ address: 'customer@example.com', field: 'to' }],
      added: ['hidden@example.com'],
    });
  });

  it('is cut to 8 KiB and says so, however many addresses and losses there are', () => {
    const many = Array.from({ length: 1000 }, (_, index) => `reader-${index}@${'long'.repeat(10)}.example.com`);
    const removed = many.map((address) => ({ address, field: 'to' as const }));
    const losses = [{ feature: 'to' as const, detail: many.join(', ') }];
    const large = {
      ...message,
      losses,
      envelope: { from: false as const, to: many },
      decision: { ...message.decision!, removed, added: many },
    };
    const header = planHeader(large);
    expect(header.length).toBeLessThanOrEqual(8192);
    expect(decode(header)).toMatchObject({ truncated: true, format: 'json', losses: [{ feature: 'to' }], removed: removed.slice(0, 25) });
    const endless = { ...large, losses: Array.from({ length: 100 }, () => ({ feature: 'to' as const, detail: 'x'.repeat(1000) })) };
    expect(planHeader(endless).length).toBeLessThanOrEqual(8192);
  });
});

describe('the plan is told', () => {
  /** Header names of a request to that endpoint. */
  async function headersAt(graphEndpoint: string): Promise<{ names: string[]; asked: boolean }> {
    let asked = false;
    const seen: HttpRequest[] = [];
    const client = createGraphClient({
      graphEndpoint,
      http: {
        request: async (request: HttpRequest) => {
          seen.push({ ...request, headers: { ...request.headers } });
          return { kind: 'answer', status: 202, headers: {}, body: Buffer.alloc(0), complete: true };
        },
      } as never,
      tokens: { get: async () => 'token', discard: () => undefined, prepare: () => undefined, release: () => undefined },
    });
    const describePlan = () => {
      asked = true;
      return 'plan';
    };
    await client.request({ method: 'POST', path: '/me/sendMail', body: '{}', contentType: 'application/json' }, { describePlan });
    return { names: Object.keys(seen[0]?.headers ?? {}).map((name) => name.toLowerCase()), asked };
  }

  it.each(['https://127.0.0.1:4010', 'http://127.0.0.1:4010', 'https://localhost:4010', 'https://[::1]:4010'])(
    'to %s',
    async (endpoint) => {
      expect((await headersAt(endpoint)).names).toContain('x-graph-transport-plan');
    },
  );

  it.each([
    'https://graph.microsoft.com',
    'https://graph.microsoft.us',
    'https://microsoftgraph.chinacloudapi.cn',
    'https://graph.example.com',
    'https://localhost.example.com',
    'https://127.0.0.1.example.com',
    'https://notlocalhost',
    'https://10.0.0.1',
    'https://0.0.0.0',
    'https://graph-sandbox:4010',
  ])('never to %s, and is not even made for it', async (endpoint) => {
    expect(await headersAt(endpoint)).toEqual({ names: expect.not.arrayContaining(['x-graph-transport-plan']), asked: false });
  });
});

describe('a sandbox', () => {
  const world = useSandbox();

  it.each([
    ['in one request', {}],
    ['by a draft', { graph: { route: 'draft' } }],
  ])('is told of a message sent %s what info says', async (_, more) => {
    const transporter = nodemailer.createTransport(world.transport());
    const info = (await transporter.sendMail({
      to: 'Customer <customer@example.com>',
      cc: 'boss@example.com',
      bcc: 'set@example.com',
      subject: 'Hello',
      text: 'Plain',
      html: '<p>HTML</p>',
      envelope: { from: 'noreply@contoso.com', to: ['staging@example.com', 'set@example.com'] },
      ...more,
    } as object)) as unknown as { losses: unknown[]; format: string; route: string; messageId: string };
    const plans = world.sandbox.requests
      .filter(({ operation }) => operation !== 'token' && operation !== 'discovery')
      .map(({ plan }) => plan);
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) {
      expect(plan).toMatchObject({ messageId: info.messageId, format: info.format, route: info.route, losses: info.losses });
      expect(plan).toMatchObject({
        added: ['staging@example.com'],
        removed: [
          { address: 'customer@example.com', field: 'to' },
          { address: 'boss@example.com', field: 'cc' },
        ],
      });
    }
    expect(JSON.stringify(world.sandbox.requests.map(({ operation, plan }) => [operation, plan]))).not.toContain('Plain');
    expect(world.sandbox.messages[0]?.headers.map(({ name }) => name.toLowerCase())).not.toContain('x-graph-transport-plan');
  });
});
