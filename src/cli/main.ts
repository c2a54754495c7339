#!/usr/bin/env node
/** The process around the command line. */
import { runCommandLine } from './program.ts'

// A reader that goes away (| head) is no fault of the run: it goes on, and its evidence is whole.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', error => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error
  })
}

await runCommandLine(process.argv.slice(2))
