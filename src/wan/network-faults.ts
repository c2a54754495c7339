/** What may be wrong with the mobile network as one SIM meets it, whatever the operator's books say. */
import type { Trace } from '../ports/trace.ts'
import type { Apn, AttachRefusal } from '../ports/wan.ts'

/** What the network says to a SIM that asks for an access point. */
export type Admission = { ip: string } | { refused: AttachRefusal }

/** What is wrong with an address: another SIM is on it, or the network gives another one. */
export type AddressFault = { is: 'taken' } | { is: 'given'; ip: string }

export class NetworkFaults {
  private readonly trace: Trace
  private readonly onChange: () => void
  private readonly apnsDown = new Set<Apn>()
  private readonly addresses = new Map<Apn, AddressFault>()

  constructor(options: { trace: Trace; onChange: () => void }) {
    this.trace = options.trace
    this.onChange = options.onChange
  }

  /** An access point is out of order, or works again. */
  setAccessPoint(apn: Apn, state: 'up' | 'down'): void {
    if (state === 'down') this.apnsDown.add(apn)
    else this.apnsDown.delete(apn)
    this.onChange()
  }

  /** Undefined: the address is as the books have it again. */
  setAddress(apn: Apn, fault: AddressFault | undefined): void {
    if (fault) this.addresses.set(apn, fault)
    else this.addresses.delete(apn)
    this.onChange()
  }

  /** What the operator's verdict comes to. */
  bend(apn: Apn, verdict: Admission): Admission {
    if ('refused' in verdict) return verdict
    if (this.apnsDown.has(apn)) return { refused: 'apn-down' }
    const fault = this.addresses.get(apn)
    if (!fault) return verdict
    if (fault.is === 'given') return { ip: fault.ip }
    const detail = `${verdict.ip} on ${apn} is held by another SIM`
    this.trace.emit({ kind: 'wan.refused', reason: 'address-clash', detail })
    return { refused: 'no-address' }
  }
}
