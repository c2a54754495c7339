#!/usr/bin/env node
/** The process around the command line. */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// Half of what a short command takes is reading our own code: what was made of it is kept, in a folder of the package and not in one
// that everybody may write to. Where it cannot be written nothing is kept.
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/s1rig', import.meta.url)))

// A reader that goes away (| head) is no fault of the run: it goes on, and its evidence is whole.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', error => {
    if (!('code' in error) || error.code !== 'EPIPE') throw error
  })
}

const { runCommandLine } = await import('./program.ts')
await runCommandLine(process.argv.slice(2))
