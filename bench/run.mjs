// Runs the benchmarks and writes docs/benchmarks.md and its plots.
//
//   npm run bench                          all of it, about ten minutes
//   npm run bench -- throughput startup    these parts; the page keeps the results of the others
//   npm run bench -- outbox                the outbox beside a plain BullMQ worker; needs redis-server
//   npm run bench -- --quick               whether everything runs: nothing is written, the numbers mean nothing
//   node bench/run.mjs --render            the page, again from the results there are
//   node bench/run.mjs --check             whether the page is what the results make of it
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { render } from './support/page.mjs';

const PARTS = ['throughput', 'startup', 'memory', 'growth'];
const at = (path) => new URL(`../${path}`, import.meta.url);

const flag = { type: 'boolean', default: false };
const { values, positionals } = parseArgs({ allowPositionals: true, options: { quick: flag, render: flag, check: flag } });
// needs a Redis server, and says what it has measured on a page of its own
if (positionals.length === 1 && positionals[0] === 'outbox') {
  const { run } = await import('./parts/outbox.mjs');
  console.log(JSON.stringify(await run({ quick: values.quick, log: (text) => console.error(`outbox: ${text}`) }), rounded, 2));
  process.exit(0);
}
const unknown = positionals.find((name) => !PARTS.includes(name));
if (unknown !== undefined) {
  console.error(`There is no part "${unknown}", only ${PARTS.join(', ')}.`);
  process.exit(2);
}

const results = Object.fromEntries(PARTS.flatMap((name) => (existsSync(resultFile(name)) ? [[name, readResult(name)]] : [])));
if (!values.render && !values.check) {
  for (const name of PARTS.filter((part) => positionals.length === 0 || positionals.includes(part))) await runPart(name);
}

const missing = PARTS.filter((name) => !results[name]);
if (missing.length > 0) {
  console.error(`No page yet: the results of ${missing.join(', ')} are missing.`);
  process.exit(values.check ? 1 : 0);
}
const stale = await writePage();
if (values.check && stale.length > 0) {
  console.error(`Not what the results make of them: ${stale.join(', ')}. Run node bench/run.mjs --render`);
  process.exitCode = 1;
}

async function runPart(name) {
  const { run } = await import(`./parts/${name}.mjs`);
  const started = performance.now();
  const measured = await run({ quick: values.quick, log: (text) => console.error(`${name}: ${text}`) });
  console.error(`${name}: ${Math.round((performance.now() - started) / 1000)} s`);
  const environment = { node: process.versions.node, cores: availableParallelism() };
  // as they are read again later
  const text = JSON.stringify({ environment, ...measured }, rounded);
  results[name] = JSON.parse(text);
  if (values.quick) return;
  mkdirSync(at('bench/results/'), { recursive: true });
  await write(`bench/results/${name}.json`, text);
}

/** Writes what differs, unless it is only to be checked; returns the names of what differs. */
async function writePage() {
  const { sections, plots } = render(results);
  let page = readFileSync(at('docs/benchmarks.md'), 'utf8');
  for (const [name, text] of Object.entries(sections)) {
    const block = new RegExp(`(<!-- ${name}: .* -->\n)[^]*?(<!-- /${name} -->)`);
    if (!block.test(page)) throw new Error(`docs/benchmarks.md has no place for ${name}`);
    page = page.replace(block, (_all, begin, end) => `${begin}\n${text}\n\n${end}`);
    if (!values.check && (positionals.length === 0 || positionals.includes(name) || name === 'goals')) console.log(`${text}\n`);
  }
  const files = { 'docs/benchmarks.md': page };
  for (const [name, svg] of Object.entries(plots)) files[`docs/benchmarks/${name}.svg`] = svg;
  const stale = [];
  for (const [path, text] of Object.entries(files)) if (await write(path, text, values.check || values.quick)) stale.push(path);
  return stale;
}

/** Writes it the way the project's formatter wants it; returns whether that changes something. */
async function write(path, text, dry = false) {
  const file = at(path);
  const formatted = path.endsWith('.svg') ? text : await format(text, { ...(await resolveConfig(file)), filepath: file.pathname });
  if (existsSync(file) && readFileSync(file, 'utf8') === formatted) return false;
  if (!dry) {
    mkdirSync(new URL('.', file), { recursive: true });
    writeFileSync(file, formatted);
  }
  return true;
}

function resultFile(name) {
  return at(`bench/results/${name}.json`);
}

function readResult(name) {
  return JSON.parse(readFileSync(resultFile(name), 'utf8'));
}

/** Four digits are more than a measurement is worth. */
function rounded(_key, value) {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}
