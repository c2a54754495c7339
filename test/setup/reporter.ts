/**
 * Stands beside the default reporter: names every skipped test with its reason, and makes
 * `N passed, N failed, N skipped` the last line of the run, whatever became of it.
 */
import { writeSync } from 'node:fs'
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node'

interface Counts {
  passed: number
  failed: number
  skipped: number
}

export default class CountsReporter implements Reporter {
  private counts: Counts = { passed: 0, failed: 0, skipped: 0 }

  onInit(): void {
    process.once('exit', code => {
      const { passed, failed, skipped } = this.counts
      // A setup that throws, an interrupt, nothing found to run: no test to blame, and still not green.
      const failures = failed === 0 && code !== 0 ? 1 : failed
      print(`${passed} passed, ${failures} failed, ${skipped} skipped`)
    })
  }

  onTestRunEnd(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>): void {
    const skipped = modules.flatMap(module => [...module.children.allTests('skipped')])
    this.counts = count(modules, unhandled, skipped.length)
    for (const test of skipped)
      print(`skipped: ${test.module.relativeModuleId} > ${test.fullName}: ${whySkipped(test)}`)
  }
}

/** A file or suite that fails outside its tests (import, collection, a hook) and an unhandled error count as one each. */
function count(modules: ReadonlyArray<TestModule>, unhandled: ReadonlyArray<SerializedError>, skipped: number): Counts {
  let passed = 0
  let failed = unhandled.length
  for (const module of modules) {
    failed += module.errors().length > 0 ? 1 : 0
    for (const suite of module.children.allSuites()) failed += suite.errors().length > 0 ? 1 : 0
    for (const test of module.children.allTests()) {
      const { state } = test.result()
      if (state === 'passed') passed += 1
      // A test still pending at the end never finished.
      else if (state !== 'skipped') failed += 1
    }
  }
  return { passed, failed, skipped }
}

function whySkipped(test: TestCase): string {
  const result = test.result()
  if (result.state === 'skipped' && result.note) return result.note
  return test.options.mode === 'todo' ? 'to do' : 'no reason given'
}

/** Straight to the descriptor: at process exit nothing buffered would still be written. */
const print = (line: string): void => {
  writeSync(1, `${line}\n`)
}
