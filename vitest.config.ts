import { defineConfig } from 'vitest/config'

const long = process.env.S1RIG_TEST_LONG === '1'

export default defineConfig({
  test: {
    include: long ? ['test/long/**/*.test.ts'] : ['test/**/*.test.ts'],
    exclude: long ? [] : ['test/long/**'],
    testTimeout: 30_000,
    pool: 'forks',
  },
})
