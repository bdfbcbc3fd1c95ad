import { startSandbox, type FaultRule, type Sandbox } from '../../lib/sandbox/index.js';
import { sample } from '../support/sample.js';
import { faults, runCells, type Cell, type End } from './cells.js';

const small = { text: 'x' };
// two files of 2.2 MB do not fit into one request: one of them is added by itself
const withPost = { attachments: ['a.bin', 'b.bin'].map((filename) => ({ filename, content: Buffer.alloc(2_200_000, filename) })) };
// two chunks
const withUpload = { attachments: [{ filename: 'large.bin', content: Buffer.alloc(4_500_000, 7) }] };

interface Step {
  name: string;
  operation: NonNullable<FaultRule['operation']>;
  message: object;
  options?: object;
  skip?: number;
  /** How a fault that strikes once must end, and one that strikes always. */
  once: (fault: string) => End;
  always: (fault: string) => End;
}

const passing = /^(401|429|503)/;
const unknown = /^(reset|500|502|504)/;

/** A send that cannot be looked up: what is unknown stays unknown. */
function sendMailEnd(fault: string, always: boolean): End {
  if (/^(truncated|trickle) after/.test(fault)) return 'sent';
  if (unknown.test(fault)) return 'ambiguous';
  return passing.test(fault) && !always ? 'sent' : 'refused';
}

/** A step that can be looked up or done again. `settling` is what passes by itself with a draft just made. */
function recoverable(settling: RegExp) {
  return {
    once: (fault: string): End =>
      passing.test(fault) || unknown.test(fault) || /after/.test(fault) || settling.test(fault) ? 'sent' : 'refused',
    always: (fault: string): End => (/after/.test(fault) ? 'sent' : 'refused'),
  };
}

const steps: Step[] = [
  ...(['json', 'mime'] as const).map((format) => ({
    name: `sendMail ${format}`,
    operation: 'sendMail' as const,
    message: small,
    options: { format },
    once: (fault: string) => sendMailEnd(fault, false),
    always: (fault: string) => sendMailEnd(fault, true),
  })),
  ...(['json', 'mime'] as const).map((format) => ({
    name: `createDraft ${format}`,
    operation: 'createDraft' as const,
    message: small,
    options: { format, route: 'draft' },
    ...recoverable(/^$/),
  })),
  { name: 'addAttachment', operation: 'addAttachment', message: withPost, ...recoverable(/^(404|409|412)/) },
  // an upload URL that never arrives cannot be found out
  {
    name: 'createUploadSession',
    operation: 'createUploadSession',
    message: withUpload,
    ...recoverable(/^(404|409|412)/),
    always: () => 'refused',
  },
  { name: 'first chunk', operation: 'uploadChunk', message: withUpload, ...recoverable(/^(404|409|412)/) },
  // 404 in the middle: the session is gone, another one starts again
  { name: 'last chunk', operation: 'uploadChunk', skip: 1, message: withUpload, ...recoverable(/^(404|409|412)/) },
  { name: 'send', operation: 'send', message: small, options: { route: 'draft' }, ...recoverable(/^(404|409|412)/) },
];

let sandbox: Sandbox;
const cells: (Cell & { step: string; fault: string })[] = steps.flatMap((step) =>
  faults.flatMap(({ name, rule }) =>
    ([1, Infinity] as const).map((times) => ({
      step: step.name,
      fault: name,
      name: `${step.name} × ${name} × ${times === 1 ? 'once' : 'always'}`,
      mailbox: '',
      rule: { ...rule, operation: step.operation, times, ...(step.skip && { skip: step.skip }) },
      message: step.message,
      ...(step.options && { options: step.options }),
      end: times === 1 ? step.once(name) : step.always(name),
    })),
  ),
);
cells.forEach((cell, index) => (cell.mailbox = `cell-${index}@contoso.com`));

beforeAll(async () => {
  sandbox = await startSandbox({ mailboxes: cells.map(({ mailbox }) => mailbox) });
});
afterAll(() => sandbox.close());

// every step, and every fault once and always, meet in one or the other cell
const chosen = sample(cells, { count: 60, by: ({ fault, rule }) => `${fault} ${rule.times}` });

test.each(steps.map(({ name }) => name))('%s: every fault ends in one copy or in an error that tells the truth', async (step) => {
  expect(
    await runCells(
      sandbox,
      chosen.filter((cell) => cell.step === step),
    ),
  ).toEqual([]);
});

test('the matrix has a cell for every step and fault', () => {
  expect(cells).toHaveLength(steps.length * faults.length * 2);
  expect(new Set(cells.map(({ end }) => end))).toEqual(new Set(['sent', 'refused', 'ambiguous']));
});
