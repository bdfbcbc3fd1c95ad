import type { SandboxLoss } from '../../lib/sandbox/index.js';
import { deliver, gone, kept, view } from './lossy.js';

const json = Object.keys(gone).filter((feature) => !feature.startsWith('calendar'));
it.each(json)('loses %s of JSON, and nothing else', async (feature) => {
  const lost = feature === 'text' ? { text: undefined } : gone[feature];
  expect(view(await deliver('json', [`json:${feature}` as SandboxLoss]))).toEqual({ ...kept.json, ...lost });
});

it.each(Object.keys(gone))('loses %s of MIME, and nothing else', async (feature) => {
  expect(view(await deliver('mime', [`mime:${feature}` as SandboxLoss]))).toEqual({ ...kept.mime, ...gone[feature] });
});
