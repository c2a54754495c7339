/** A power cut of a real part is carried out by the program that the rig names for it. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MemoryHan } from '../../src/han/memory-han.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { homeOnStick } from '../helpers/bench.ts'
import { migrateRig, temporaryFolder, verdictsOn } from '../helpers/migration.ts'

/** The home on a stick, its electricity meter switched by a program that notes what it is called with. */
function powered(): { rig: string; calls: () => string[] } {
  const [relay, notes] = ['relay', 'notes'].map(name => join(temporaryFolder(), name)) as [string, string]
  writeFileSync(relay, `#!/bin/sh\necho "$@" >> ${notes}\n`)
  chmodSync(relay, 0o755)
  const rig = homeOnStick('ember')
  const power = `power: { off: ["${relay}", "off", "port 1"], on: ["${relay}", "on"] }`
  writeFileSync(rig, readFileSync(rig, 'utf8').replace(/(- type: ESME\n)/, `$1        ${power}\n`))
  return { rig, calls: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : []) }
}

const cut = (fault: string, { rig }: ReturnType<typeof powered>) =>
  migrateRig({
    ...{ rig, faults: [fault], clock: new PacedRunClock(1), settings: ['wan.answerWithinS=5'] },
    coordinators: (_, world) => {
      const han = new MemoryHan({ ...world, random: world.random.stream('han'), loss: 0 })
      return han.coordinator(world.eui64)
    },
  })

test('its power goes and comes back when the fault says, and the trace tells', async () => {
  const bench = powered()
  const { directory } = await cut('esme.off=100ms,at:power-on', bench)
  expect(bench.calls()).toEqual(['off port 1', 'on'])
  const trace = readFileSync(join(directory, 'trace.jsonl'), 'utf8')
  expect(trace).toMatch(/"fault.injected","fault":"esme.off=100ms,at:power-on"/)
  expect(trace).toMatch(/"fault.lifted"/)
})

test('a power cut that is longer than the run ends with it', async () => {
  const bench = powered()
  const { verdicts } = await cut('esme.off=2h', bench)
  expect(verdictsOn(verdicts, 'CB-PRE-REACH')[0]?.verdict).toBe('PASS')
  expect(bench.calls()).toEqual(['off port 1', 'on'])
})
