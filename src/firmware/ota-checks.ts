/** What must hold of a header and of sub-elements, and what is told where it does not. */
import { ELEMENT_HEADER_OCTETS, type ElementKind, elementName, hex } from './ota-elements.ts'
import type { OtaFault, OtaFaultCode } from './ota-fault.ts'
import { MAX_OTA_HEADER_OCTETS, OTA_HEADER_OCTETS, OTA_HEADER_VERSION, type OtaHeader } from './ota-header.ts'
import type { OtaElement } from './ota-report.ts'

/** Most sub-elements of a file. @source assumed */
export const MAX_ELEMENTS = 64

/** Any total image size: it has 32 bits. */
export const ANY_SIZE = 2 ** 32 - 1

/** The header's version and length, of a header that begins at `start`. */
export function checkHeaderStart(
  { headerVersion, headerLength }: { headerVersion: number; headerLength: number },
  start: number,
): OtaFault | undefined {
  if (headerVersion !== OTA_HEADER_VERSION) {
    return fault('ota.header-version', start + 4, 'header version', {
      found: hex(headerVersion, 4),
      expected: hex(OTA_HEADER_VERSION, 4),
      advice: 'it is a file of another kind or damaged; fetch it again',
    })
  }
  if (headerLength >= OTA_HEADER_OCTETS && headerLength <= MAX_OTA_HEADER_OCTETS) return undefined
  return ofHeaderLength(headerLength, `${OTA_HEADER_OCTETS} to ${MAX_OTA_HEADER_OCTETS}`, start)
}

/** Whether a header of `found` octets has room for the fields it announces, which come to `least`. */
export function checkHeaderRoom(found: number, least: number, start: number): OtaFault | undefined {
  if (found >= least) return undefined
  return ofHeaderLength(found, `at least ${least}, with the fields that the field control announces,`, start)
}

/** What a whole header says, whose known fields end at `end`. */
export function checkHeader(
  { totalImageSize, headerLength, hardwareVersions }: OtaHeader,
  { start, end, maxImageOctets }: { start: number; end: number; maxImageOctets: number },
): OtaFault | undefined {
  if (totalImageSize < headerLength) {
    const words = { expected: `${headerLength} or more`, advice: 'build the file again' }
    return fault('ota.image-size', start + 52, 'total image size', { found: String(totalImageSize), ...words })
  }
  if (totalImageSize > maxImageOctets) {
    const words = { expected: `at most ${maxImageOctets}`, advice: 'take a smaller image' }
    return fault('ota.image-size', start + 52, 'total image size', { found: String(totalImageSize), ...words })
  }
  if (!hardwareVersions || hardwareVersions.minimum <= hardwareVersions.maximum) return undefined
  return fault('ota.hardware-range', end - 4, 'minimum hardware version', {
    found: hex(hardwareVersions.minimum, 4),
    expected: `at most the maximum hardware version, ${hex(hardwareVersions.maximum, 4)},`,
    advice: 'build the file again with the versions the other way round',
  })
}

/** Whether another sub-element may begin at `offset`, `left` octets before the image ends. */
export function checkRoom(offset: number, left: number, elements: readonly OtaElement[]): OtaFault | undefined {
  if (left < ELEMENT_HEADER_OCTETS) {
    return fault('ota.element-header', offset, 'tag', {
      found: `${left} octets up to the total image size`,
      expected: `${ELEMENT_HEADER_OCTETS} (tag and length) or none`,
      advice: 'the total image size or a length before it is wrong; build the file again',
    })
  }
  if (elements.length < MAX_ELEMENTS) return undefined
  return fault('ota.element-count', offset, 'tag', {
    found: `sub-element ${MAX_ELEMENTS + 1}`,
    expected: `at most ${MAX_ELEMENTS}`,
    advice: 'join parts of the image in one sub-element',
  })
}

/** Whether a sub-element may be as long as it says, `left` octets before the image ends, after those there are. */
export function checkElement(
  { tag, offset, length }: OtaElement,
  kind: ElementKind,
  { left, elements }: { left: number; elements: readonly OtaElement[] },
): OtaFault | undefined {
  const name = elementName(tag)
  if (length > left) {
    return fault('ota.element-length', offset + 2, `length of ${name}`, {
      found: String(length),
      expected: `at most ${left}, where the image ends,`,
      advice: elements.length === 0 ? OWN_FORMAT : 'the file is damaged; fetch it again or build it again',
    })
  }
  if (!('octets' in kind)) return undefined
  if (length !== kind.octets) {
    return fault('ota.element-size', offset + 2, `length of ${name}`, {
      found: String(length),
      expected: String(kind.octets),
      advice: 'sign the image again',
    })
  }
  if (!elements.some(element => element.tag === tag)) return undefined
  const words = { found: `a second ${name}`, expected: 'one', advice: 'remove one of them' }
  return fault('ota.element-repeated', offset, 'tag', words)
}

/** The file ends at `offset`, in the field named, with `missing` octets of the image to come; of its header when that is undefined. */
export function cutOff(offset: number, field: string, missing: number | undefined): OtaFault {
  return fault('ota.truncated', offset, field, {
    found: 'the end of the file',
    expected: missing === undefined ? 'a whole header' : `${missing} octets more, up to the total image size,`,
    advice: 'the file is cut off or its length fields are damaged; fetch it again',
  })
}

/** The magic is nowhere in a file of so many octets. */
export const nowhere = (octets: number): OtaFault =>
  fault('ota.magic', octets, 'upgrade file identifier', {
    found: 'the end of the file',
    expected: '1e f1 ee 0b',
    advice: 'it is no ZigBee OTA file; look for the one the maker publishes',
  })

/** The magic is not where a device takes it. */
export const notAtOnce = (): OtaFault =>
  fault('ota.magic', 0, 'upgrade file identifier', {
    found: 'something else',
    expected: '1e f1 ee 0b',
    advice: 'unwrap the image first',
  })

/** Of a first sub-element that cannot be one: makers put formats of their own behind a good header. */
const OWN_FORMAT = "what follows the header may be in the maker's own format, which only the maker's devices read"

function ofHeaderLength(found: number, expected: string, start: number): OtaFault {
  const advice = 'the header is damaged; fetch the file again or build it again'
  return fault('ota.header-length', start + 6, 'header length', { found: String(found), expected, advice })
}

const fault = (
  code: OtaFaultCode,
  offset: number,
  field: string,
  words: Pick<OtaFault, 'found' | 'expected' | 'advice'>,
): OtaFault => ({ code, offset, field, ...words })
