import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @type {import('next').NextConfig} */
export default {
  eslint: { ignoreDuringBuilds: true },
  // this repository has lock files above
  outputFileTracingRoot: dirname(fileURLToPath(import.meta.url)),
};
