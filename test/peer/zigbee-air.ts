/** Puts frames of a meter (0x1234) that speaks to its hub (0x0000) on paper, each beside what Wireshark must see in it. */
import { fromHex } from '../../src/base/bytes.ts'
import { type ApsCommand, encodeApsCommand } from '../../src/zigbee/frames/aps-commands.ts'
import { type ApsHeader, encodeAps } from '../../src/zigbee/frames/aps-frame.ts'
import type { KeyId } from '../../src/zigbee/frames/auxiliary.ts'
import { encodeNwkCommand, type NwkCommand } from '../../src/zigbee/frames/nwk-commands.ts'
import { encodeNwk, type NwkHeader } from '../../src/zigbee/frames/nwk-frame.ts'
import { encodeZdo, type ZdoCommand } from '../../src/zigbee/frames/zdo.ts'
import { opensslCcm } from '../golden/zigbee-samples.ts'

/** Wireshark's field -> what tshark prints for it; `,` between several. */
export type Seen = Record<string, string>

export interface Written {
  name: string
  /** MAC frame without FCS. */
  mpdu: Uint8Array
  seen: Seen
}

export const NETWORK_KEY = 'a0a1a2a3a4a5a6a7a8a9aaabacadaeaf'
export const LINK_KEY = '5a6967426565416c6c69616e63653039'
/** @source zigbee-on-host: the keys derived from the well-known link key; tshark derives its own */
const LINK_KEYS: Record<LinkKeyId, string> = {
  data: LINK_KEY,
  'key-transport': '4bab0f173e1434a2d572e1c1ef478782',
  'key-load': 'c5a47035c332ccbf251571d8baded188',
}
export type LinkKeyId = Exclude<KeyId, 'network'>

export const METER = '00db1234567890a1'
export const METER_ADDRESS = 0x1234
/** As Wireshark shows an EUI-64. */
export const shown = (eui64: string): string => (eui64.match(/../g) ?? []).join(':')

export class Paper {
  readonly written: Written[] = []
  private frameCounter = 1000

  nwk(name: string, header: Partial<NwkHeader>, payload: Uint8Array, seen: Seen): void {
    const full: NwkHeader = {
      type: 'data',
      protocolVersion: 2,
      discoverRoute: 'suppress',
      endDeviceInitiator: false,
      destination: 0,
      source: METER_ADDRESS,
      radius: 30,
      sequence: 0x5a,
      auxiliary: { keyId: 'network', frameCounter: ++this.frameCounter, source: METER, keySequence: 0 },
      ...header,
    }
    const keying = full.auxiliary && { ccm: opensslCcm, key: fromHex(NETWORK_KEY) }
    const mac = fromHex(full.destination > 0xfff7 ? '418801621affff3412' : '618801621a00003412')
    this.written.push({ name, mpdu: Uint8Array.from([...mac, ...encodeNwk(full, payload, keying)]), seen })
  }

  nwkCommand(command: NwkCommand, seen: Seen, header: Partial<NwkHeader> = {}): void {
    this.nwk(command.name, { type: 'command', ...header }, encodeNwkCommand(command), seen)
  }

  aps(name: string, header: ApsHeader, payload: Uint8Array, seen: Seen): void {
    this.nwk(name, {}, this.apdu(header, payload), seen)
  }

  apsCommand(command: ApsCommand, keyId: LinkKeyId, seen: Seen): void {
    this.nwk(command.name, {}, this.apsCommandFrame(command, keyId), seen)
  }

  /** An APS command frame under a link key. */
  apsCommandFrame(command: ApsCommand, keyId: LinkKeyId): Uint8Array {
    const auxiliary = { keyId, frameCounter: ++this.frameCounter, source: METER }
    return this.apdu(
      { type: 'command', delivery: 'unicast', ackRequest: false, counter: 7, auxiliary },
      encodeApsCommand(command),
    )
  }

  zdo(command: ZdoCommand, seen: Seen): void {
    const { clusterId, asdu } = encodeZdo(command)
    const zdp = { 'zbee_aps.zdp_cluster': `0x${clusterId.toString(16).padStart(4, '0')}` }
    this.aps(command.name, unicast({ clusterId, profileId: 0, destinationEndpoint: 0, sourceEndpoint: 0 }), asdu, {
      ...zdp,
      ...seen,
    })
  }

  private apdu(header: ApsHeader, payload: Uint8Array): Uint8Array {
    const { auxiliary } = header
    if (!auxiliary) return encodeAps(header, payload)
    const key = auxiliary.keyId === 'network' ? NETWORK_KEY : LINK_KEYS[auxiliary.keyId]
    return encodeAps(header, payload, { ccm: opensslCcm, key: fromHex(key), source: METER })
  }
}

/** Addressing of a Smart Energy endpoint. */
export const application = { clusterId: 0x0702, profileId: 0x0109, sourceEndpoint: 9, counter: 77 }

type UnicastHeader = Extract<ApsHeader, { type: 'data'; delivery: 'unicast' | 'broadcast' }>

/** Header of a unicast between Smart Energy endpoints. */
export const unicast = (header: Partial<UnicastHeader>): UnicastHeader => ({
  type: 'data',
  delivery: 'unicast',
  ackRequest: true,
  destinationEndpoint: 1,
  ...application,
  ...header,
})
