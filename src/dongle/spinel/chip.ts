/** The radio of a co-processor as its properties show it: off until the host switches it on, and what it then does. */
import { InvariantError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import { milliseconds } from '../../base/time.ts'
import type { Radio, TransmitOutcome } from '../../ports/radio.ts'
import { FCS_LENGTH } from '../../radio/fcs.ts'
import { FIRST_CHANNEL, LAST_CHANNEL } from '../../radio/phy.ts'
import { PROMISCUOUS, SCAN_STATE, STATUS } from '../../wire/spinel/frame.ts'
import type { StreamRawRequest } from '../../wire/spinel/properties.ts'
import { SubMac, type SubMacOptions } from './sub-mac.ts'

const MOST_ATTEMPTS = 16
/** Retries when the host names none. @source OpenThread, OPENTHREAD_CONFIG_MAC_DEFAULT_MAX_FRAME_RETRIES_DIRECT 15 */
const RETRIES = 15

/** What a host may set, by power-on values. */
const powerOn = () => ({
  enabled: false,
  streaming: false,
  rxOnWhenIdle: true,
  promiscuous: PROMISCUOUS.off as number,
  txPowerDbm: 0,
  ccaThresholdDbm: -75,
  scanMask: [] as readonly number[],
  /** @source OpenThread, NcpBase::mScanPeriod */
  scanPeriodMs: 200,
  scanning: false,
})

export interface ScanListener {
  onLevel(channel: number, maxRssiDbm: number): void
  onEnd(): void
}

export class Chip {
  readonly radio: Radio
  /** The maker's address. */
  readonly eui64: Eui64
  state = powerOn()
  private readonly listed = { short: new Set<number>(), extended: new Set<Eui64>() }
  /** Counts resets and stopped scans, so that none goes on. */
  private scans = 0
  private readonly subMac: SubMac

  constructor(parts: SubMacOptions) {
    const { radio } = parts
    this.radio = radio
    this.subMac = new SubMac(parts)
    radio.reset()
    this.eui64 = radio.settings.extendedAddress
    this.reset()
  }

  /** Source match is off until the host says otherwise: every poll is then answered with frame pending. */
  reset(): void {
    this.scans++
    this.state = powerOn()
    this.listed.short.clear()
    this.listed.extended.clear()
    this.subMac.reset()
    this.radio.reset()
    this.radio.configure({ sourceMatch: false })
    this.tune()
  }

  /** Whether frames are for the host. */
  get hears(): boolean {
    return this.state.enabled && this.state.streaming
  }
  /** Settings that decide whether it listens, and to what, take effect. */
  tune(changes: Partial<ReturnType<typeof powerOn>> = {}): void {
    Object.assign(this.state, changes)
    const { promiscuous, rxOnWhenIdle } = this.state
    this.radio.configure({ rxOnWhenIdle: this.hears && rxOnWhenIdle, promiscuous: promiscuous !== PROMISCUOUS.off })
  }

  /** Sends; the status when it is refused. @throws InvariantError for what no radio sends */
  transmit(request: StreamRawRequest, onDone: (outcome: TransmitOutcome) => void): number | undefined {
    if (!this.state.enabled) return STATUS.INVALID_STATE
    const { psdu, channel, frameRetries = RETRIES, csmaCa: csma = true, rxChannelAfterTx } = request
    const frame = psdu.subarray(0, Math.max(0, psdu.length - FCS_LENGTH))
    const attempts = Math.min(frameRetries + 1, MOST_ATTEMPTS)
    this.subMac.send(frame, { channel, csma, attempts }, outcome => {
      if (rxChannelAfterTx !== undefined && isChannel(rxChannelAfterTx)) {
        if (rxChannelAfterTx !== this.radio.settings.channel) this.radio.configure({ channel: rxChannelAfterTx })
      }
      onDone(outcome)
    })
    return undefined
  }

  /** Measures the channels of the mask, one after the other; the status when it is refused. */
  scan(state: number, listener: ScanListener): number | undefined {
    const { enabled, scanning, scanMask, scanPeriodMs } = this.state
    if (state === SCAN_STATE.idle) {
      this.scans++
      this.state.scanning = false
      return undefined
    }
    if (state !== SCAN_STATE.energy) return STATUS.INVALID_ARGUMENT
    if (!enabled || scanning) return STATUS.INVALID_STATE
    if (scanMask.length === 0 || scanPeriodMs === 0) return STATUS.INVALID_ARGUMENT
    this.state.scanning = this.measure([...scanMask], ++this.scans, listener)
    return this.state.scanning ? undefined : STATUS.BUSY
  }
  /** False when the radio has too much to do already. */
  private measure([channel, ...others]: number[], scan: number, listener: ScanListener): boolean {
    if (channel === undefined) return false
    try {
      this.radio.energyScan(channel, milliseconds(this.state.scanPeriodMs), maxRssiDbm => {
        if (scan !== this.scans) return
        listener.onLevel(channel, maxRssiDbm)
        if (this.measure(others, scan, listener)) return
        this.state.scanning = false
        listener.onEnd()
      })
      return true
    } catch (error) {
      if (!(error instanceof InvariantError)) throw error
      return false
    }
  }

  /** Source match. */
  get children(): { readonly short: ReadonlySet<number>; readonly extended: ReadonlySet<Eui64> } {
    return this.listed
  }
  list(child: number | Eui64): undefined {
    if (typeof child === 'number') this.listed.short.add(child)
    else this.listed.extended.add(child)
    this.radio.setFramePending(child, true)
  }
  /** The status when it was not listed. */
  unlist(child: number | Eui64): number | undefined {
    const listed = typeof child === 'number' ? this.listed.short.delete(child) : this.listed.extended.delete(child)
    this.radio.setFramePending(child, false)
    return listed ? undefined : STATUS.ITEM_NOT_FOUND
  }
  /** These children and no others of their kind. */
  listAll(kind: 'short' | 'extended', children: readonly (number | Eui64)[]): undefined {
    for (const child of [...this.listed[kind]]) this.unlist(child)
    for (const child of children) this.list(child)
  }
}

export const isChannel = (channel: number): boolean => channel >= FIRST_CHANNEL && channel <= LAST_CHANNEL
