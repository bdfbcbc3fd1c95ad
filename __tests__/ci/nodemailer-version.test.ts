import nodemailer from 'nodemailer';
import { createMimeNode } from '../../lib/message/nodemailer.js';
import { nodemailerInUse as wanted, nodemailerVersions } from '../support/nodemailer-versions.js';

// what a column of `npm run test:matrix` stands for
const folders = new Map(nodemailerVersions.map(([version]) => [version, version === '10' ? 'nodemailer' : `nodemailer-${version}`]));

test(`tests run with Nodemailer ${wanted}`, () => {
  const { version } = jest.requireActual<{ version: string }>('nodemailer/package.json');
  expect(version.split('.')[0]).toBe(wanted);
  expect(nodemailer).toBe(new Map(nodemailerVersions).get(wanted));
});

test('the transport uses the same one', () => {
  const module = jest.requireActual<{ default?: unknown }>(`${folders.get(wanted)}/lib/mime-node/index.js`);
  expect(createMimeNode()).toBeInstanceOf(module.default ?? module);
});

test('the list of all versions stays what it says', () => {
  const majors = [...folders.values()].map((name) => jest.requireActual<{ version: string }>(`${name}/package.json`).version.split('.')[0]);
  // here `nodemailer` is the one of this column
  expect(majors).toEqual(['7', '8', '9', wanted]);
  expect(new Set(nodemailerVersions.map(([, one]) => one)).size).toBe(4);
});
