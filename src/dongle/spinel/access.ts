/** What a host may do with each property of the co-processor: get it, set it, insert into it, remove from it. */
import type { Field } from '../../base/frame.ts'
import { u16 } from '../../base/frame-fields.ts'
import type { Clock } from '../../ports/time.ts'
import { NOISE_FLOOR_DBM } from '../../radio/links.ts'
import { FIRST_CHANNEL, LAST_CHANNEL } from '../../radio/phy.ts'
import { eui64 } from '../../wire/spinel/fields.ts'
import { CAPABILITY, PROMISCUOUS, PROTOCOL_VERSION, RADIO_CAPS, SCAN_STATE, STATUS } from '../../wire/spinel/frame.ts'
import {
  PROPERTY,
  type PropertyName,
  type PropertyValue,
  read,
  readProperty,
  writeProperty,
} from '../../wire/spinel/properties.ts'
import { type Chip, isChannel, type ScanListener } from './chip.ts'

/** A refusal is a status; nothing means that it was done. */
type Done = number | undefined

/** By octets, as they are on the line. All but `get` throw WireError, and InvariantError for what no radio takes. */
export interface Access {
  get?: () => Uint8Array
  set?: (value: Uint8Array) => Done
  insert?: (item: Uint8Array) => Done
  remove?: (item: Uint8Array) => Done
}

/** @source OpenThread, SPINEL_RCP_API_VERSION and SPINEL_MIN_HOST_SUPPORTED_RCP_API_VERSION */
const [RCP_API_VERSION, RCP_MIN_HOST_API_VERSION] = [11, 4]
const THREAD_INTERFACE = 3
const SENSITIVITY_DBM = -100
/** Children of each kind in the source match table. @source assumed */
const MOST_CHILDREN = 64

const CHANNELS = Array.from({ length: LAST_CHANNEL - FIRST_CHANNEL + 1 }, (_, n) => FIRST_CHANNEL + n)

/** Access to every property there is, by its key. */
export function accessTo(chip: Chip, { clock, version, scan }: { clock: Clock; version: string; scan: ScanListener }) {
  const { radio } = chip
  const table = new Map<number, Access>()
  const has = <N extends PropertyName>(
    name: N,
    does: { get?: () => PropertyValue<N>; set?: (value: PropertyValue<N>) => Done },
  ) => {
    const { get, set } = does
    const access: Access = {}
    if (get) access.get = () => writeProperty(name, get())
    if (set) access.set = value => set(readProperty(name, value))
    table.set(PROPERTY[name].key, access)
    return access
  }
  const constant = <N extends PropertyName>(name: N, value: PropertyValue<N>) => has(name, { get: () => value })
  const tuned = (changes: Parameters<Chip['tune']>[0]): undefined => chip.tune(changes) as undefined
  const configured = (changes: Parameters<typeof radio.configure>[0]): undefined =>
    radio.configure(changes) as undefined

  constant('PROTOCOL_VERSION', PROTOCOL_VERSION)
  constant('NCP_VERSION', version)
  constant('INTERFACE_TYPE', THREAD_INTERFACE)
  constant('CAPS', Object.values(CAPABILITY))
  constant('INTERFACE_COUNT', 1)
  constant('HWADDR', chip.eui64)
  constant('RCP_API_VERSION', RCP_API_VERSION)
  constant('RCP_MIN_HOST_API_VERSION', RCP_MIN_HOST_API_VERSION)
  constant(
    'RADIO_CAPS',
    Object.values(RADIO_CAPS).reduce((all, bit) => all | bit, 0),
  )
  has('RCP_TIMESTAMP', { get: () => BigInt(clock.nowUs()) })

  has('PHY_ENABLED', { get: () => chip.state.enabled, set: enabled => tuned({ enabled }) })
  has('PHY_CHAN', { get: () => radio.settings.channel, set: channel => configured({ channel }) })
  constant('PHY_CHAN_SUPPORTED', CHANNELS)
  has('PHY_FREQ', { get: () => 2_405_000 + 5_000 * (radio.settings.channel - FIRST_CHANNEL) })
  has('PHY_CCA_THRESHOLD', {
    get: () => chip.state.ccaThresholdDbm,
    set: ccaThresholdDbm => tuned({ ccaThresholdDbm }),
  })
  has('PHY_TX_POWER', { get: () => chip.state.txPowerDbm, set: txPowerDbm => tuned({ txPowerDbm }) })
  constant('PHY_RSSI', NOISE_FLOOR_DBM)
  constant('PHY_RX_SENSITIVITY', SENSITIVITY_DBM)

  has('MAC_15_4_LADDR', {
    get: () => radio.settings.extendedAddress,
    set: extendedAddress => configured({ extendedAddress }),
  })
  has('MAC_15_4_SADDR', { get: () => radio.settings.shortAddress, set: shortAddress => configured({ shortAddress }) })
  has('MAC_15_4_PANID', { get: () => radio.settings.panId, set: panId => configured({ panId }) })
  has('MAC_RX_ON_WHEN_IDLE_MODE', {
    get: () => chip.state.rxOnWhenIdle,
    set: rxOnWhenIdle => tuned({ rxOnWhenIdle }),
  })
  has('MAC_RAW_STREAM_ENABLED', { get: () => chip.state.streaming, set: streaming => tuned({ streaming }) })
  has('MAC_PROMISCUOUS_MODE', {
    get: () => chip.state.promiscuous,
    set: promiscuous => (promiscuous > PROMISCUOUS.full ? STATUS.INVALID_ARGUMENT : tuned({ promiscuous })),
  })

  has('MAC_SCAN_STATE', {
    get: () => (chip.state.scanning ? SCAN_STATE.energy : SCAN_STATE.idle),
    set: state => chip.scan(state, scan),
  })
  has('MAC_SCAN_MASK', {
    get: () => chip.state.scanMask,
    set: scanMask =>
      scanMask.length <= CHANNELS.length && scanMask.every(isChannel) ? tuned({ scanMask }) : STATUS.INVALID_ARGUMENT,
  })
  has('MAC_SCAN_PERIOD', { get: () => chip.state.scanPeriodMs, set: scanPeriodMs => tuned({ scanPeriodMs }) })

  const children = <T extends number | string>(kind: 'short' | 'extended', item: Field<T>, access: Access) => {
    access.insert = value => {
      const child = read(item, value)
      const listed = chip.children[kind] as ReadonlySet<number | string>
      return listed.has(child) || listed.size < MOST_CHILDREN ? chip.list(child) : STATUS.NOMEM
    }
    access.remove = value => chip.unlist(read(item, value))
  }
  const listed = (kind: 'short' | 'extended') => (all: readonly (number | string)[]) =>
    all.length > MOST_CHILDREN ? STATUS.NOMEM : chip.listAll(kind, all)
  has('MAC_SRC_MATCH_ENABLED', {
    get: () => radio.settings.sourceMatch,
    set: sourceMatch => configured({ sourceMatch }),
  })
  const shorts = { get: () => [...chip.children.short], set: listed('short') }
  const extendeds = { get: () => [...chip.children.extended], set: listed('extended') }
  children('short', u16, has('MAC_SRC_MATCH_SHORT_ADDRESSES', shorts))
  children('extended', eui64, has('MAC_SRC_MATCH_EXTENDED_ADDRESSES', extendeds))
  return table
}
