import { readOptions } from '../../lib/config/read-options.js';
import { probeDraft } from '../../lib/diagnosis/probe.js';
import { createGraphConnection } from '../../lib/graph/connection.js';
import { startSandbox, type Sandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { contentOf, MAILBOX } from '../prove/harness.js';

let sandbox: Sandbox;
afterEach(() => sandbox.close());

async function probe(options: SandboxOptions, prepare: (sandbox: Sandbox) => void = () => undefined) {
  sandbox = await startSandbox({ protocol: 'http', deletedItems: true, ...options });
  prepare(sandbox);
  const connection = createGraphConnection(readOptions(sandbox.options));
  try {
    return await probeDraft(connection.graph, MAILBOX);
  } finally {
    connection.tokens.release();
    await connection.http.close(true);
  }
}

test('the draft that is tried leaves nothing, not even in Deleted Items', async () => {
  expect(await probe({})).toEqual({ access: 'allowed', left: false });
  expect(await contentOf(sandbox)).toEqual([]);
});

test('in a cloud that deletes nothing for good it is deleted from Deleted Items, too', async () => {
  expect(await probe({ permanentDelete: false })).toEqual({ access: 'allowed', left: false });
  expect(sandbox.drafts).toEqual([]);
  expect(await contentOf(sandbox)).toEqual([]);
});

test('one that cannot be deleted is told', async () => {
  const verdict = probe({}, (of) => of.fail({ operation: 'deleteMessage', status: 503, times: Infinity }));
  expect(await verdict).toEqual({ access: 'allowed', left: true });
  expect(sandbox.drafts).toHaveLength(1);
});
