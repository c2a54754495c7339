/** The hashes of an image as it comes, and the sub-elements that are to prove it. */
import { toHex } from '../base/bytes.ts'
import { MmoHash, type MmoHashMemory } from '../crypto/mmo.ts'
import { type ElementKind, SIGNER_OCTETS } from './ota-elements.ts'
import type { OtaVerdicts } from './ota-report.ts'
import {
  type IntegrityOctets,
  judgeCertificate,
  judgeIntegrity,
  judgeSignature,
  type OtaTrust,
  type SuiteOctets,
} from './ota-verdicts.ts'

export interface OtaProofsMemory {
  signed: MmoHashMemory
  all?: MmoHashMemory
  integrity?: IntegrityOctets
  certificates: readonly SuiteOctets[]
  signatures: readonly SuiteOctets[]
}

export class OtaProofs {
  /** Of every octet but r and s. */
  private readonly signed: MmoHash
  /** Of every octet, once that differs. */
  private all: MmoHash | undefined
  private integrity: IntegrityOctets | undefined
  private readonly certificates: SuiteOctets[]
  private readonly signatures: SuiteOctets[]

  constructor(memory?: OtaProofsMemory) {
    this.signed = memory ? MmoHash.restored(memory.signed) : new MmoHash()
    this.all = memory?.all && MmoHash.restored(memory.all)
    this.integrity = memory?.integrity && { ...memory.integrity }
    this.certificates = [...(memory?.certificates ?? [])]
    this.signatures = [...(memory?.signatures ?? [])]
  }

  memory(): OtaProofsMemory {
    const { signed, all, integrity, certificates, signatures } = this
    return {
      signed: signed.memory(),
      ...(all && { all: all.memory() }),
      ...(integrity && { integrity: { ...integrity } }),
      certificates: [...certificates],
      signatures: [...signatures],
    }
  }

  /** The next octets of the image that are no proof; they are not kept. */
  take(octets: Uint8Array): void {
    this.signed.update(octets)
    this.all?.update(octets)
  }

  /** Tag and length of the next sub-element. */
  begin({ is }: ElementKind, header: Uint8Array): void {
    const beforeTag = is === 'integrity code' ? this.soFar() : ''
    this.take(header)
    if (is === 'integrity code') this.integrity = { found: '', beforeTag, beforeCode: this.soFar() }
  }

  /** The data of a sub-element that proves something. */
  prove(kind: ElementKind, octets: Uint8Array): void {
    const data = toHex(octets)
    if (kind.is === 'signature') {
      this.all ??= this.signed.copy()
      this.all.update(octets)
      this.signed.update(octets.subarray(0, SIGNER_OCTETS))
      this.signatures.push({ suite: kind.suite, data })
      return
    }
    this.take(octets)
    if (kind.is === 'certificate') this.certificates.push({ suite: kind.suite, data })
    else if (this.integrity) this.integrity.found = data
  }

  /** When the image is whole. */
  judge(trust: OtaTrust): OtaVerdicts {
    const { certificates, signatures } = this
    const hash = this.signed.digest()
    return {
      integrity: judgeIntegrity(this.integrity),
      certificates: certificates.map(judgeCertificate),
      signatures: signatures.map(signature => judgeSignature({ signature, certificates, hash, trust })),
    }
  }

  private soFar(): string {
    return toHex((this.all ?? this.signed).digest())
  }
}
