/** What a file was found to be. */
import type { OtaFault } from './ota-fault.ts'
import type { OtaHeader } from './ota-header.ts'
import type { CertificateVerdict, IntegrityVerdict, SignatureVerdict } from './ota-verdicts.ts'

/** A sub-element, by its place. */
export interface OtaElement {
  tag: number
  /** Of the tag, from the beginning of the file. */
  offset: number
  /** Of the data, from the beginning of the file. */
  dataOffset: number
  /** Octets of data, with those that the maker's tag 0xf000 does not count. */
  length: number
}

/** What the proofs of a file are worth. */
export interface OtaVerdicts {
  integrity: IntegrityVerdict
  certificates: readonly CertificateVerdict[]
  signatures: readonly SignatureVerdict[]
}

/** What a file is, as far as it could be read. */
export interface OtaReport extends OtaVerdicts {
  /** Octets of the file. */
  octets: number
  /** Octets before the magic. */
  preamble: number
  /** Undefined when it could not be read. */
  header?: OtaHeader
  elements: readonly OtaElement[]
  /** Octets after the image. */
  trailing: number
  /** The first thing wrong; what lies behind it was not read, and nothing is judged. */
  fault?: OtaFault
}
