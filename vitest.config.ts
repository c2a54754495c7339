import { defineConfig } from 'vitest/config'

const long = process.env.S1RIG_TEST_LONG === '1'

export default defineConfig({
  test: {
    include: long ? ['test/long/**/*.test.ts'] : ['test/**/*.test.ts'],
    exclude: long ? [] : ['test/long/**'],
    globalSetup: './test/setup/install-strangers.ts',
    reporters: ['default', './test/setup/reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // Nearly all of it is virtual time, which needs processors and nothing else.
    maxWorkers: '100%',
  },
})
