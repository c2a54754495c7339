/**
 * Reads a ZigBee OTA upgrade file as it comes, in pieces of any size, and judges it. Keeps no more than its header and
 * the sub-elements of fixed length, whatever the size of the image.
 * @source ZigBee OTA Upgrade Cluster 095264, 6.3; signature and hash: ZigBee Smart Energy 07-5356
 */
import { fromHex, toHex } from '../base/bytes.ts'
import {
  ANY_SIZE,
  checkElement,
  checkHeader,
  checkHeaderRoom,
  checkHeaderStart,
  checkRoom,
  cutOff,
  notAtOnce,
  nowhere,
} from './ota-checks.ts'
import { ELEMENT_HEADER_OCTETS, elementKind, UNCOUNTED_FLAGS_OCTETS, UNCOUNTED_FLAGS_TAG } from './ota-elements.ts'
import type { OtaFault } from './ota-fault.ts'
import {
  MAX_OTA_HEADER_OCTETS,
  OTA_HEADER_OCTETS,
  OTA_HEADER_START,
  OTA_MAGIC,
  type OtaHeader,
  optionalOctets,
  readHeader,
  readHeaderStart,
} from './ota-header.ts'
import { OtaProofs, type OtaProofsMemory } from './ota-proofs.ts'
import type { OtaElement, OtaReport } from './ota-report.ts'
import type { OtaTrust } from './ota-verdicts.ts'

export { MAX_ELEMENTS } from './ota-checks.ts'
export type { OtaElement, OtaReport } from './ota-report.ts'

export interface OtaReaderOptions {
  /** Whose signatures count; nobody's unless given. */
  trust?: OtaTrust
  /** Whether octets may stand before the magic, as in files that some makers publish. Default true; a device says false. */
  wrapped?: boolean
  /** Largest total image size taken; any unless given. */
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
  elements: readonly OtaElement[]
  proofs: OtaProofsMemory
  fault?: OtaFault
}

/** `proof` is the data of a sub-element of fixed length, `data` that of any other. */
type Phase = 'magic' | 'header start' | 'header' | 'element header' | 'proof' | 'data' | 'after'

/** What a file ends in that is cut off. */
const FIELDS: Readonly<Record<Exclude<Phase, 'magic' | 'after'>, string>> = {
  'header start': 'header',
  header: 'header',
  'element header': 'tag',
  proof: 'data',
  data: 'data',
}

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
  private readonly gathered = new Uint8Array(MAX_OTA_HEADER_OCTETS)
  private filled = 0
  /** Octets left of an element that is not gathered. */
  private left = 0
  private found: OtaHeader | undefined
  private readonly elements: OtaElement[] = []
  private proofs = new OtaProofs()
  private wrong: OtaFault | undefined

  constructor({ trust = { authorities: [] }, wrapped = true, maxImageOctets = ANY_SIZE }: OtaReaderOptions = {}) {
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
    reader.proofs = new OtaProofs(memory.proofs)
    reader.wrong = memory.fault
    return reader
  }

  memory(): OtaReaderMemory {
    const { octets, phase, start, wanted, left, found, wrong } = this
    return {
      ...{ octets, phase, start, wanted, left, gathered: toHex(this.gathered.subarray(0, this.filled)) },
      ...(found && { header: found }),
      elements: [...this.elements],
      proofs: this.proofs.memory(),
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
    return this.phase === 'after'
  }

  /** The next octets of the file; they are not kept. */
  push(chunk: Uint8Array): void {
    let at = 0
    while (at < chunk.length && !this.wrong) {
      const taken = this.take(chunk.subarray(at))
      at += taken
      this.octets += taken
      this.proceed()
    }
    this.octets += chunk.length - at
  }

  /** The file ends here: what it is worth. */
  finish(): OtaReport {
    this.wrong ??= this.ending()
    const { octets, start, found, wrong, elements } = this
    const common = { octets, preamble: start, ...(found && { header: found }), elements }
    if (wrong) {
      const nothing = { integrity: { is: 'absent' }, certificates: [], signatures: [] } as const
      return { ...common, trailing: 0, ...nothing, fault: wrong }
    }
    return { ...common, trailing: octets - start - (found?.totalImageSize ?? 0), ...this.proofs.judge(this.trust) }
  }

  /** Takes octets of the phase it is in, one or more; how many. */
  private take(chunk: Uint8Array): number {
    switch (this.phase) {
      case 'magic':
        return this.seek(chunk)
      case 'after':
        return chunk.length
      case 'data': {
        const octets = chunk.subarray(0, this.left)
        this.left -= octets.length
        this.proofs.take(octets)
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
    const octets = chunk.subarray(0, this.wanted - this.filled)
    this.gathered.set(octets, this.filled)
    this.filled += octets.length
    return octets.length
  }

  /** Looks for the magic; no octet of it but the first is its first, so nothing is looked at twice. */
  private seek(chunk: Uint8Array): number {
    for (let at = 0; at < chunk.length; at++) {
      if (this.filled === 0) {
        at = chunk.indexOf(OTA_MAGIC[0]!, at)
        if (at < 0) return chunk.length
      }
      if (chunk[at] !== OTA_MAGIC[this.filled]) this.filled = chunk[at] === OTA_MAGIC[0] ? 1 : 0
      else if (++this.filled === OTA_MAGIC.length) return at + 1
    }
    return chunk.length
  }

  /** What follows from the octets taken. */
  private proceed(): void {
    if (this.phase === 'data') {
      if (this.left === 0) this.nextElement()
      return
    }
    if (this.phase === 'magic' && !this.wrapped && this.octets !== this.filled) this.wrong = notAtOnce()
    if (this.wrong || this.filled < this.wanted) return
    switch (this.phase) {
      case 'magic':
        this.start = this.octets - OTA_MAGIC.length
        this.gathered.set(OTA_MAGIC)
        this.phase = 'header start'
        this.wanted = OTA_HEADER_START
        return
      case 'header start':
        return this.headerStart()
      case 'header':
        return this.wholeHeader()
      case 'element header':
        return this.elementHeader()
      case 'proof':
        this.proofs.prove(elementKind(this.elements.at(-1)!.tag), this.gathered.subarray(0, this.wanted))
        return this.nextElement()
      case 'after':
        return
      default:
        this.phase satisfies never
    }
  }

  private headerStart(): void {
    const said = readHeaderStart(this.gathered.subarray(0, this.wanted))
    this.wrong = checkHeaderStart(said, this.start)
    this.phase = 'header'
    this.wanted = said.headerLength
  }

  private wholeHeader(): void {
    const { start, maxImageOctets } = this
    const octets = this.gathered.subarray(0, this.wanted)
    const least = OTA_HEADER_OCTETS + optionalOctets(octets[8]!)
    this.wrong = checkHeaderRoom(octets.length, least, start)
    if (this.wrong) return
    this.found = readHeader(octets)
    this.wrong = checkHeader(this.found, { start, end: start + least, maxImageOctets })
    if (this.wrong) return
    this.proofs.take(octets)
    this.nextElement()
  }

  /** Where the next element begins, or the image ends. */
  private nextElement(): void {
    const left = this.imageLeft()
    this.filled = 0
    this.wanted = ELEMENT_HEADER_OCTETS
    this.phase = left === 0 ? 'after' : 'element header'
    if (left > 0) this.wrong = checkRoom(this.octets, left, this.elements)
  }

  private elementHeader(): void {
    const { elements, octets: dataOffset } = this
    const octets = this.gathered.subarray(0, ELEMENT_HEADER_OCTETS)
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length)
    const [tag, counted] = [view.getUint16(0, true), view.getUint32(2, true)]
    const left = this.imageLeft()
    const flags = tag === UNCOUNTED_FLAGS_TAG && counted + UNCOUNTED_FLAGS_OCTETS === left ? UNCOUNTED_FLAGS_OCTETS : 0
    const element = { tag, offset: dataOffset - ELEMENT_HEADER_OCTETS, dataOffset, length: counted + flags }
    const kind = elementKind(tag)
    this.wrong = checkElement(element, kind, { left, elements })
    if (this.wrong) return
    elements.push(element)
    this.proofs.begin(kind, octets)
    this.filled = 0
    this.phase = 'octets' in kind ? 'proof' : 'data'
    this.wanted = element.length
    this.left = element.length
    if (element.length === 0) this.nextElement()
  }

  /** Octets up to the end of the image. */
  private imageLeft(): number {
    return this.start + this.found!.totalImageSize - this.octets
  }

  /** Why the file must not end here; undefined when it may. */
  private ending(): OtaFault | undefined {
    const { phase, octets, found } = this
    if (phase === 'after') return undefined
    if (phase === 'magic') return this.wrapped ? nowhere(octets) : notAtOnce()
    return cutOff(octets, FIELDS[phase], found && this.imageLeft())
  }
}

/** Reads a file that is there as a whole. */
export function readOta(octets: Uint8Array, options?: OtaReaderOptions): OtaReport {
  const reader = new OtaReader(options)
  reader.push(octets)
  return reader.finish()
}
