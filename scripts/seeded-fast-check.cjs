// What the tests import as fast-check: property tests follow jest's seed, which is printed and repeated with --seed.
// By path, since the name leads here.
const fc = require('../node_modules/fast-check/lib/cjs/fast-check.js');
const globals = require('@jest/globals');

fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: globals.jest.getSeed() });
module.exports = fc;
