/** A MAC layer on a chip without a filter: it hears whatever the test says; what it sends is kept, and ends as the test says. */
import { fromHex, toHex } from '../../src/base/bytes.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { Radio, RadioListener, TransmitOutcome } from '../../src/ports/radio.ts'
import { powerOnSettings } from '../../src/radio/radio-settings.ts'
import { Mac } from '../../src/zigbee/mac/mac.ts'
import { CHANNEL, PAN } from './zigbee-mac-bench.ts'

/** The coordinator of the PAN, which lets everybody in. A transmission takes 1 ms. */
export function openRadio() {
  const kernel = new Kernel({ seed: '1', startUnixMs: 0 })
  const sent: string[] = []
  const notAssociated: string[] = []
  const chip = { outcome: { is: 'acked', framePending: true } as TransmitOutcome, timestampUs: 0 }
  const pending = new Set<number | string>()
  let settings = powerOnSettings('00db1234567800a0')
  let listener: RadioListener | undefined
  const radio: Radio = {
    get settings() {
      return settings
    },
    configure: changes => {
      settings = { ...settings, ...changes }
    },
    listen: given => {
      listener = given
    },
    transmit: (psdu, _options, onDone) => {
      sent.push(toHex(psdu))
      kernel.after(1_000, 'sent', () => onDone?.(chip.outcome))
    },
    setFramePending: (child, is) => void (is ? pending.add(child) : pending.delete(child)),
    energyScan: () => {},
    reset: () => {},
  }
  const heard: string[] = []
  const mac = new Mac({
    radio,
    timers: kernel,
    random: kernel.random.stream('mac'),
    eui64: '00db1234567800a0',
  })
  mac.listen({
    onData: octets => void heard.push(toHex(octets)),
    onAssociation: () => ({ address: 0x1000 }),
    onNotAssociated: device => void notAssociated.push(device),
    beacon: () => undefined,
  })
  mac.configure({ channel: CHANNEL, panId: PAN, address: 0x0000 })
  const info = () => ({ rssiDbm: -50, lqi: 200, channel: CHANNEL, timestampUs: chip.timestampUs })
  const hear = (hex: string) => listener?.onReceive(fromHex(hex.replaceAll(' ', '')), info())
  return { kernel, mac, chip, sent, pending, heard, notAssociated, hear }
}
