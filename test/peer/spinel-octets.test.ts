/** zigbee-on-host, a host for RCP sticks, reads what our RCP says, and would say itself what our host says. */
import { expect, test } from 'vitest'
import { decodeHdlcFrame } from 'zigbee-on-host/dist/spinel/hdlc.js'
import * as zoh from 'zigbee-on-host/dist/spinel/spinel.js'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { withFcs } from '../../src/radio/fcs.ts'
import { spinelStick } from '../helpers/spinel-stick.ts'
import { data, PAN, RadioBench } from '../unit/radio-bench.ts'

const EUI64 = '00db1234567800a1'
/** Every octet that is escaped is in it. */
const payload = fromHex('7e7d1113f8005e5d')

/** What both said, as the stranger takes it apart: command, property, value. */
function conversation() {
  const bench = new RadioBench()
  const { line, radio } = spinelStick(bench.kernel, bench.air.radio('stick', EUI64))
  const host: string[] = []
  const rcp = new Map<number, Buffer[]>()
  line.disturb = octets => {
    const { header, commandId, payload } = zoh.decodeSpinelFrame(decodeHdlcFrame(Buffer.from(octets)))
    expect(header.flg).toBe(2)
    if (commandId === 6 || commandId === 7) {
      const [property] = zoh.getPackedUInt(payload, 0)
      rcp.set(property, [...(rcp.get(property) ?? []), payload])
    } else host.push(`${commandId} ${toHex(payload)}`)
    return [octets]
  }
  const peer = bench.node('peer', 2)
  radio.configure({ channel: 15, panId: PAN, shortAddress: 0x7e11, extendedAddress: '7e7d1113f8000102' })
  radio.setFramePending(0x1234, true)
  bench.run(milliseconds(50))
  radio.transmit(data(0x7e11, 2, { payload }), { channel: 15, csma: false, attempts: 5 })
  bench.run(milliseconds(50))
  radio.energyScan(20, milliseconds(30), () => {})
  bench.run(seconds(1))
  bench.send(peer, data(2, 0x7e11, { payload }))
  return { host, rcp, frames: { out: data(0x7e11, 2, { payload }), in: data(2, 0x7e11, { payload }) } }
}

const set = (octets: Buffer) => `3 ${toHex(octets)}`

test('our host says what a foreign host would say', () => {
  const { host, frames } = conversation()
  const how = { txChannel: 15, ccaBackoffAttempts: 4, ccaRetries: 4, enableCSMACA: false, headerUpdated: true }
  const more = { reTx: false, securityProcessed: true, txDelay: 0, txDelayBaseTime: 0, rxChannelAfterTxDone: 15 }
  for (const said of [
    zoh.writePropertyb(32, true),
    zoh.writePropertyC(33, 15),
    zoh.writePropertyE(52, 0x7e7d1113f8000102n),
    zoh.writePropertyS(53, 0x7e11),
    zoh.writePropertyS(54, PAN),
    zoh.writePropertyb(55, true),
    zoh.writePropertyb(59, true),
    zoh.writePropertyC(56, 0),
    zoh.writePropertyStreamRaw(Buffer.from(withFcs(frames.out)), { ...how, ...more }),
    zoh.writePropertyAC(49, [20]),
    zoh.writePropertyS(50, 30),
    zoh.writePropertyC(48, 2),
  ])
    expect(host).toContain(set(said))
  expect(host).toContain(`4 ${toHex(zoh.writePropertyS(4868, 0x1234))}`)
})

test('our RCP is understood by a foreign host', () => {
  const { rcp, frames } = conversation()
  const said = (property: number) => rcp.get(property)?.[0] ?? Buffer.alloc(0)
  expect(zoh.readPropertyii(1, said(1))).toEqual([4, 3])
  expect(zoh.readPropertyU(2, said(2))).toMatch(/^s1rig RCP/)
  expect(zoh.readPropertyAi(5, said(5))).toEqual(expect.arrayContaining([34, 513]))
  expect(zoh.readPropertyE(8, said(8))).toBe(BigInt(`0x${EUI64}`))
  expect(zoh.readPropertyS(53, said(53))).toBe(0x7e11)
  const [frame, metadata] = zoh.readStreamRaw(said(113), 1)
  expect(toHex(frame)).toBe(toHex(withFcs(frames.in)))
  expect(metadata).toMatchObject({ rssi: expect.any(Number), noiseFloor: -105, flags: 0 })
  expect([...said(57)]).toEqual([57, 20, expect.any(Number)])
})
