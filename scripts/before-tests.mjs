// Jest's global setup: the tests run the sources, which need the page of the inbox as a module.
import { stop } from 'esbuild';
import { buildPageIfStale } from './build-page.mjs';

export default async function prepare() {
  await buildPageIfStale();
  // its service would outlive the tests
  await stop();
}
