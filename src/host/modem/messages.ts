/**
 * Short messages that arrive at a modem: each is taken off its SIM and handed on. As octets, for a text may look like the end of an
 * answer. A modem that knows no short messages has none. @source 3GPP TS 27.005
 */
import { WireError } from '../../base/errors.ts'
import { seconds } from '../../base/time.ts'
import type { ShortMessage } from '../../ports/wan.ts'
import { informationOf } from '../../wire/at/answer.ts'
import { numberOf } from '../../wire/at/parameters.ts'
import { decodeDeliver } from '../../wire/at/sms-pdu.ts'
import { order } from './commands.ts'
import type { Procedure } from './procedure.ts'

export class ModemMessages {
  /** Those on the SIM that could not be read; they are taken off it too. */
  unreadable = 0
  private onMessage: ((message: ShortMessage) => boolean) | undefined
  private isOffered = false

  listen(take: (message: ShortMessage) => boolean): void {
    this.onMessage = take
  }

  /** Has the modem tell when one has arrived. */
  *subscribe(): Procedure {
    const asOctets = yield order('+CMGF=0')
    const tells = asOctets.is === 'ok' ? yield order('+CNMI=2,1') : asOctets
    this.isOffered = tells.is === 'ok'
    yield* this.collect()
  }

  /** Whether a line says that one has arrived. */
  tellsOf(line: string): boolean {
    return line.startsWith('+CMTI:')
  }

  /** Takes all there are, one after the other, as far as they are wanted. */
  *collect(): Procedure {
    if (!this.isOffered || !this.onMessage) return
    const { lines } = yield { line: 'AT+CMGL=4', limitUs: seconds(20) }
    for (const [at, line] of lines.entries()) {
      const head = informationOf(line)
      const index = head?.name === '+CMGL' ? numberOf(head.parameters[0]) : undefined
      if (index === undefined || !this.takes(lines[at + 1] ?? '')) continue
      yield order(`+CMGD=${index}`)
    }
  }

  private takes(hex: string): boolean {
    try {
      return this.onMessage?.(decodeDeliver(hex)) ?? false
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      this.unreadable++
      return true
    }
  }
}
