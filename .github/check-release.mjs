// Whether this checkout may be published as the tag says: npm run check:release -- v1.2.3
// REPOSITORY in package.json stands for owner/name on GitHub, from which npm knows homepage and issues, too; it stands nowhere else.
import { readFileSync } from 'node:fs';

const tag = process.argv[2] ?? '';
const { version, repository } = JSON.parse(readFileSync('package.json', 'utf8'));
const changelog = readFileSync('CHANGELOG.md', 'utf8');
const home = process.env.GITHUB_REPOSITORY;

const problems = [];
if (tag !== `v${version}`) problems.push(`the tag is "${tag}", but package.json says ${version}: it would have to be "v${version}"`);
const entry = changelog.split(/^(?=## )/m).find((section) => section.startsWith(`## [${version}]`));
if (!entry) problems.push(`CHANGELOG.md has no entry "## [${version}]"`);
else if (!/^- /m.test(entry)) problems.push(`the entry "## [${version}]" of CHANGELOG.md is empty`);
const unreleased = changelog.split(/^(?=## )/m).find((section) => section.startsWith('## [Unreleased]')) ?? '';
if (/^- /m.test(unreleased)) problems.push(`CHANGELOG.md still has entries under "[Unreleased]": they belong under "[${version}]"`);
// npm refuses provenance of another repository, at the very end
const url = typeof repository === 'string' ? repository : (repository?.url ?? '');
if (/\bREPOSITORY\b/.test(url))
  problems.push(`"repository" of package.json still is the placeholder ${url}: put owner/name in place of REPOSITORY`);
else if (home && !new RegExp(`github(\\.com[/:]|:)${home.replaceAll('.', '\\.')}(\\.git)?$`, 'i').test(url)) {
  problems.push(`"repository" of package.json is "${url}", but this is github.com/${home}`);
}

for (const problem of problems) console.error(problem);
if (problems.length === 0) console.log(`${version} may be published`);
process.exitCode = problems.length === 0 ? 0 : 1;
