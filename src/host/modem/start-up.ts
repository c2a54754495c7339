/** How a conversation with a modem begins: from whatever state an earlier host left it in, to an open SIM. */
import { seconds } from '../../base/time.ts'
import { textOf } from '../../wire/at/parameters.ts'
import type { Answer } from './at-channel.ts'
import { order, question, valuesOf } from './commands.ts'
import type { Procedure } from './procedure.ts'

/** Results in words, errors by number; false when nobody answers as a modem. */
export function* greet(): Procedure<boolean> {
  // Whatever an earlier host left on its line or in its text entry, the second AT is one.
  yield order('\x1b')
  const there = yield order('')
  const set = yield order('E0Q0V1')
  if (there.is !== 'ok' || set.is !== 'ok') return false
  yield order('+CMEE=1')
  return true
}

/** The PIN of a SIM. It is tried once: a SIM that is told a wrong one three times is locked. */
export class SimPin {
  private readonly pin: string | undefined
  /** Why the PIN is not tried again. */
  private refused: string | undefined

  constructor(pin: string | undefined) {
    this.pin = pin
  }

  /** Opens the SIM; why it will not do, or undefined. */
  *open(): Procedure<string | undefined> {
    const asked = yield question('+CPIN')
    const state = textOf(valuesOf(asked)[0])
    if (state === 'READY') return undefined
    // Makers of modems without a SIM lock leave the command out.
    if (asked.is === 'error' && asked.of === undefined) return undefined
    if (state !== 'SIM PIN')
      return state === undefined ? `the SIM cannot be read (${wordsOf(asked)})` : `it wants ${state}`
    if (this.pin === undefined) return 'the SIM wants a PIN, and none is known'
    if (this.refused !== undefined) return this.refused
    this.refused = 'the PIN was sent and not taken; it is not tried again'
    const tried = yield order(`+CPIN="${this.pin}"`, seconds(20))
    if (tried.is === 'ok') this.refused = undefined
    return this.refused
  }
}

const wordsOf = (answer: Answer): string => (answer.is === 'error' ? answer.words : 'no answer')
