import { loadPackage } from '../../lib/errors/load-package.js';

interface Made {
  make(): string;
}
const made: Made = { make: () => 'made' };

test.each<[string, unknown]>([
  ['a package with names', made],
  ['a CommonJS package without them', { default: made }],
  ['a bundle of a bundle', { default: { default: made } }],
  ['a package that is a function', { default: Object.assign(() => undefined, made) }],
  ['names that are there, beside a default', { ...made, default: {} }],
])('%s is read', async (_what, loaded) => {
  const found = await loadPackage<Made>('made', () => Promise.resolve(loaded as Made), 'make');
  expect(found.make()).toBe('made');
});

test.each<[string, () => Promise<Made>, string]>([
  [
    'is not there',
    () => Promise.reject(Object.assign(new Error("Cannot find package 'made'"), { code: 'ERR_MODULE_NOT_FOUND' })),
    "Cannot find package 'made'. ",
  ],
  [
    'fails while it is loaded',
    () => Promise.reject(new Error('Dynamic require of "node:fs" is not supported')),
    'Dynamic require of "node:fs"',
  ],
  ['is something else', () => Promise.resolve({ default: {} } as never), 'it has no make'],
  ['is nothing', () => Promise.resolve(undefined as never), 'it has no make'],
])('a package that %s is a permanent ECONFIG with its name and the reason', async (_what, load, reason) => {
  await expect(loadPackage('made', load, 'make')).rejects.toMatchObject({
    code: 'ECONFIG',
    permanent: true,
    message: expect.stringMatching(/^the package made cannot be loaded: /),
    hint: expect.stringContaining('docs/bundlers.md'),
  });
  await expect(loadPackage('made', load, 'make')).rejects.toThrow(reason);
});
