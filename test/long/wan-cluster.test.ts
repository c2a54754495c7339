/** Nodes of a clustered broker are killed one after another, while many hubs are asked and while homes migrate. */
import { setTimeout as pause } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import type { SessionNotice } from '../../src/wan/topics.ts'
import { rigUp } from '../bench/rig-under-test.ts'
import { writeFleet } from '../helpers/fleet.ts'
import { doneBy, home, migrateRig, temporaryFolder, writeRig } from '../helpers/migration.ts'
import type { NatsCluster } from '../helpers/nats-cluster.ts'
import { type Turn, WanLoad } from '../helpers/wan-load.ts'
import { startCluster } from '../peer/cluster.ts'

const LONG = { timeout: 900_000 }
const HUBS = 100
const AT_ONCE = 32
/** Rounds in which each node dies once. */
const ROUNDS = 2
/** Between the return of one node and the end of the next. */
const CALM_MS = 3_000

/** Each node in its turn: killed, away for a while, back with what it missed. Without a majority nothing would go on. */
async function killEach(cluster: NatsCluster, rounds: number): Promise<number> {
  let killed = 0
  for (let n = 0; n < rounds * cluster.size; n++) {
    await cluster.kill(n % cluster.size)
    killed++
    await pause(CALM_MS)
    await cluster.run(n % cluster.size)
    await pause(CALM_MS)
  }
  return killed
}

/** Two reads, and an order that leaves an event behind each time it is carried out. */
const TURNS: readonly Turn[] = [
  ({ hub }) => [hub, requestOf('readDeviceLog', {})],
  ({ esme }) => [esme, requestOf('readImportRegisters', {})],
  ({ esme }) => [esme, requestOf('commissionDevice', {})],
]
const COMMISSIONED = '8F69'

test('no request is lost, none is carried out twice, and every hub is announced afterwards', LONG, async context => {
  const cluster = await startCluster(context)
  const fleet = writeFleet(temporaryFolder(), HUBS, { kind: 'aps' })
  const carriedOut = new Map<string, number>()
  const rig = await rigUp(new PacedRunClock(1), {
    file: fleet.file,
    url: cluster.url,
    onRecord: ({ installation, event }) => {
      if (event.kind === 'device.event' && event.code === COMMISSIONED) countUp(carriedOut, installation)
    },
  })
  onTestFinished(() => rig.close())
  const brokers = Array.from({ length: cluster.size }, () => rig.broker)
  const load = await WanLoad.start({ brokers, fleet, patienceMs: 120_000 })
  onTestFinished(() => load.end())
  await load.assembled()
  load.clear()
  let over = false
  const asked = load.run({ atOnce: AT_ONCE, turns: TURNS, until: () => over })
  const killed = await killEach(cluster, ROUNDS)
  over = true
  await asked
  await pause(CALM_MS)

  expect(killed).toBe(ROUNDS * cluster.size)
  expect(load.entries.size).toBeGreaterThan(HUBS * TURNS.length)
  const { again: _, ...wrong } = load.imbalance()
  expect(wrong).toEqual({ lost: [], differently: [], failed: [], strange: [] })
  const ordered = new Map<string, number>()
  for (const { home, request } of load.entries.values()) if (request.commissionDevice) countUp(ordered, home.id)
  expect(carriedOut).toEqual(ordered)
  const up = fleet.homes.map(({ hub }) => `${hub} up`)
  for (const url of cluster.urls) await expect.poll(() => announced(url), { timeout: 30_000 }).toEqual(up)
})

test('homes that migrate meanwhile come to the same verdicts each time', LONG, async context => {
  const cluster = await startCluster(context)
  const rig = writeRig(['north', 'south', 'west'].map((id, i) => home(id, 60 + i)))
  const calm = doneBy(await migrateRig({ rig }))
  let over = false
  const killing = killEach(cluster, ROUNDS).finally(() => {
    over = true
  })
  while (!over) {
    const run = await migrateRig({
      rig,
      broker: { url: cluster.url, patience: { deliveryMs: 60_000, outageMs: 60_000 } },
    })
    expect(doneBy(run)).toEqual(calm)
  }
  expect(await killing).toBe(ROUNDS * cluster.size)
})

const countUp = (counts: Map<string, number>, id: string) => counts.set(id, (counts.get(id) ?? 0) + 1)

/** What a node tells a party that comes now of every hub, by hub. */
async function announced(url: string): Promise<string[]> {
  const told = new Map<string, string>()
  const client = await mqttBroker(url).connect({
    clientId: 'late',
    onMessage: ({ topic, payload }) => {
      const notice: SessionNotice = JSON.parse(Buffer.from(payload).toString())
      told.set(topic, `${notice.hub} ${notice.state}`)
    },
  })
  await client.subscribe('wan/+/+/session')
  await pause(CALM_MS)
  await client.end()
  return [...told.values()].sort()
}
