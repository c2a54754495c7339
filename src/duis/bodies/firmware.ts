/** 11.1 and 11.3: images for devices. */
import { createHash } from 'node:crypto'
import { WireError } from '../../base/errors.ts'
import { type Eui64, parseEui64 } from '../../base/ids.ts'
import { OTA_MAGIC, type OtaHeader, readHeader } from '../../firmware/ota-header.ts'
import type {
  ActivateFirmware,
  UpdateFirmware,
  UpdateFirmwareAnnounce,
  UpdateFirmwareResult,
} from '../../wan/messages/wan-types.generated.ts'
import { type Fields, hexOf, refuse, textOf } from '../fields.ts'
import type { Inventory } from '../inventory.ts'
import type { XmlElement } from '../xml-reader.ts'
import { fromIn } from './dates.ts'

/** Octets of an image. @source DUIS schema, FirmwareImage */
const LONGEST_IMAGE = 10_240_000
/** Devices of one request. @source DUIS schema: a list of at most 1,199,999 characters */
const MOST_DEVICES = 50_000
/** Of an image, in one request over the SM WAN: a message has an end. */
const CHUNK_OCTETS = 15_360

/** An image on its way to a hub: what is said first, and what follows each answer until the hub has it all. */
export interface Delivery {
  hub: Eui64
  announce: UpdateFirmwareAnnounce
  after: (result: UpdateFirmwareResult) => UpdateFirmware | undefined
}

/** One delivery for each hub that has devices in the list; those that no hub has are named to the first, which says so. */
export function deliveries(fields: Fields, inventory: Inventory): Delivery[] {
  const image = imageIn(fields.required('FirmwareImage'))
  const header = headerOf(image, fields.required('FirmwareImage'))
  const version = textOf(fields.required('FirmwareVersion'))
  const list = fields.required('DeviceIDList')
  const devices = devicesIn(list)
  const hubs = Map.groupBy(devices, device => inventory.get(device)?.hub)
  const strangers = hubs.get(undefined) ?? []
  const homes = [...hubs].flatMap(([hub, own]) => (hub === undefined ? [] : [{ hub, own }]))
  if (homes.length === 0) refuse(list, 'a device of this rig', devices.join(', '))
  const sha256 = createHash('sha256').update(image).digest()
  const { manufacturerCode, imageType, fileVersion, hardwareVersions: hardware } = header
  return homes.map(({ hub, own }, index) => ({
    hub,
    announce: {
      ...{ sha256, imageOctets: image.length, manufacturerCode, imageType, fileVersion, version },
      devices: index === 0 ? [...own, ...strangers] : own,
      ...(hardware && { hardware }),
    },
    after: ({ receivedOctets: offset, complete }) => {
      if (complete) return undefined
      if (offset >= image.length) return { finish: { sha256 } }
      return { chunk: { sha256, offset, octets: image.subarray(offset, offset + CHUNK_OCTETS) } }
    },
  }))
}

/** The device holds it until then. */
export function activateFirmware(fields: Fields): ActivateFirmware {
  const sha256 = hexOf(fields.required('FirmwareHash'), { least: 32, greatest: 32 })
  const { fromMs: atMs, cancelHeld } = fromIn(fields)
  return { sha256, ...(atMs !== undefined && { atMs }), ...(cancelHeld && { cancelHeld }) }
}

function imageIn(element: XmlElement): Uint8Array {
  const text = textOf(element).replace(/\s+/g, '')
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text)
  const octets = isBase64 ? Buffer.from(text, 'base64') : undefined
  if (octets && octets.length > 0 && octets.length <= LONGEST_IMAGE) return octets
  return refuse(
    element,
    `1 to ${LONGEST_IMAGE} octets in base64`,
    octets ? `${octets.length} octets` : text.slice(0, 40),
  )
}

/** @source ZigBee OTA upgrade file; that an image of SMETS1 is one: assumed */
function headerOf(image: Uint8Array, element: XmlElement): OtaHeader {
  const isOta = OTA_MAGIC.every((octet, at) => image[at] === octet)
  try {
    const header = isOta ? readHeader(image) : undefined
    if (header && header.totalImageSize === image.length) return header
  } catch (error) {
    if (!(error instanceof WireError)) throw error
  }
  return refuse(element, 'a whole ZigBee OTA upgrade file', `${image.length} octets of something else`)
}

/** EUI-64s between commas or spaces. */
function devicesIn(element: XmlElement): Eui64[] {
  const words = textOf(element).split(/[\s,;]+/)
  if (words.length > MOST_DEVICES) refuse(element, `at most ${MOST_DEVICES} devices`, `${words.length}`)
  return words.map(word => parseEui64(word) ?? refuse(element, 'EUI-64s as 8 pairs of hex digits', word))
}
