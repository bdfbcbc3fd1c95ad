// Whether anything is known against what users get: the dependencies and the packages in dist/vendor, as package-lock.json names them.
// Asks OSV (https://osv.dev; OSV_URL for another address) and lets npm check the registry's signatures. What cannot be asked from here is
// said and is no failure, unless --strict.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vendored } from './build-vendor.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const osv = process.env.OSV_URL ?? 'https://api.osv.dev';
const strict = process.argv.includes('--strict');
const { packages } = JSON.parse(readFileSync(process.env.LOCK_FILE ?? join(root, 'package-lock.json'), 'utf8'));

const problems = [];
const skipped = [];
const shipped = findShipped();
await askOsv();
checkSignatures();

for (const text of skipped) console.log(`not checked: ${text}`);
for (const text of problems) console.error(text);
if (problems.length === 0) console.log(`${shipped.length} packages, nothing known against them from ${2 - skipped.length} of 2 checks`);
process.exitCode = problems.length > 0 || (strict && skipped.length > 0) ? 1 : 0;

/** Name and version of everything that users get, once each. */
function findShipped() {
  const start = [...Object.keys(packages[''].dependencies ?? {}), ...vendored].map((name) => resolve(name, '')).filter(Boolean);
  const found = new Set();
  for (const path of start) collect(path, found);
  const named = new Map(
    [...found].map((path) => [`${nameOf(path)}@${packages[path].version}`, { name: nameOf(path), version: packages[path].version }]),
  );
  return [...named.values()];
}

function nameOf(path) {
  return packages[path].name ?? path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function resolve(name, from) {
  for (let at = from; ; at = posix.dirname(at)) {
    const candidate = posix.join(at, 'node_modules', name);
    if (packages[candidate]) return candidate;
    if (at === '.' || at === '') return undefined;
  }
}

function collect(path, found) {
  if (found.has(path)) return;
  found.add(path);
  for (const name of Object.keys({ ...packages[path].dependencies, ...packages[path].optionalDependencies })) {
    const dependency = resolve(name, path);
    if (dependency) collect(dependency, found);
  }
}

async function askOsv() {
  const queries = shipped.map(({ name, version }) => ({ package: { ecosystem: 'npm', name }, version }));
  try {
    const response = await fetch(`${osv}/v1/querybatch`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ queries }),
      signal: AbortSignal.timeout(30_000),
    });
    if (!response.ok) throw new Error(`HTTP ${response.status}`);
    const { results } = await response.json();
    results.forEach(({ vulns = [] }, index) => {
      const { name, version } = shipped[index];
      for (const { id } of vulns) problems.push(`${name} ${version}: https://osv.dev/vulnerability/${id}`);
    });
  } catch (error) {
    skipped.push(`vulnerabilities, since OSV does not answer (${error.cause?.code ?? error.message})`);
  }
}

function checkSignatures() {
  const { status, stdout, stderr } = spawnSync('npm', ['audit', 'signatures', '--fetch-retries=0', '--fetch-timeout=30000'], {
    cwd: root,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  const text = `${stdout}${stderr}`;
  if (status === 0) return;
  if (/invalid (registry )?signature|have been tampered|missing (registry )?signature/i.test(text))
    problems.push(`npm audit signatures:\n${text.trim()}`);
  else
    skipped.push(
      `signatures, which this registry does not offer (${/npm error (?!code)(.*)/.exec(text)?.[1] ?? (text.trim() || 'no answer')})`,
    );
}
