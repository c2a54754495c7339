/** A run is a function of its files and its seed: nothing else shows in the trace. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Attempt, home, type Migrated, migrateRig, writeRig } from '../helpers/migration.ts'

const SEVEN: Attempt = { rig: 'rigs/cb-seven-devices.yaml', seed: '7' }

const hashesOf = ({ directory }: Migrated): Record<string, string> =>
  JSON.parse(readFileSync(join(directory, 'manifest.json'), 'utf8')).traceHashes
const traceOf = ({ directory }: Migrated) => readFileSync(join(directory, 'trace.jsonl'), 'utf8')

test('the same files and seed give the same trace, octet for octet', async () => {
  const [one, two] = [await migrateRig(), await migrateRig()]
  expect(traceOf(two)).toBe(traceOf(one))
  expect(two.traceHash).toBe(one.traceHash)
  expect(one.traceHash).toMatch(/^[0-9a-f]{64}$/)
})

test('a faulted run is repeated just as well', async () => {
  const attempt = { faults: ['gsme.off=2h', 'esme.firmware=0.1,at:apn-switch'], settings: ['gt01.windowHours=24'] }
  expect((await migrateRig(attempt)).traceHash).toBe((await migrateRig(attempt)).traceHash)
})

test('another seed gives another trace and the same verdicts', async () => {
  const [one, two] = [await migrateRig({ seed: '1' }), await migrateRig({ seed: '2' })]
  expect(two.traceHash).not.toBe(one.traceHash)
  expect(two.summary).toBe(one.summary)
})

test('two rigs at the same time in one process leave the traces each leaves alone', async () => {
  const alone = [await migrateRig(), await migrateRig(SEVEN)].map(({ traceHash }) => traceHash)
  const together = await Promise.all([migrateRig(), migrateRig(SEVEN), migrateRig(), migrateRig(SEVEN)])
  expect(together.map(({ traceHash }) => traceHash)).toEqual([...alone, ...alone])
})

const threeHomes = () => writeRig(['north', 'south', 'west'].map((id, i) => home(id, 50 + i)))

test('the trace of a home does not depend on the homes beside it', async () => {
  const three = await migrateRig({ rig: threeHomes() })
  const alone = await migrateRig({ rig: writeRig([home('north', 50)]) })
  expect(hashesOf(three).north).toBe(hashesOf(alone).north)
})

test('a fault in one home does not show in the trace of another', async () => {
  const rig = threeHomes()
  const sound = hashesOf(await migrateRig({ rig }))
  const faulted = hashesOf(await migrateRig({ rig, faults: ['south/hub.wan=down'] }))
  expect({ ...faulted, south: '' }).toEqual({ ...sound, south: '' })
  expect(faulted.south).not.toBe(sound.south)
})

test('more homes than migrate at the same time make no difference to the first', async () => {
  const homes = Array.from({ length: 12 }, (_, i) => home(`home-${i}`, 50 + i))
  const [twelve, one] = [
    await migrateRig({ rig: writeRig(homes) }),
    await migrateRig({ rig: writeRig(homes.slice(0, 1)) }),
  ]
  expect(twelve.exitCode).toBe(0)
  expect(hashesOf(twelve)['home-0']).toBe(hashesOf(one)['home-0'])
})
