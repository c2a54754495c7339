/** The system and utility commands of a ZNP: version, NV, and what it knows of devices. @source Z-Stack, MT_SYS.c, MT_UTIL.c */
import { isInstallCode } from '../../crypto/install-code.ts'
import { linkKeyOfInstallCode } from '../../crypto/link-keys.ts'
import type { NetworkProcessor } from '../../ports/network-processor.ts'
import type { RandomStream } from '../../ports/time.ts'
import { NV, NV_TABLE } from '../../wire/znp/nv.ts'
import { RELATION, STATUS } from '../../wire/znp/status.ts'
import { LONGEST_DATA } from '../../wire/znp/unpi.ts'
import type { DeviceTable } from './device-table.ts'
import type { Handlers } from './handlers.ts'
import type { NvMemory, NvPlace } from './nv-memory.ts'
import type { Standing } from './standing.ts'

export interface SystemOptions {
  network: NetworkProcessor
  nv: NvMemory
  devices: DeviceTable
  standing: Standing
  dice: RandomStream
  /** A date as a number, e.g. 20240315. */
  revision: number
}

/** Z-Stack 3.x.0 (SimpleLink) 2.7.1, as it tells. @source Z-Stack, MT_VERSION.h */
export const VERSION = { transportRevision: 2, product: 1, major: 2, minor: 7 } as const
const MAINTENANCE = 1
/** Subsystems that are there. @source Z-Stack 3.x.0 firmware, MT_SYS_PING response */
const CAPABILITIES = 0x0579
/** Coordinator, router and end device in one. @source Z-Stack, MT_UTIL_GET_DEVICE_INFO */
const DEVICE_TYPES = 0x07
const [KEY_OCTETS, CODE_OCTETS] = [16, 18]
const MOST_ASSOCIATED = 100
const [NO_ADDRESS, NO_INDEX] = [0xfffe, 0xffff]
const NOBODY = '0000000000000000'
/** The most of an item in one answer: behind status and length. */
const LONGEST_READ = LONGEST_DATA - 2

const showsCounter = (place: NvPlace): boolean =>
  place === NV.NWKKEY || (typeof place === 'object' && place.item === NV_TABLE.NWK_SEC_MATERIAL)
const ok = (done: boolean) => ({ status: done ? STATUS.SUCCESS : STATUS.FAILURE })

export function systemHandlers({ network, nv, devices, standing, dice, revision }: SystemOptions): Handlers {
  let powerDbm = 0
  const read = (place: NvPlace, offset: number, length = LONGEST_READ) => {
    if (showsCounter(place)) standing.keepCounter()
    if (nv.lengthOf(place) === 0) return { status: STATUS.NV_OPER_FAILED, value: new Uint8Array() }
    const value = nv.read(place, offset, Math.min(length, LONGEST_READ))
    return value ? { status: STATUS.SUCCESS, value } : { status: STATUS.NV_BAD_ITEM_LEN, value: new Uint8Array() }
  }
  const write = (place: NvPlace, offset: number, value: Uint8Array) => {
    // The address is the radio's own, and cannot be another.
    const current = nv.get(place)?.subarray(offset, offset + value.length)
    const isAnother = value.some((octet, at) => octet !== current?.[at])
    if (place === NV.EXTADDR && isAnother) return { status: STATUS.NV_OPER_FAILED }
    return { status: nv.write(place, offset, value) }
  }
  const relationTo = (device: string, address: number) =>
    device === NOBODY ? devices.at(address) : (devices.of(device) ?? devices.at(address))

  return {
    SYS_PING: () => ({ capabilities: CAPABILITIES }),
    SYS_VERSION: () => ({ ...VERSION, maintenance: MAINTENANCE, revision }),
    SYS_GET_EXTADDR: () => ({ extendedAddress: network.eui64 }),
    SYS_RANDOM: () => ({ value: dice.int(2 ** 16) }),
    SYS_STACK_TUNE: ({ operation, value }) => {
      if (operation === 0) powerDbm = value
      return { value: operation === 0 ? powerDbm : value }
    },

    SYS_OSAL_NV_LENGTH: ({ item }) => ({ length: nv.lengthOf(item) }),
    SYS_OSAL_NV_ITEM_INIT: ({ item, length, value }) => ({ status: nv.create(item, length, value) }),
    SYS_OSAL_NV_READ: ({ item, offset }) => read(item, offset),
    SYS_OSAL_NV_READ_EXT: ({ item, offset }) => read(item, offset),
    SYS_OSAL_NV_WRITE: ({ item, offset, value }) => write(item, offset, value),
    SYS_OSAL_NV_WRITE_EXT: ({ item, offset, value }) => write(item, offset, value),
    SYS_OSAL_NV_DELETE: ({ item, length }) => ({ status: nv.delete(item, length) }),
    SYS_NV_LENGTH: place => ({ length: Math.min(nv.lengthOf(place), 0xff) }),
    SYS_NV_CREATE: place => {
      const status = nv.create(place, place.length)
      return { status: status === STATUS.NV_ITEM_UNINIT ? STATUS.SUCCESS : status }
    },
    SYS_NV_READ: ({ offset, length, ...place }) => read(place, offset, length),
    SYS_NV_WRITE: ({ offset, value, ...place }) => write(place, offset, value),
    SYS_NV_DELETE: place => ({ status: nv.delete(place, nv.lengthOf(place)) }),

    UTIL_GET_DEVICE_INFO: () => ({
      status: STATUS.SUCCESS,
      device: network.eui64,
      address: standing.address,
      deviceType: DEVICE_TYPES,
      deviceState: standing.state,
      associated: devices.children.slice(0, MOST_ASSOCIATED).map(({ address }) => address),
    }),
    // There is no lamp.
    UTIL_LED_CONTROL: () => ({ status: STATUS.SUCCESS }),
    UTIL_ASSOC_GET_WITH_ADDR: ({ device, address }) => {
      const known = relationTo(device, address)
      if (!known || known.relation === RELATION.OTHER) {
        return { address: NO_ADDRESS, index: NO_INDEX, relation: RELATION.NONE }
      }
      return { address: known.address, index: devices.indexOf(known.device) ?? NO_INDEX, relation: known.relation }
    },
    UTIL_ASSOC_REMOVE: ({ device }) => {
      const known = devices.of(device)
      const isChild = known !== undefined && known.relation !== RELATION.OTHER
      return ok(isChild && devices.set({ ...known, relation: RELATION.OTHER }))
    },
    UTIL_ASSOC_ADD: ({ device, address, relation }) =>
      ok(relation <= RELATION.CHILD_FFD_RX_IDLE && devices.set({ device, address, relation })),

    APP_CNF_BDB_ADD_INSTALLCODE: ({ format, device, code }) => {
      const key = keyOf(format, code)
      if (key) network.allowKey({ device, key })
      return { status: key ? STATUS.SUCCESS : STATUS.INVALID_PARAMETER }
    },
  }
}

/** The link key of an install code with its CRC, or the key itself. @source Z-Stack, bdb_interface.h, INSTALL_CODE_* */
function keyOf(format: number, code: Uint8Array): Uint8Array | undefined {
  switch (format) {
    case 1:
      return code.length === CODE_OCTETS && isInstallCode(code) ? linkKeyOfInstallCode(code) : undefined
    case 2:
      return code.length === KEY_OCTETS ? code.slice() : undefined
    default:
      return undefined
  }
}
