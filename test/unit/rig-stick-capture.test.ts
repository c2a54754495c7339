/** What sticks send and hear, as one capture. */
import { expect, test } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { milliseconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { Radio, RadioListener, TransmitOutcome } from '../../src/ports/radio.ts'
import { powerOnSettings } from '../../src/radio/radio-settings.ts'
import { StickCapture } from '../../src/rig/bench/stick-capture.ts'

const FRAME = fromHex('418801ffff000001020304')
const OTHER = fromHex('418802ffff000001020304')

/** A radio whose frames all end as told. */
class Stick implements Radio {
  readonly settings = powerOnSettings('00db12345678ff01')
  heard: RadioListener = { onReceive: () => {} }
  outcome: TransmitOutcome = { is: 'sent' }
  configure(): void {}
  listen(listener: RadioListener): void {
    this.heard = listener
  }
  transmit(...[, , onDone]: Parameters<Radio['transmit']>): void {
    onDone?.(this.outcome)
  }
  setFramePending(): void {}
  energyScan(): void {}
  reset(): void {}
  hears(psdu: Uint8Array): void {
    this.heard.onReceive(psdu, { rssiDbm: -40, lqi: 200, channel: 20, timestampUs: 0 })
  }
}

function capture() {
  const kernel = new Kernel({ seed: 'capture', startUnixMs: 0 })
  const octets: Uint8Array[] = []
  const made = new StickCapture(kernel, part => octets.push(part.slice()))
  const [hub, meter, ear] = [new Stick(), new Stick(), new Stick()]
  const radios = { hub: made.radio('hub', hub), meter: made.radio('meter', meter) }
  for (const radio of Object.values(radios)) radio.listen({ onReceive: () => {} })
  made.listenTo('ear', ear)
  const pass = (us: number) => kernel.runUntil(kernel.nowUs() + us)
  // The first is the header of the file.
  return { hub, meter, ear, radios, pass, frames: () => octets.length - 1 }
}

test('a frame that one stick sends and others hear is there once', () => {
  const { radios, meter, ear, pass, frames } = capture()
  radios.hub.transmit(FRAME)
  pass(milliseconds(5))
  meter.hears(FRAME)
  ear.hears(FRAME)
  expect(frames()).toBe(1)
  meter.hears(OTHER)
  expect(frames()).toBe(2)
})

test('what one stick hears twice, or long after the others, is there twice', () => {
  const { meter, hub, pass, frames } = capture()
  meter.hears(FRAME)
  meter.hears(FRAME)
  expect(frames()).toBe(2)
  pass(milliseconds(101))
  hub.hears(FRAME)
  expect(frames()).toBe(3)
})

test('a frame that never came onto the air is not there', () => {
  const { radios, hub, frames } = capture()
  for (const is of ['channel-busy', 'queue-full'] as const) {
    hub.outcome = { is }
    radios.hub.transmit(FRAME)
  }
  expect(frames()).toBe(0)
  hub.outcome = { is: 'no-ack' }
  radios.hub.transmit(FRAME)
  expect(frames()).toBe(1)
})
