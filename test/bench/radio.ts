/** Frames through the simulated air, and through the MAC codec. */
import { Kernel } from '../../src/kernel/kernel.ts'
import { Air } from '../../src/radio/air.ts'
import { hasGoodFcs, withFcs } from '../../src/radio/fcs.ts'
import { decodeMacFrame, encodeMacFrame, type MacFrame } from '../../src/radio/mac-frame.ts'
import { Pcap } from '../../src/radio/pcap.ts'
import { median, type Row } from './table.ts'

const ROUNDS = 5
const FRAMES = 100_000
/** A typical Smart Energy frame is some 60 octets long. */
const frame: MacFrame = {
  type: 'data',
  sequence: 1,
  ackRequest: true,
  destination: { panId: 0x1a62, short: 2 },
  source: { panId: 0x1a62, short: 1 },
  payload: new Uint8Array(51).fill(0x5a),
}

export async function radioFigures(): Promise<Row[]> {
  const psdu = encodeMacFrame(frame)
  const onAir = withFcs(psdu)
  return [
    row(
      'unicasts with CSMA-CA and acknowledgement through the air, 2 radios',
      rate(FRAMES, () => unicasts(2)),
      '150000 /s',
    ),
    row(
      'the same, 6 radios in range',
      rate(FRAMES, () => unicasts(6)),
    ),
    row(
      'the same, 2 radios, captured as pcap',
      rate(FRAMES, () => unicasts(2, true)),
    ),
    row(
      'MAC frames decoded',
      rate(FRAMES, () => repeat(() => decodeMacFrame(psdu))),
    ),
    row(
      'MAC frames encoded',
      rate(FRAMES, () => repeat(() => encodeMacFrame(frame))),
    ),
    row(
      'FCS checked',
      rate(FRAMES, () => repeat(() => hasGoodFcs(onAir))),
    ),
  ]
}

function unicasts(radios: number, captured = false): void {
  const kernel = new Kernel({ seed: '1', startUnixMs: 0 })
  const air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace: { emit: () => {} } })
  const all = Array.from({ length: radios }, (_, n) => {
    const radio = air.radio(`n${n}`, n.toString(16).padStart(16, '0'))
    radio.configure({ panId: 0x1a62, shortAddress: n + 1 })
    return radio
  })
  const pcap = new Pcap({ format: 'tap', startUnixMs: 0 })
  let octets = 0
  if (captured) {
    air.tap(one => {
      octets += pcap.record(one).length
    })
  }
  const psdu = encodeMacFrame(frame)
  let heard = 0
  all[1]?.listen({ onReceive: () => void heard++ })
  let sent = 0
  const next = () => {
    if (sent++ < FRAMES) all[0]?.transmit(psdu, {}, next)
  }
  next()
  while (heard < FRAMES) kernel.runUntil(kernel.nowUs() + 1_000_000)
  if (captured && octets === 0) throw new Error('nothing captured')
}

function repeat(work: () => unknown): void {
  for (let n = 0; n < FRAMES; n++) work()
}

function rate(count: number, work: () => void): number {
  work()
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now()
    work()
    rates.push(count / ((performance.now() - from) / 1_000))
  }
  return median(rates)
}

const row = (what: string, perSecond: number, target?: string): Row => ({
  what,
  measured: `${Math.round(perSecond)} /s`,
  ...(target && { target }),
})
