/**
 * Reads a ZigBee OTA upgrade file as it comes, in pieces of any size, and judges it. Keeps no more than its header and
 * the sub-elements of fixed length, whatever the size of the image.
 * @source ZigBee OTA Upgrade Cluster 095264, 6.3; signature and hash: ZigBee Smart Energy 07-5356
 */
import { fromHex, toHex } from '../base/bytes.ts'
import { MmoHash, type MmoHashMemory } from '../crypto/mmo.ts'
import {
  ELEMENT_HEADER_OCTETS,
  elementKind,
  elementName,
  hex,
  SIGNER_OCTETS,
  UNCOUNTED_FLAGS_OCTETS,
  UNCOUNTED_FLAGS_TAG,
} from './ota-elements.ts'
import type { OtaFault } from './ota-fault.ts'
import {
  MAX_OTA_HEADER_OCTETS,
  OTA_HEADER_OCTETS,
  OTA_HEADER_START,
  OTA_HEADER_VERSION,
  OTA_MAGIC,
  type OtaHeader,
  optionalOctets,
  readHeader,
  readHeaderStart,
} from './ota-header.ts'
import {
  type CertificateVerdict,
  type IntegrityOctets,
  type IntegrityVerdict,
  judgeCertificate,
  judgeIntegrity,
  judgeSignature,
  type OtaTrust,
  type SignatureVerdict,
  type SuiteOctets,
} from './ota-verdicts.ts'

/** Most sub-elements of a file. @source assumed */
export const MAX_ELEMENTS = 64

export interface OtaElement {
  tag: number
  /** Of the tag, from the beginning of the file. */
  offset: number
  /** Of the data, from the beginning of the file. */
  dataOffset: number
  /** Octets of data, with those that the maker's tag 0xf000 does not count. */
  length: number
}

/** What a file is, as far as it could be read. */
export interface OtaReport {
  /** Octets of the file. */
  octets: number
  /** Octets before the magic. */
  preamble: number
  /** Undefined when it could not be read. */
  header?: OtaHeader
  elements: readonly OtaElement[]
  integrity: IntegrityVerdict
  certificates: readonly CertificateVerdict[]
  signatures: readonly SignatureVerdict[]
  /** Octets after the image. */
  trailing: number
  /** The first thing wrong; what lies behind it was not read, and nothing is judged. */
  fault?: OtaFault
}

export interface OtaReaderOptions {
  /** Whose signatures count; nobody's unless given. */
  trust?: OtaTrust
  /** Whether octets may stand before the magic, as in files that some makers publish. Default true; a device says false. */
  wrapped?: boolean
  /** Largest total image size taken; default 4 GiB, which is any. */
  maxImageOctets?: number
}

/** Where a reader stands, as plain JSON: of a device that loses power in the middle of an image. */
export interface OtaReaderMemory {
  octets: number
  phase: Phase
  start: number
  wanted: number
  gathered: string
  left: number
  header?: OtaHeader
  elements: OtaElement[]
  signed: MmoHashMemory
  all?: MmoHashMemory
  integrity?: IntegrityOctets
  certificates: SuiteOctets[]
  signatures: SuiteOctets[]
  fault?: OtaFault
}

type Phase = 'magic' | 'header start' | 'header' | 'element header' | 'proof' | 'data' | 'after'

/** The first element's advice, where makers put a format of their own behind a good header. */
const OWN_FORMAT = "what follows the header may be in the maker's own format, which only the maker's devices read"
const CUT = 'the file is cut off or its length fields are damaged; fetch it again'

export class OtaReader {
  private readonly trust: OtaTrust
  private readonly wrapped: boolean
  private readonly maxImageOctets: number
  /** Octets seen. */
  private octets = 0
  private phase: Phase = 'magic'
  /** Of the magic, from the beginning of the file. */
  private start = 0
  /** Octets that are gathered before anything is done with them. */
  private wanted = OTA_MAGIC.length
  private gathered = new Uint8Array(MAX_OTA_HEADER_OCTETS)
  private filled = 0
  /** Octets left of an element that is not gathered. */
  private left = 0
  private found: OtaHeader | undefined
  private readonly elements: OtaElement[] = []
  /** Of every octet but r and s. */
  private signed = new MmoHash()
  /** Of every octet, once that differs. */
  private all: MmoHash | undefined
  private integrity: IntegrityOctets | undefined
  private readonly certificates: SuiteOctets[] = []
  private readonly signatures: SuiteOctets[] = []
  private wrong: OtaFault | undefined

  constructor({ trust = { authorities: [] }, wrapped = true, maxImageOctets = 2 ** 32 }: OtaReaderOptions = {}) {
    this.trust = trust
    this.wrapped = wrapped
    this.maxImageOctets = maxImageOctets
  }

  /** Goes on where another stood. */
  static restored(memory: OtaReaderMemory, options: OtaReaderOptions = {}): OtaReader {
    const reader = new OtaReader(options)
    const gathered = fromHex(memory.gathered)
    reader.octets = memory.octets
    reader.phase = memory.phase
    reader.start = memory.start
    reader.wanted = memory.wanted
    reader.gathered.set(gathered)
    reader.filled = gathered.length
    reader.left = memory.left
    reader.found = memory.header
    reader.elements.push(...memory.elements)
    reader.signed = MmoHash.restored(memory.signed)
    reader.all = memory.all && MmoHash.restored(memory.all)
    reader.integrity = memory.integrity
    reader.certificates.push(...memory.certificates)
    reader.signatures.push(...memory.signatures)
    reader.wrong = memory.fault
    return reader
  }

  memory(): OtaReaderMemory {
    const { octets, phase, start, wanted, left, found, all, integrity, wrong } = this
    return {
      ...{ octets, phase, start, wanted, left, gathered: toHex(this.gathered.subarray(0, this.filled)) },
      ...(found && { header: found }),
      elements: this.elements.map(element => ({ ...element })),
      signed: this.signed.memory(),
      ...(all && { all: all.memory() }),
      ...(integrity && { integrity }),
      certificates: [...this.certificates],
      signatures: [...this.signatures],
      ...(wrong && { fault: wrong }),
    }
  }

  /** As soon as it has been read. */
  get header(): OtaHeader | undefined {
    return this.found
  }
  /** What is wrong so far; what is pushed after it is only counted. */
  get fault(): OtaFault | undefined {
    return this.wrong
  }
  /** Whether the whole image has been seen. */
  get whole(): boolean {
    return this.phase === 'after' && !this.wrong
  }

  /** The next octets of the file; they are not kept. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && !this.wrong) {
      const taken = this.take(at === 0 ? chunk : chunk.subarray(at))
      at += taken
      this.octets += taken
      this.proceed()
    }
    this.octets += chunk.length - at
  }

  /** The file ends here: what it is worth. */
  finish(): OtaReport {
    if (!this.wrong && this.phase !== 'after') this.wrong = this.ending()
    const { octets, found, wrong } = this
    const end = this.start + (found?.totalImageSize ?? 0)
    const common = {
      octets,
      preamble: this.phase === 'magic' ? 0 : this.start,
      ...(found && { header: found }),
      elements: this.elements,
      trailing: this.whole ? octets - end : 0,
    }
    if (wrong) return { ...common, integrity: { is: 'absent' }, certificates: [], signatures: [], fault: wrong }
    const hash = this.signed.digest()
    const { certificates, trust } = this
    return {
      ...common,
      integrity: judgeIntegrity(this.integrity),
      certificates: certificates.map(judgeCertificate),
      signatures: this.signatures.map(signature => judgeSignature({ signature, certificates, hash, trust })),
    }
  }

  /** Takes octets of the phase it is in, one or more; how many. */
  private take(chunk: Uint8Array): number {
    switch (this.phase) {
      case 'magic':
        return this.seek(chunk)
      case 'after':
        return chunk.length
      case 'data': {
        const octets = chunk.length <= this.left ? chunk : chunk.subarray(0, this.left)
        this.left -= octets.length
        this.hash(octets)
        return octets.length
      }
      case 'header start':
      case 'header':
      case 'element header':
      case 'proof':
        return this.gather(chunk)
      default:
        return this.phase satisfies never
    }
  }

  private gather(chunk: Uint8Array): number {
    const taken = Math.min(chunk.length, this.wanted - this.filled)
    this.gathered.set(chunk.subarray(0, taken), this.filled)
    this.filled += taken
    return taken
  }

  /** Looks for the magic; no octet of it but the first is its first, so nothing is looked at twice. */
  private seek(chunk: Uint8Array): number {
    for (let at = 0; at < chunk.length; ) {
      if (this.filled === 0) {
        const first = chunk.indexOf(OTA_MAGIC[0]!, at)
        if (first < 0) return chunk.length
        at = first
      }
      if (chunk[at] === OTA_MAGIC[this.filled]) {
        this.filled++
        at++
        if (this.filled === OTA_MAGIC.length) return at
      } else if (this.filled > 0) this.filled = 0
      else at++
    }
    return chunk.length
  }

  /** What follows from the octets taken. */
  private proceed(): void {
    const full = this.filled === this.wanted
    switch (this.phase) {
      case 'magic':
        if (!this.wrapped && this.octets >= OTA_MAGIC.length && this.octets !== this.filled)
          this.wrong = this.noMagic(0)
        else if (full) this.begin()
        return
      case 'header start':
        if (full) this.headerStart()
        return
      case 'header':
        if (full) this.readHeader()
        return
      case 'element header':
        if (full) this.elementHeader()
        return
      case 'proof':
        if (full) this.proof()
        return
      case 'data':
        if (this.left === 0) this.nextElement()
        return
      case 'after':
        return
      default:
        this.phase satisfies never
    }
  }

  private begin(): void {
    this.start = this.octets - OTA_MAGIC.length
    this.gathered.set(OTA_MAGIC)
    this.phase = 'header start'
    this.wanted = OTA_HEADER_START
  }

  private headerStart(): void {
    const { headerVersion, headerLength } = readHeaderStart(this.gathered.subarray(0, this.wanted))
    if (headerVersion !== OTA_HEADER_VERSION) {
      this.wrong = this.refuse('ota.header-version', this.start + 4, 'header version', {
        found: hex(headerVersion, 4),
        expected: hex(OTA_HEADER_VERSION, 4),
        advice: 'it is a file of another kind or damaged; fetch it again',
      })
    } else if (headerLength < OTA_HEADER_OCTETS || headerLength > MAX_OTA_HEADER_OCTETS) {
      this.wrong = this.headerLength(headerLength, `${OTA_HEADER_OCTETS} to ${MAX_OTA_HEADER_OCTETS}`)
    } else {
      this.phase = 'header'
      this.wanted = headerLength
    }
  }

  private readHeader(): void {
    const octets = this.gathered.subarray(0, this.wanted)
    const least = OTA_HEADER_OCTETS + optionalOctets(octets[8]!)
    if (octets.length < least) {
      this.wrong = this.headerLength(
        octets.length,
        `at least ${least}, with the fields that the field control announces,`,
      )
      return
    }
    const header = readHeader(octets)
    this.found = header
    const { totalImageSize, headerLength, hardwareVersions } = header
    if (totalImageSize < headerLength || totalImageSize > this.maxImageOctets) {
      const most = this.maxImageOctets < 2 ** 32 ? ` to ${this.maxImageOctets}` : ' or more'
      this.wrong = this.refuse('ota.image-size', this.start + 52, 'total image size', {
        found: String(totalImageSize),
        expected: `${headerLength}${most}`,
        advice: totalImageSize < headerLength ? 'build the file again' : 'take a smaller image',
      })
    } else if (hardwareVersions && hardwareVersions.minimum > hardwareVersions.maximum) {
      const { minimum, maximum } = hardwareVersions
      this.wrong = this.refuse('ota.hardware-range', this.start + least - 4, 'minimum hardware version', {
        found: hex(minimum, 4),
        expected: `at most the maximum hardware version, ${hex(maximum, 4)},`,
        advice: 'build the file again with the versions the other way round',
      })
    } else {
      this.hash(octets)
      this.nextElement()
    }
  }

  /** Where the next element begins, or the image ends. */
  private nextElement(): void {
    const left = this.imageLeft()
    this.filled = 0
    this.wanted = ELEMENT_HEADER_OCTETS
    this.phase = left === 0 ? 'after' : 'element header'
    if (left === 0) return
    if (left < ELEMENT_HEADER_OCTETS) {
      this.wrong = this.refuse('ota.element-header', this.octets, 'tag', {
        found: `${left} octets up to the total image size`,
        expected: `${ELEMENT_HEADER_OCTETS} (tag and length) or none`,
        advice: 'the total image size or a length before it is wrong; build the file again',
      })
    } else if (this.elements.length === MAX_ELEMENTS) {
      this.wrong = this.refuse('ota.element-count', this.octets, 'tag', {
        found: `sub-element ${MAX_ELEMENTS + 1}`,
        expected: `at most ${MAX_ELEMENTS}`,
        advice: 'join parts of the image in one sub-element',
      })
    }
  }

  private elementHeader(): void {
    const octets = this.gathered.subarray(0, ELEMENT_HEADER_OCTETS)
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
    const [tag, counted] = [view.getUint16(0, true), view.getUint32(2, true)]
    const left = this.imageLeft()
    const flags = tag === UNCOUNTED_FLAGS_TAG && counted + UNCOUNTED_FLAGS_OCTETS === left ? UNCOUNTED_FLAGS_OCTETS : 0
    const length = counted + flags
    const offset = this.octets - ELEMENT_HEADER_OCTETS
    const kind = elementKind(tag)
    const name = elementName(tag)
    if (length > left) {
      this.wrong = this.refuse('ota.element-length', offset + 2, `length of ${name}`, {
        found: String(length),
        expected: `at most ${left}, where the image ends,`,
        advice: this.elements.length === 0 ? OWN_FORMAT : 'the file is damaged; fetch it again or build it again',
      })
    } else if ('octets' in kind && length !== kind.octets) {
      this.wrong = this.refuse('ota.element-size', offset + 2, `length of ${name}`, {
        found: String(length),
        expected: String(kind.octets),
        advice: 'sign the image again',
      })
    } else if ('octets' in kind && this.elements.some(element => element.tag === tag)) {
      this.wrong = this.refuse('ota.element-repeated', offset, 'tag', {
        found: `a second ${name}`,
        expected: 'one',
        advice: 'remove one of them',
      })
    } else {
      if (kind.is === 'integrity code') this.integrity = { found: '', beforeTag: this.soFar(), beforeCode: '' }
      this.elements.push({ tag, offset, dataOffset: this.octets, length })
      this.hash(octets)
      if (this.integrity?.beforeCode === '') this.integrity.beforeCode = this.soFar()
      this.filled = 0
      this.phase = 'octets' in kind ? 'proof' : 'data'
      this.wanted = this.left = length
      if (length === 0) this.nextElement()
    }
  }

  /** A sub-element that proves the image is there. */
  private proof(): void {
    const octets = this.gathered.subarray(0, this.wanted)
    const data = toHex(octets)
    const kind = elementKind(this.elements.at(-1)!.tag)
    if (kind.is === 'signature') {
      this.all ??= this.signed.copy()
      this.all.update(octets)
      this.signed.update(octets.subarray(0, SIGNER_OCTETS))
      this.signatures.push({ suite: kind.suite, data })
    } else {
      this.hash(octets)
      if (kind.is === 'certificate') this.certificates.push({ suite: kind.suite, data })
      else if (this.integrity) this.integrity.found = data
    }
    this.nextElement()
  }

  private hash(octets: Uint8Array): void {
    this.signed.update(octets)
    this.all?.update(octets)
  }

  private soFar(): string {
    return toHex((this.all ?? this.signed).digest())
  }

  /** Octets up to the end of the image. */
  private imageLeft(): number {
    return this.start + this.found!.totalImageSize - this.octets
  }

  /** Why the file must not end here. */
  private ending(): OtaFault {
    const { phase, octets, found } = this
    if (phase === 'magic') return this.noMagic(octets)
    const field =
      phase === 'header start' || phase === 'header' ? 'header' : phase === 'element header' ? 'tag' : 'data'
    const missing = found ? `${this.imageLeft()} octets more, up to the total image size,` : 'a whole header'
    return this.refuse('ota.truncated', octets, field, { found: 'the end of the file', expected: missing, advice: CUT })
  }

  private noMagic(offset: number): OtaFault {
    return this.refuse('ota.magic', this.wrapped ? offset : 0, 'upgrade file identifier', {
      found: this.wrapped ? 'the end of the file' : 'something else',
      expected: '1e f1 ee 0b',
      advice: this.wrapped
        ? 'it is no ZigBee OTA file; look for the one the maker publishes'
        : 'unwrap the image first',
    })
  }

  private headerLength(found: number, expected: string): OtaFault {
    const advice = 'the header is damaged; fetch the file again or build it again'
    return this.refuse('ota.header-length', this.start + 6, 'header length', { found: String(found), expected, advice })
  }

  private refuse(
    code: OtaFault['code'],
    offset: number,
    field: string,
    words: Pick<OtaFault, 'found' | 'expected' | 'advice'>,
  ): OtaFault {
    return { code, offset, field, ...words }
  }
}

/** Reads a file that is there as a whole. */
export function readOta(octets: Uint8Array, options?: OtaReaderOptions): OtaReport {
  const reader = new OtaReader(options)
  reader.push(octets)
  return reader.finish()
}
