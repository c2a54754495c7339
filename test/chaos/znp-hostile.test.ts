/** A line on which anything may come: our ZNP never stops, counts what was wrong, and the next good host starts it. */
import { expect, test } from 'vitest'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { ZnpDongle } from '../../src/dongle/znp/znp-dongle.ts'
import { isSreq, MT, type MtName, mtName, readResponse, requestFrame } from '../../src/wire/znp/mt.ts'
import { encodeUnpi, MT_TYPE, UnpiReader } from '../../src/wire/znp/unpi.ts'
import { ZigbeeNetworkProcessor } from '../../src/zigbee/zigbee-network-processor.ts'
import { disturbed, octetSource } from '../helpers/disturbed-octets.ts'
import { MemoryLine } from '../helpers/memory-line.ts'
import { zigbeeWorld } from '../helpers/zigbee-world.ts'
import { ZnpBench } from '../unit/znp-bench.ts'

const MEGABYTE = 2 ** 20
const PIECE = 4_096

/** A new host: it resets the stick, wipes it, and commissions it. */
function anotherHostStarts(znp: ZnpBench): void {
  znp.line.cut('the host has gone')
  znp.line.mend()
  znp.run()
  expect(znp.reset()).toContainEqual(expect.objectContaining({ name: 'SYS_RESET_IND' }))
  znp.write(0x03, '03')
  znp.reset()
  znp.commissioned()
  expect(znp.network.network).toMatchObject({ panId: 0x1a62, channel: 15 })
}

test('a megabyte of noise is counted and thrown away', () => {
  const znp = new ZnpBench().commissioned()
  const { bytes } = octetSource(1)
  for (let sent = 0; sent < MEGABYTE; sent += PIECE) {
    znp.line.host.write(bytes(PIECE))
    znp.run(milliseconds(20))
  }
  znp.run(seconds(60))
  const { frames, damaged, stray } = znp.dongle.line
  expect(stray).toBeGreaterThan(MEGABYTE / 2)
  expect(damaged).toBeGreaterThan(500)
  expect(frames).toBeLessThan(100)
  anotherHostStarts(znp)
})

test('a line that loses, changes, adds and drips octets costs the frames it hits, and the same host goes on', () => {
  const znp = new ZnpBench().commissioned()
  const { next, bytes } = octetSource(7)
  znp.line.disturb = octets => {
    switch (next(8)) {
      case 0:
        return [bytes(next(20)), octets]
      case 1:
        return [octets.slice(0, next(octets.length))]
      case 2:
        octets.set([next(256)], next(octets.length))
        return [octets]
      case 3:
        // A length that is none.
        octets.set([next(256)], 1)
        return [octets]
      case 4:
        return [...octets].map(octet => Uint8Array.of(octet))
      default:
        return [octets]
    }
  }
  for (let n = 0; n < 2_000; n++) {
    znp.say(n % 2 ? 'SYS_PING' : 'UTIL_GET_DEVICE_INFO', {})
    znp.run(milliseconds(5))
  }
  znp.line.disturb = octets => [octets]
  znp.run(seconds(60))
  expect(znp.dongle.line.frames).toBeGreaterThan(1_000)
  expect(znp.dongle.line.damaged).toBeGreaterThan(50)
  expect(znp.ask('SYS_PING', {})).toEqual({ capabilities: 0x0579 })
  expect(znp.ask('UTIL_GET_DEVICE_INFO', {})).toMatchObject({ deviceState: 9 })
  anotherHostStarts(znp)
})

test('a host that never reads, and asks on, fills no memory', () => {
  const znp = new ZnpBench().commissioned()
  const { write } = znp.line.device
  znp.line.device.write = () => false
  for (let n = 0; n < 5_000; n++) {
    znp.say('SYS_VERSION', {})
    if (n % 500 === 0) znp.run()
  }
  znp.run()
  expect(znp.dongle.counts.unsent).toBeGreaterThan(4_000)
  znp.line.device.write = write
  znp.run()
  anotherHostStarts(znp)
})

/** Every command there is, as nobody means it: cut, changed, of any content; each in a frame of good check octet. */
function* commands(seed: number, count: number) {
  const names = Object.keys(MT) as MtName[]
  const { next } = octetSource(seed)
  for (const data of disturbed([new Uint8Array(40), Uint8Array.from({ length: 30 }, (_, n) => n)], seed, count)) {
    const name = names[next(names.length)] as MtName
    // Resets would keep it from doing anything else.
    if (name === 'SYS_RESET_REQ' && next(20) > 0) continue
    const { subsystem, command } = MT[name]
    const type = next(30) === 0 ? next(8) : isSreq(name) ? MT_TYPE.SREQ : MT_TYPE.AREQ
    const at = next(40) === 0 ? { subsystem: next(32), command: next(256) } : { subsystem, command }
    yield encodeUnpi({ type, ...at, data })
  }
}

test('commands of any content are refused or done, whatever the real network behind makes of them', {
  timeout: 60_000,
}, () => {
  const { kernel, of } = zigbeeWorld('hostile host')
  const line = new MemoryLine(kernel)
  const network = new ZigbeeNetworkProcessor(of('00124b00000000aa'))
  const dice = kernel.random.stream('stick')
  const dongle = new ZnpDongle({ link: line.device, network, clock: kernel, timers: kernel, dice })
  const answers: string[] = []
  const reader = new UnpiReader(({ type, subsystem, command, data }) => {
    const name = mtName(subsystem, command)
    if (type !== MT_TYPE.SRSP) return
    answers.push(name ?? 'error')
    // What it answers is always well-formed.
    if (name && isSreq(name)) readResponse(name, data)
  })
  line.host.listen({ onOctets: octets => reader.push(octets) })
  const run = (forUs: number) => kernel.runUntil(kernel.nowUs() + forUs)
  run(milliseconds(10))
  let said = 0
  for (const octets of commands(11, 12_000)) {
    line.host.write(octets)
    said++
    if (said % 4 === 0) run(milliseconds(2))
    if (said % 1_000 === 0) run(seconds(30))
  }
  run(seconds(300))
  expect(new Set(answers).size).toBeGreaterThan(45)
  expect(answers.length).toBeGreaterThan(said / 2)
  expect(dongle.counts.malformed).toBeGreaterThan(500)
  expect(dongle.refusals.length).toBeLessThanOrEqual(32)
  expect(reader.counts.damaged).toBe(0)
  const before = answers.length
  line.host.write(encodeUnpi(requestFrame('SYS_PING', {})))
  run(seconds(1))
  expect(answers.slice(before)).toEqual(['SYS_PING'])
  JSON.stringify([dongle.memory(), network.memory()])
})

test('what other nodes send, whatever it is, goes to the host as it is, or is counted', () => {
  const znp = new ZnpBench().commissioned()
  for (const endpoint of [1, 6]) znp.register(endpoint, endpoint === 1 ? 0x0104 : 0x0109)
  const { next, bytes } = octetSource(21)
  const lengths = [0, 1, 12, 40, 229, 230, 231, 247, 248, 249, 250, 251, 700]
  for (let n = 0; n < 5_000; n++) {
    const toDeviceObject = next(2) === 0
    const endpoint = toDeviceObject ? 0 : ([1, 6, 0xff, next(256)][next(4)] ?? 1)
    znp.network.receive({
      profileId: toDeviceObject ? 0 : ([0x0104, 0x0109, 0xffff, next(65_536)][next(4)] ?? 0),
      clusterId: toDeviceObject ? (next(2) << 15) | next(80) : next(65_536),
      ...{ sourceEndpoint: next(256), destinationEndpoint: endpoint, asdu: bytes(lengths[next(lengths.length)] ?? 0) },
      ...{ from: next(65_536), counter: next(256), lqi: next(256) },
      delivery: (['unicast', 'broadcast', { group: next(4) }] as const)[next(3)] ?? 'unicast',
    })
    if (n % 100 === 0) znp.run()
  }
  znp.run(seconds(1))
  expect(znp.damaged).toBe(0)
  expect(znp.heard.length).toBeGreaterThan(500)
  expect(znp.dongle.counts.malformed).toBeGreaterThan(100)
  expect(znp.dongle.counts.unfetched).toBeGreaterThan(10)
  expect(znp.ask('SYS_PING', {})).toEqual({ capabilities: 0x0579 })
})
