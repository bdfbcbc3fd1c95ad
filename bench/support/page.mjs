// Turns the results into tables and plots. What stands around the tables in docs/benchmarks.md is written by hand.
import { barChart } from './chart.mjs';

const NAMES = {
  undici: 'undici Pool, bare loop',
  stripped: 'Nodemailer, Graph client and undici alone',
  auto: 'this transport, text and html',
  json: 'this transport, html alone (JSON)',
  fetch: 'fetch, bare loop',
  smtp: 'Nodemailer SMTP pool, no TLS',
  smtps: 'Nodemailer SMTP pool, TLS',
  outlook: 'outlook-nodemailer-transport',
  msgraph: 'nodemailer-msgraph-transport',
  nothing: 'Nodemailer alone, sends nothing',
};
const PEERS = ['outlook', 'msgraph'];
const OWN = ['auto', 'json'];
const FORMATS = { json: 'JSON', mime: 'MIME', none: 'Reading alone, nothing sent' };
const SOURCES = { path: 'a path', stream: 'a stream', url: 'a URL' };
const UNITS = { messages: 'message', recipients: 'recipient', attachments: 'attachment', memory: 'waiting message' };
/** Megabytes above idle for a file. */
const MEMORY_GOAL = 16;
/** Megabytes above those that reading a stream costs by itself. */
const STREAM_GOAL = 8;
/** Flat within the noise of a measurement. */
const FLAT = 1.25;

/** The sections of the page, and the plots, by file name. */
export function render({ throughput, startup, memory, growth }) {
  return {
    sections: {
      goals: goals({ throughput, startup, memory, growth }),
      throughput: section(throughput, 'throughput', 'CPU time per small message', throughputTable(throughput)),
      startup: section(startup, undefined, undefined, startupTable(startup)),
      memory: section(memory, 'memory', 'Memory above idle by size and source of an attachment', memoryTable(memory)),
      growth: section(growth, 'growth', 'Cost per message, recipient and attachment', growthTable(growth), 'least'),
    },
    plots: { throughput: throughputPlot(throughput), memory: memoryPlot(memory), growth: growthPlot(growth) },
  };
}

function section({ environment: { node, cores }, rounds }, plot, alternative, table, statistic = 'medians') {
  const measured = `Node.js ${node}, ${cores} cores, ${statistic} of ${rounds} rounds.`;
  return [...(plot ? [`![${alternative}](benchmarks/${plot}.svg)`] : []), table, measured].join('\n\n');
}

function goals({ throughput: { contenders }, startup, memory, growth }) {
  const rows = [];
  const goal = (what, wanted, found, met) => rows.push([what, wanted, found, met ? 'met' : '**missed**']);
  const { auto, json, stripped } = contenders;
  goal('Text and html, against bare `fetch`', '≥ 1.2 ×', times(auto.cpuToFetch.median), auto.cpuToFetch.median >= 1.2);
  for (const peer of PEERS) {
    const faster = contenders[peer].cpuToAuto;
    goal(`Text and html, against ${NAMES[peer]}, which sends the html only`, 'faster', times(faster), faster > 1);
  }
  goal('The html alone, against bare `fetch`', '≥ 1.5 ×', times(json.cpuToFetch.median), json.cpuToFetch.median >= 1.5);
  goal(`The html alone, against ${NAMES.stripped}`, '≥ 0.95 ×', times(stripped.cpuToJson), stripped.cpuToJson >= 0.95);
  const first = startup.graph.median / startup.smtp.median;
  goal("First `sendMail()`, against Nodemailer's SMTP with TLS and password", '≤ 1.3 ×', times(first), first <= 1.3);
  for (const how of ['require', 'import']) {
    const added = startup[how].median;
    goal(`\`${how}\`, added to Nodemailer's own`, '≤ 10 ms', `${added.toFixed(1)} ms`, added <= 10);
  }
  const sent = memory.memory.filter(({ format }) => format !== 'none');
  const fromPath = mostMemory(sent.filter(({ source }) => source === 'path'));
  goal('Memory above idle, up to 150 MB from a path', `≤ ${MEMORY_GOAL} MB`, `${fromPath} MB`, fromPath <= MEMORY_GOAL);
  const above = Math.ceil(mostAboveReading(memory.memory));
  goal('From a stream or a URL, above what reading alone costs', `≤ ${STREAM_GOAL} MB`, `${above} MB`, above <= STREAM_GOAL);
  const upload = memory.upload.ratio.median;
  goal('Upload, against a bare loop of the same chunks', '≥ 0.8 ×', times(upload), upload >= 0.8);
  for (const [what, { steps }] of Object.entries(growth.series)) {
    const ratio = flatness(steps);
    const name = what === 'memory' ? 'Memory per waiting message' : `Time per ${UNITS[what]}`;
    goal(`${name}, ${steps.at(-1).count.toLocaleString('en')} against 10`, `≤ ${FLAT} ×`, times(ratio), ratio <= FLAT);
  }
  // in their order, those that are met first
  const met = rows.filter(([, , , state]) => state === 'met');
  return table(['', 'Goal', 'Measured', ''], [...met, ...rows.filter((row) => !met.includes(row))]);
}

/** The worst case, in whole megabytes. */
function mostMemory(found) {
  return Math.ceil(Math.max(...found.map(({ above }) => above.median)));
}

/** How much more a message takes than reading its attachment and throwing it away, from the same source and of the same size. */
function mostAboveReading(memory) {
  const alone = memory.filter(({ format }) => format === 'none');
  return Math.max(
    ...memory
      .filter(({ format, source }) => format !== 'none' && source !== 'path')
      .map(({ above, source, size }) => above.median - alone.find((other) => other.source === source && other.size === size).above.median),
  );
}

function throughputTable({ contenders }) {
  const rows = Object.entries(contenders).map(([name, { cpu, wall, cpuToFetch, wallToFetch, bytes }]) => {
    const sends = name !== 'nothing';
    return [
      OWN.includes(name) ? `**${NAMES[name]}**` : NAMES[name],
      range(cpu, 0, 'µs'),
      times(cpuToFetch.median),
      sends ? Math.round(wall.median).toLocaleString('en') : '',
      sends ? times(wallToFetch.median) : '',
      sends ? bytes.toLocaleString('en') : '',
    ];
  });
  return table(['', 'CPU time per message', '× bare fetch', 'Messages/s', '× bare fetch', 'Bytes of body'], rows);
}

function throughputPlot({ contenders }) {
  const bars = Object.entries(contenders)
    .filter(([name]) => name !== 'nothing')
    .sort(([, a], [, b]) => a.cpu.median - b.cpu.median)
    .map(([name, { cpu, cpuToFetch }]) => ({
      label: NAMES[name],
      value: cpu.median,
      text: `${cpu.median.toFixed(0)} µs (${times(cpuToFetch.median)})`,
      own: OWN.includes(name),
    }));
  const note = 'Shorter is better. In brackets: how many messages per CPU time, against bare fetch.';
  return barChart({ title: 'CPU time of the sending process per small message', note, groups: [{ bars }] });
}

function startupTable({ require, import: imported, graph, graphProcess, smtp, smtpProcess }) {
  return table(
    ['', 'This transport', 'Nodemailer over SMTP'],
    [
      ["`require()`, added to Nodemailer's own", range(require, 1, 'ms'), ''],
      ["`import()`, added to Nodemailer's own", range(imported, 1, 'ms'), ''],
      ['First `sendMail()` with sign-in, from the first line of the program', range(graph, 0, 'ms'), range(smtp, 0, 'ms')],
      ['The same from the start of the process', range(graphProcess, 0, 'ms'), range(smtpProcess, 0, 'ms')],
    ],
  );
}

function memoryTable({ memory, upload }) {
  const sizes = [...new Set(memory.map(({ size }) => size))];
  const rows = [];
  for (const [format, label] of Object.entries(FORMATS)) {
    for (const [source, name] of Object.entries(SOURCES)) {
      if (!memory.some((each) => each.format === format && each.source === source)) continue;
      const found = sizes.map((size) => memory.find((each) => each.format === format && each.source === source && each.size === size));
      rows.push([`${label}, from ${name}`, ...found.map(({ above }) => range(above, 0, 'MB'))]);
    }
  }
  const speed = `Upload of ${upload.size} MB: ${range(upload.own, 0, 'MB/s')}, the bare loop ${range(upload.bare, 0, 'MB/s')}; ${times(upload.ratio.median)} of its speed (median of ${upload.rounds} rounds).`;
  return `${table(['Memory above idle', ...sizes.map((size) => `${size} MB`)], rows)}\n\n${speed}`;
}

function memoryPlot({ memory }) {
  const groups = Object.entries(FORMATS).map(([format, label]) => ({
    label,
    bars: memory
      .filter((each) => each.format === format)
      .map(({ source, size, above }) => ({
        label: `${size} MB from ${SOURCES[source]}`,
        value: above.median,
        text: `${above.median.toFixed(0)} MB`,
        own: format !== 'none',
      })),
  }));
  const note = 'Shorter is better; what counts is that bars of one source stay below the line, whatever the size.';
  const goal = { value: MEMORY_GOAL, text: `goal: ${MEMORY_GOAL} MB` };
  return barChart({ title: 'Resident memory above idle while one attachment is sent', note, groups, goal });
}

function growthTable({ series }) {
  return Object.entries(series)
    .map(([what, { unit, steps }]) => {
      const rows = steps.map(({ count, used }, index) => [
        count.toLocaleString('en'),
        amount(used.least, unit),
        index === 0 ? '' : amount(perUnit(steps, index), unit),
      ]);
      return table([what === 'memory' ? 'Messages waiting' : capital(what), 'Together', `Each further ${UNITS[what]}`], rows);
    })
    .join('\n\n');
}

function growthPlot({ series }) {
  const groups = Object.entries(series).map(([what, { unit, steps }]) => ({
    label: what === 'memory' ? 'Memory per waiting message' : `CPU time per ${UNITS[what]}`,
    bars: steps.slice(1).map(({ count }, index) => ({
      label: `${count.toLocaleString('en')} ${what === 'memory' ? 'messages' : what}`,
      value: perUnit(steps, index + 1),
      text: amount(perUnit(steps, index + 1), unit),
      own: true,
    })),
  }));
  const note = 'Each further one, without what the first costs. Bars of one group that are equally long mean: it stays flat.';
  return barChart({ title: 'Cost of one more', note, groups, apart: true });
}

/** What each one after the first costs. */
function perUnit([first, ...rest], index) {
  const { count, used } = rest[index - 1];
  return (used.least - first.used.least) / (count - first.count);
}

/** The cost of one more among most, against that among ten. */
function flatness(steps) {
  return perUnit(steps, steps.length - 1) / perUnit(steps, 1);
}

function amount(value, unit) {
  if (unit === 'bytes') return value >= 1e6 ? `${(value / 1e6).toFixed(1)} MB` : `${(value / 1e3).toFixed(1)} kB`;
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  return value >= 1 ? `${value.toFixed(1)} ms` : `${(value * 1000).toFixed(0)} µs`;
}

function range({ median, least, most }, digits, unit) {
  const show = (value) => Number(value.toFixed(digits)).toLocaleString('en', { minimumFractionDigits: digits });
  return `${show(median)} ${unit} (${show(least)}–${show(most)})`;
}

function times(value) {
  return `${value >= 10 ? value.toFixed(1) : value.toPrecision(3)} ×`;
}

function capital(word) {
  return word[0].toUpperCase() + word.slice(1);
}

function table(head, rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n');
}
