/** Where short messages to a hub's SIM come in: by their number, into the time of the installation that has it. */
import type { BrokerMessage } from '../ports/broker.ts'
import type { SmsRefusal } from '../ports/wan.ts'

/** The SIM of an installation. */
export interface SmsAddressee {
  id: string
  /** Undefined where the hub is real: whoever fronts it has what is for it. */
  submit: ((message: { from: string; to: string; text: string }) => SmsRefusal | undefined) | undefined
  refused: (reason: SmsRefusal, detail: string) => void
}

export interface SmsDeskOptions {
  addresseeOf: (msisdn: string) => SmsAddressee | undefined
  /** Runs `act`, which the message brought about, in the simulated time of an installation. */
  inject: (installation: string, message: BrokerMessage, act: () => void) => void
  arrived: (installation: string, message: BrokerMessage) => void
  onProblem: (text: string) => void
}

/** Whom messages of the parties come from: a number Ofcom keeps for drama. @source assumed */
const PARTIES_NUMBER = '447700900001'
/** Octets that are looked at: no short message is longer. */
const LONGEST_OCTETS = 640

export class SmsDesk {
  /** Messages for numbers that no SIM of this rig has. */
  unknownNumbers = 0
  private readonly options: SmsDeskOptions

  constructor(options: SmsDeskOptions) {
    this.options = options
  }

  onMessage(to: string, message: BrokerMessage): void {
    const { addresseeOf, inject, arrived, onProblem } = this.options
    const { topic, payload, retain } = message
    // A wake-up of long ago is none.
    if (retain) return onProblem(`${topic}: a retained short message is dropped`)
    const addressee = addresseeOf(to)
    if (!addressee) {
      this.unknownNumbers++
      return onProblem(`${topic}: no SIM has this number; ${payload.length} octets dropped`)
    }
    const { id, submit, refused } = addressee
    if (submit) {
      const text = Buffer.from(payload.subarray(0, LONGEST_OCTETS)).toString('utf8')
      inject(id, message, () => {
        const reason = submit({ from: PARTIES_NUMBER, to, text })
        if (reason) refused(reason, `a short message to ${to} is not taken`)
      })
    }
    arrived(id, message)
  }
}
