/** What sticks send and hear as one capture: a frame that several of them had part in stands in it once. */
import type { Micros } from '../../base/ids.ts'
import { milliseconds } from '../../base/time.ts'
import type { Radio, RadioListener, ReceiveInfo } from '../../ports/radio.ts'
import type { Clock } from '../../ports/time.ts'
import { withFcs } from '../../radio/fcs.ts'
import { originUnixMs, Pcap } from '../../radio/pcap.ts'
import { airtimeUs } from '../../radio/phy.ts'

/** Within this time the same octets from another stick are the same frame: lines and hosts are not equally quick. */
const SAME_FRAME_US = milliseconds(100)
const MOST_RECENT = 64
/** Of what we sent ourselves, as no radio tells it. */
const UNKNOWN = { rssiDbm: 0, lqi: 255 } as const

interface Recent {
  psdu: Buffer
  stick: string
  atUs: Micros
}

export class StickCapture {
  private readonly clock: Clock
  private readonly pcap: Pcap
  private readonly onCapture: (octets: Uint8Array) => void
  private recent: Recent[] = []

  /** `onCapture` takes the octets of the file, its header first. */
  constructor(clock: Clock, onCapture: (octets: Uint8Array) => void) {
    this.clock = clock
    this.onCapture = onCapture
    this.pcap = new Pcap({ format: 'tap', startUnixMs: originUnixMs(clock) })
    onCapture(this.pcap.header())
  }

  /** The same radio; what it sends and hears is captured. */
  radio(stick: string, radio: Radio): Radio {
    return new CapturedRadio(radio, (psdu, info) => this.add(stick, psdu, info))
  }
  /** Takes all that a radio hears in promiscuous mode. */
  listenTo(stick: string, radio: Radio): void {
    radio.listen({ onReceive: (psdu, info) => this.add(stick, psdu, info) })
  }

  private add(stick: string, psdu: Uint8Array, info: Omit<ReceiveInfo, 'timestampUs'>): void {
    const atUs = this.clock.nowUs()
    this.recent = this.recent.filter(one => one.atUs >= atUs - SAME_FRAME_US).slice(-MOST_RECENT)
    if (this.recent.some(one => one.stick !== stick && one.psdu.equals(psdu))) return
    this.recent.push({ psdu: Buffer.from(psdu), stick, atUs })
    const octets = withFcs(psdu)
    // It is over when the host knows of it.
    const startUs = Math.max(0, atUs - airtimeUs(octets.length))
    this.onCapture(this.pcap.record({ ...info, octets, from: stick, startUs, endUs: atUs }))
  }
}

type Heard = (psdu: Uint8Array, info: Omit<ReceiveInfo, 'timestampUs'>) => void

class CapturedRadio implements Radio {
  private readonly radio: Radio
  private readonly heard: Heard

  constructor(radio: Radio, heard: Heard) {
    this.radio = radio
    this.heard = heard
  }

  get settings() {
    return this.radio.settings
  }
  configure(changes: Parameters<Radio['configure']>[0]): void {
    this.radio.configure(changes)
  }
  listen(listener: RadioListener): void {
    this.radio.listen({
      onReceive: (psdu, info) => {
        this.heard(psdu, info)
        listener.onReceive(psdu, info)
      },
    })
  }
  transmit(...[psdu, options, onDone]: Parameters<Radio['transmit']>): void {
    const sent = psdu.slice()
    const channel = options?.channel ?? this.settings.channel
    this.radio.transmit(psdu, options, outcome => {
      const onAir = outcome.is === 'acked' || outcome.is === 'sent' || outcome.is === 'no-ack'
      if (onAir) this.heard(sent, { ...UNKNOWN, channel })
      onDone?.(outcome)
    })
  }
  setFramePending(...all: Parameters<Radio['setFramePending']>): void {
    this.radio.setFramePending(...all)
  }
  energyScan(...all: Parameters<Radio['energyScan']>): void {
    this.radio.energyScan(...all)
  }
  reset(): void {
    this.radio.reset()
  }
}
