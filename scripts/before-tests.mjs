// Jest's global setup: the tests run the sources, which need the page of the inbox as a module.
import { buildPageIfStale } from './build-page.mjs';

export default buildPageIfStale;
