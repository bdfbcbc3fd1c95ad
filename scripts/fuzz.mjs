import { spawnSync } from 'node:child_process';

// npm run fuzz [-- RUNS]: hostile messages, 20,000 unless told otherwise; jest prints the seed, `npx jest --seed=… __tests__/envelope/fuzz` repeats it
const runs = process.argv[2] ?? '20000';
const { status } = spawnSync('npx', ['jest', '--workers=1', '__tests__/envelope/fuzz'], {
  stdio: 'inherit',
  env: { ...process.env, FUZZ_RUNS: runs },
});
process.exit(status ?? 1);
