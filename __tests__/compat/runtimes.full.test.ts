import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Server } from 'proxy-chain';
import type { SandboxRequest } from '../../lib/sandbox/index.js';
import { compat as folder, run, useCompat } from './support/compat-folder.js';

const compat = useCompat();
let proxy: Server;
const tunnelled: string[] = [];

beforeAll(async () => {
  proxy = new Server({
    host: '127.0.0.1',
    port: 0,
    prepareRequestFunction: ({ hostname }) => {
      tunnelled.push(hostname);
      return {};
    },
  });
  await proxy.listen();
  const target = join(compat.folder, 'target.json');
  writeFileSync(
    target,
    JSON.stringify({ ...(JSON.parse(readFileSync(target, 'utf8')) as object), proxy: `http://127.0.0.1:${proxy.port}` }),
  );
});
afterAll(() => proxy.close(true));

/** The programs that the npm packages `bun` and `deno` bring for this machine. */
function programOf(scope: string, name: string): string {
  const { platform, arch } = process;
  const candidates = [`${name}-${platform}-${arch}/bin/${name}`, `${platform}-${arch}-glibc/${name}`, `${platform}-${arch}/${name}`];
  const found = candidates
    .map((path) => join(folder, 'node_modules', scope, path))
    .find((path) => existsSync(path) || existsSync(`${path}.exe`));
  if (found === undefined) throw new Error(`the npm package of ${name} has nothing for ${platform} ${arch}`);
  return found;
}

test.each<[string, () => [string, string[]]]>([
  ['Node.js', () => [process.execPath, []]],
  ['Bun', () => [programOf('@oven', 'bun'), []]],
  ['Deno', () => [programOf('@deno', 'deno'), ['run', '--allow-all', '--node-modules-dir=manual', '--no-config']]],
])('%s keeps the whole contract, and ends by itself', async (_name, program) => {
  const about =
    (subject: string) =>
    ({ body }: SandboxRequest) =>
      (JSON.stringify(body) as string | undefined)?.includes(subject) ?? false;
  compat.sandbox.fail({ operation: 'sendMail', status: 429, headers: { 'retry-after': '1' }, match: about('throttled once') });
  compat.sandbox.fail({ operation: 'sendMail', cut: 'reset', match: about('answer lost') });
  compat.sandbox.fail({ operation: 'sendMail', delay: 5000, times: Infinity, match: about('slow') });
  tunnelled.length = 0;
  const [path, args] = program();
  const { stdout, stderr } = await run(path, [...args, 'apps/contract.mjs'], { env: compat.env });
  if (stdout === '') throw new Error(stderr);
  const results = JSON.parse(stdout) as Record<string, string>;
  expect(Object.entries(results).filter(([, result]) => result !== 'ok')).toEqual([]);
  expect(Object.keys(results).length).toBeGreaterThan(15);
  expect(tunnelled.length).toBeGreaterThan(0);
  const subjects = compat.sandbox.messages.map(({ subject }) => subject);
  expect(subjects.filter((subject) => subject.startsWith('many'))).toHaveLength(20);
  expect(subjects.filter((subject) => subject === 'large')).toHaveLength(3);
  for (const { attachments, subject } of compat.sandbox.messages)
    if (subject === 'large') expect(attachments[0]?.content.length).toBe(5 * 1024 * 1024);
  expect(subjects).not.toContain('aborted');
});
