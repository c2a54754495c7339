/** An EZSP co-processor in front of our own stack, and a host that gives it commands. */
import { expect } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { seconds } from '../../src/base/time.ts'
import { WELL_KNOWN_LINK_KEY } from '../../src/crypto/link-keys.ts'
import type { EzspDongleOptions } from '../../src/dongle/ezsp/ezsp-dongle.ts'
import type { NetworkProcessor } from '../../src/ports/network-processor.ts'
import { ANY_DEVICE, APS_OPTION, SECURITY } from '../../src/wire/ezsp/fields.ts'
import type { EzspVersion } from '../../src/wire/ezsp/status.ts'
import type { NetworkProcessorMemory } from '../../src/zigbee/zigbee-network-processor.ts'
import { EzspHost } from '../helpers/ezsp-host.ts'
import { ProcessorHome } from '../helpers/processor-home.ts'

export const NETWORK_KEY = Uint8Array.from({ length: 16 }, (_, at) => at)
export const LINK_KEY = Uint8Array.from({ length: 16 }, (_, at) => 0x40 + at)
export const PARAMETERS = {
  ...{ extendedPanId: 'dddddddddddddddd', panId: 0x1a62, radioTxPower: 5, radioChannel: 15, joinMethod: 0 },
  ...{ nwkManagerId: 0, nwkUpdateId: 2, channels: 0x07ff_f800 },
}
export const SECURED = {
  bitmask: SECURITY.hashedLinkKey | SECURITY.havePreconfiguredKey | SECURITY.haveNetworkKey,
  ...{ preconfiguredKey: LINK_KEY, networkKey: NETWORK_KEY, networkKeySequenceNumber: 7 },
  preconfiguredTrustCenterEui64: '0000000000000000',
}
export const TO_PLUG = {
  ...{ profileId: 0x0104, clusterId: 6, sourceEndpoint: 1, destinationEndpoint: 1 },
  ...{ options: APS_OPTION.retry as number, groupId: 0, sequence: 0 },
}
export const TOGGLE = fromHex('010702')

/** A home, its stick, and a host on it. */
export class Bench {
  readonly home = new ProcessorHome()
  readonly processor: NetworkProcessor
  readonly host: EzspHost
  /** Takes the power away from the network processor; what it keeps. */
  readonly cut: () => NetworkProcessorMemory

  constructor(options: Partial<EzspDongleOptions> = {}) {
    const { processor, cut } = this.home.unformed()
    this.processor = processor
    this.cut = cut
    this.host = EzspHost.on(this.home.kernel, this.processor, options)
  }
  begin(version: EzspVersion = 14): this {
    this.host.begin(version)
    return this
  }
  /** A network that is up. */
  formed(version: EzspVersion = 14): this {
    const { host } = this.begin(version)
    host.ask('setInitialSecurityState', { state: SECURED })
    expect(host.ask('formNetwork', { parameters: PARAMETERS })).toEqual({ status: 'OK' })
    host.run(seconds(1))
    expect(host.heard()).toEqual([{ name: 'stackStatusHandler', value: { status: 'NETWORK_UP' } }])
    return this
  }
  /** A network that anybody may join who has the well-known key. */
  open(version: EzspVersion = 14): this {
    const { host } = this.formed(version)
    host.ask('importTransientKey', { eui64: ANY_DEVICE, key: Uint8Array.from(WELL_KNOWN_LINK_KEY), flags: 0 })
    host.ask('permitJoining', { durationS: 254 })
    host.run(seconds(1))
    host.heard()
    return this
  }
}
