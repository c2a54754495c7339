/** Frames of key establishment: to which endpoint they go, and that they go under the network key alone. */
import type { Eui64 } from '../base/ids.ts'
import type { Timers } from '../ports/time.ts'
import type { Aps } from './aps/aps.ts'
import { ZdoStatus } from './frames/zdo.ts'
import { type Ends, KEY_ESTABLISHMENT } from './link-security.ts'
import type { Nwk } from './nwk/nwk.ts'
import type { Zdo } from './zdo/zdo.ts'

/** Profile of ZigBee Smart Energy. */
export const SMART_ENERGY = 0x0109
/** What a node looks for that wants to establish a key. */
const SERVES_KEY_ESTABLISHMENT = { profileId: SMART_ENERGY, inputClusters: [KEY_ESTABLISHMENT], outputClusters: [] }

export interface ExchangeFramesOptions {
  nwk: Nwk
  aps: Aps
  zdo: Zdo
  timers: Timers
  /** An answer is awaited. */
  onWaiting: () => void
}

export class ExchangeFrames {
  private readonly options: ExchangeFramesOptions

  constructor(options: ExchangeFramesOptions) {
    this.options = options
  }

  /** Own endpoint from which an exchange is begun. */
  get endpoint(): number {
    return this.options.zdo.endpoints.matching(SERVES_KEY_ESTABLISHMENT)[0] ?? 1
  }

  /** The endpoint at which a node says that it serves key establishment; `onFound` is called once, later. */
  find(device: Eui64, onFound: (endpoint: number | undefined) => void): void {
    const { nwk, zdo, timers, onWaiting } = this.options
    const address = nwk.addressOf(device)
    if (address === undefined) return void timers.after(0, 'zigbee unknown', () => onFound(undefined))
    const request = { name: 'MatchDescriptorRequest', address, ...SERVES_KEY_ESTABLISHMENT } as const
    zdo.ask(address, request, answer =>
      onFound(answer?.status === ZdoStatus.SUCCESS ? answer.endpoints?.[0] : undefined),
    )
    onWaiting()
  }

  send({ device, endpoint, here }: Ends, asdu: Uint8Array, onOutcome: (delivered: boolean) => void): void {
    const { aps, onWaiting } = this.options
    const addressing = {
      profileId: SMART_ENERGY,
      clusterId: KEY_ESTABLISHMENT,
      sourceEndpoint: here,
      destinationEndpoint: endpoint,
    }
    aps.send(device, { ...addressing, security: 'network', asdu }, {}, outcome => onOutcome(outcome === 'delivered'))
    onWaiting()
  }
}
