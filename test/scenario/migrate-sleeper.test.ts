/** A hub that sleeps on the WAN migrates like any other: the parties wake it by short messages first. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { home, inMemory, migrateRig, notPassed, writeRig } from '../helpers/migration.ts'
import { type Heard, observedBroker } from '../helpers/observed-broker.ts'

const HUB = /profile":"honeywell-elster\/s1ch\/2\.1\.0"/

/** The homes of a rig, their hubs of the release that sleeps. */
const asleep = (homes: readonly object[]) =>
  homes.map(one => JSON.parse(JSON.stringify(one).replace(HUB, 'profile":"honeywell-elster/s1ch/2.3.0"')))

const homesOf = (rig: string) => (parse(readFileSync(rig, 'utf8')) as { installations: object[] }).installations
const sleepers = () => writeRig(asleep(homesOf(inMemory())))

const NOT_NEEDED = ['CB-REC-RETURN SKIPPED', 'CB-REC-SERVICE SKIPPED']
const textsTo = (heard: readonly Heard[], msisdn: string) =>
  heard.filter(({ topic }) => topic === `sms/${msisdn}`).map(({ payload }) => Buffer.from(payload).toString())

test('a home whose hub sleeps comes to the verdicts of one that is always there', async () => {
  const { choice, heard } = await observedBroker()
  const { verdicts, conditions, rig } = await migrateRig({ rig: sleepers(), broker: choice })
  expect(notPassed(verdicts)).toEqual(NOT_NEEDED)
  expect(conditions).toMatchObject([{ id: 'q4a-migrated', attached: 'elster' }])
  const texts = textsTo(heard, '447700900121')
  expect(texts.slice(0, 2)).toEqual(['wake up 1 of 2', 'wake up 2 of 2'])
  expect(rig.sms.unknownNumbers).toBe(0)
})

test('short messages go to hubs that sleep, and to no other', async () => {
  const { choice, heard } = await observedBroker()
  const [sleeper] = asleep([{ ...home('home-2', 2), han: { panId: '0x1a64', channel: 20, kind: 'aps' } }])
  await migrateRig({ rig: writeRig([...homesOf(inMemory()), sleeper]), broker: choice })
  expect(textsTo(heard, '447700900121')).toEqual([])
  expect(textsTo(heard, '447700900221')).not.toEqual([])
})

test('a hub that sleeps where there is no coverage is not reached, whatever it is sent', async () => {
  const { verdicts } = await migrateRig({ rig: sleepers(), faults: ['hub.wan=down'] })
  const [failed] = verdicts.filter(({ verdict }) => verdict === 'FAIL')
  expect(failed?.observed).toMatch(/^E20 session down/)
})

test('a suspended SIM gets no short message: its hub sleeps on', async () => {
  const { verdicts, rig } = await migrateRig({ rig: sleepers(), faults: ['sim.state=suspended'] })
  expect(verdicts.find(({ verdict }) => verdict === 'FAIL')?.observed).toMatch(/^E20/)
  expect(rig.installation('home-1').link.standing).toBe('denied')
})
