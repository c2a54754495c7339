/** The process dies and starts again with a HAN on the air: keys and frame counters. */
import { expect, test } from 'vitest'
import { days, hours, minutes } from '../../src/base/time.ts'
import type { NodeMemory } from '../../src/zigbee/node-memory.ts'
import { type Home, home, ID, restarted } from '../unit/device-home.ts'

function nodesOf(day: Home): [device: string, node: NodeMemory][] {
  const { han } = day.memory().home.home
  return han.kind === 'radio' ? Object.entries(han.nodes) : []
}
/** The next counter of each kind of secured frame, by node. */
const countersOf = (day: Home) =>
  nodesOf(day).flatMap(([device, { nwk, linkKeys }]) => [
    [`${device} network`, nwk.keys.outgoing] as const,
    ...linkKeys.keys.map(({ peer, outgoing }) => [`${device} for ${peer}`, outgoing] as const),
  ])

test('no frame counter is used twice, even when the last minutes before the end were not kept', () => {
  const before = home()
  before.run(minutes(20))
  const memory = before.memory()
  before.run(minutes(40))
  const used = countersOf(before)
  expect(used.length).toBeGreaterThan(8)
  const after = restarted(before, memory)
  after.run(minutes(5))
  const now = new Map(countersOf(after))
  for (const [name, counter] of used) expect(now.get(name), name).toBeGreaterThan(counter)
  expect(after.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
})

test('nor by a life that was too short to keep anything, as long as it was kept once before power came', () => {
  const before = home()
  before.run(minutes(20))
  const short = restarted(before)
  const kept = short.memory()
  short.run(minutes(5))
  const used = countersOf(short)
  const after = restarted(short, kept)
  after.run(minutes(5))
  const now = new Map(countersOf(after))
  for (const [name, counter] of used) expect(now.get(name), name).toBeGreaterThan(counter)
})

test('a network key that is due comes when it was due, and one on its way to the devices reaches them all after the restart', () => {
  const first = home({
    edits: [['  sleeperTimeoutS:', '  networkKeyUpdateDays: { value: 1, source: assumed }\n  sleeperTimeoutS:']],
    keep: event => event.kind.startsWith('han.'),
  })
  first.run(minutes(20))
  const memory = first.memory()
  expect(memory.home.hub?.networkKeyDueUs).toBe(days(1))
  const soonUs = first.kernel.nowUs() + minutes(3)
  const hub = memory.home.hub && { ...memory.home.hub, networkKeyDueUs: soonUs }
  const update = restarted(first, { ...memory, home: { ...memory.home, ...(hub && { hub }) } })
  update.run(minutes(4))
  expect(update.events('han.network-key')).toEqual([])
  expect(update.memory().home.hub?.networkKeyDueUs).toBe(soonUs + days(1))
  const after = restarted(update)
  after.run(hours(1))
  expect(after.events('han.network-key')).toMatchObject([{ sequence: 1, missed: '' }])
  expect(after.events('han.link-key')).toEqual([])
  expect(after.ask('readImportRegisters', ID.ESME, {})?.code).toBe('I0')
})

test('the keys that open a capture are known in the next life too', () => {
  const before = home()
  before.run(minutes(20))
  const keys = before.installation.han.captureKeys().map(({ key }) => Buffer.from(key).toString('hex'))
  const after = restarted(before)
  after.run(minutes(1))
  const known = after.installation.han.captureKeys().map(({ key }) => Buffer.from(key).toString('hex'))
  expect(known).toEqual(expect.arrayContaining(keys))
})

test('the capture of a later life is dated by its civil time', () => {
  const before = home()
  before.run(minutes(20))
  const octets: Uint8Array[] = []
  const after = restarted(before, before.memory(), { onCapture: some => octets.push(some) })
  after.run(minutes(1))
  const [, first] = octets
  const datedMs = first ? Buffer.from(first).readUInt32LE(0) * 1_000 : 0
  expect(Math.abs(datedMs - before.kernel.unixMs())).toBeLessThan(2_000)
})
