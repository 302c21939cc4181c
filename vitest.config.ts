import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // A process per test file: a test may kill its own children and set its own environment.
    pool: 'forks',
    maxWorkers: 2,
    globalSetup: ['test/support/announce-servers.ts'],
    setupFiles: ['test/support/end-with-parent.ts'],
    // Real servers start and real dumps run; a hang must still end the run.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    // Whoever waits for something waits for it to happen; the limit is for what never does.
    expect: { poll: { timeout: 60_000, interval: 50 } },
    // A forgotten `.only` must not hide the others, nor an empty run pass.
    allowOnly: process.env['CI'] === undefined,
    passWithNoTests: false,
  },
});
