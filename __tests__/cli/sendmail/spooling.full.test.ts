import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { useSpool } from './use-sendmail.js';

const { machine, sendmail, spooled } = useSpool();

test('what Graph may have taken is not sent again', async () => {
  machine.sandbox.fail({ operation: 'sendMail', status: 504, accepted: true });
  expect(await sendmail(['reader@example.com'])).toMatchObject({ status: 69, stderr: expect.stringContaining('may or may not') });
  expect([(await sendmail(['-q'])).status, machine.sandbox.messages.length, spooled()]).toEqual([0, 1, { unsure: 1 }]);
});

test('what Graph refuses for good is given up, kept with the reason, and the caller is told', async () => {
  machine.sandbox.fail({ operation: 'sendMail', status: 400, code: 'ErrorInvalidRecipients' });
  const refused = await sendmail(['reader@example.com']);
  expect(refused).toMatchObject({ status: 67, stderr: expect.stringMatching(/^sendmail: \S+ is given up: .*ErrorInvalidRecipients/) });
  expect([(await sendmail(['-q'])).status, machine.sandbox.messages, spooled()]).toEqual([0, [], { failed: 1 }]);
  const { stdout } = await sendmail(['-bp']);
  expect(stdout).toMatch(/ {2}given up /);
  // one of two: the other stays
  await sendmail(['-odq', 'other@example.com']);
  expect((await sendmail(['-qI', stdout.split(' ')[0] ?? ''])).status).toBe(0);
  expect(machine.sandbox.messages).toMatchObject([{ recipients: ['reader@example.com'] }]);
  expect(spooled()).toEqual({ waiting: 1 });
  expect(await sendmail(['-qI', '20261126T080000-00000000'])).toMatchObject({
    status: 64,
    stderr: expect.stringContaining('there is no message'),
  });
});

test('without a spool to write to a message is sent all the same', async () => {
  writeFileSync(join(machine.folder, 'file'), '');
  const result = await sendmail(['reader@example.com'], { more: { GRAPH_SPOOL: join(machine.folder, 'file') } });
  expect(result).toMatchObject({ status: 0, stderr: expect.stringMatching(/^sendmail: the spool .* cannot be used: E\w+\n$/) });
  expect(machine.sandbox.messages).toHaveLength(1);
});
