import { startSandbox, type SandboxLoss } from '../../lib/sandbox/index.js';
import { deliver, gone, kept, view } from './lossy.js';

it.each(['json', 'mimeDraft'] as const)('loses nothing of %s unless it is told to', async (way) => {
  expect(view(await deliver(way, []))).toEqual(kept[way]);
});

it('loses of JSON all it is told to, and of MIME nothing then', async () => {
  const features = Object.keys(gone);
  const loses = features.map((feature) => `json:${feature}` as SandboxLoss);
  expect(view(await deliver('json', loses))).toEqual({ ...kept.json, ...Object.assign({}, ...Object.values(gone)), text: undefined });
});

it('loses of MIME all it is told to', async () => {
  const loses = Object.keys(gone).map((feature) => `mime:${feature}` as SandboxLoss);
  expect(view(await deliver('mime', loses))).toEqual({ ...kept.mime, ...Object.assign({}, ...Object.values(gone)) });
});

it('loses of a MIME draft that got attachments what it is told to, but not the attachments', async () => {
  const draft = await deliver('mimeDraft', ['mimeDraft:text', 'mimeDraft:calendar', 'mimeDraft:threading']);
  expect(view(draft)).toEqual({ ...kept.mimeDraft, ...gone['text'], ...gone['calendar'], ...gone['threading'] });
  expect(draft.message.attachments.map(({ name }) => name)).toContain('later.txt');
});

it('loses of other MIME nothing of that', async () => {
  expect(view(await deliver('mime', ['mimeDraft:text', 'mimeDraft:calendar', 'mimeDraft:threading', 'json:fromName']))).toEqual(kept.mime);
});

it('tells of an entry it does not know', async () => {
  await expect(startSandbox({ loses: ['mime:subject' as SandboxLoss] })).rejects.toThrow('"loses" must hold entries such as');
});
