/** Asks a modem who it is, whose SIM it has and whether the network knows it. Nothing is attached, and no PIN is tried. */
import type { ByteLink } from '../../ports/byte-link.ts'
import type { Timers } from '../../ports/time.ts'
import type { Standing } from '../../ports/wan.ts'
import { AtChannel } from './at-channel.ts'
import { identify, identifySim, isUnasked, type ModemIdentity, question, signalOf } from './commands.ts'
import { type Procedure, Procedures } from './procedure.ts'
import { Registrations } from './registrations.ts'
import { greet, SimPin } from './start-up.ts'

export interface ModemReport {
  identity: ModemIdentity
  /** Why its SIM cannot be read; then the rest is not known. */
  lock?: string
  standing?: Standing
  /** dBm */
  signalDbm?: number
}

export class ModemInterview {
  /** What it told, once it has told all; `strange`: what answers is no modem. */
  report: ModemReport | 'strange' | undefined

  /** Asks as soon as the line is up. */
  constructor({ link, timers }: { link: ByteLink; timers: Timers }) {
    const channel = new AtChannel({
      ...{ link, timers, isUnasked },
      onUnasked: () => {},
      onUp: () => procedures.add(this.ask()),
      onDown: () => procedures.forget(),
    })
    const procedures = new Procedures(channel)
  }

  private *ask(): Procedure {
    if (!(yield* greet())) {
      this.report = 'strange'
      return
    }
    const identity = yield* identify()
    const lock = yield* new SimPin(undefined).open()
    if (lock !== undefined) {
      this.report = { identity, lock }
      return
    }
    const sim = yield* identifySim()
    const registrations = new Registrations()
    yield* registrations.look()
    const signalDbm = signalOf(yield question('+CSQ', ''))
    this.report = {
      identity: { ...identity, ...sim },
      standing: registrations.standing,
      ...(signalDbm !== undefined && { signalDbm }),
    }
  }
}
