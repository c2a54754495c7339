/** What can be made to go wrong on the air: each fault with its units and bounds. */
import { didYouMean, InvariantError } from '../base/errors.ts'
import type { Micros } from '../base/ids.ts'
import { formatSpan, hours, seconds } from '../base/time.ts'
import { FIRST_CHANNEL, LAST_CHANNEL } from './phy.ts'

/** Names of radios; absent: any. Naming one direction makes the fault one-way. */
export interface Way {
  from?: string
  to?: string
}

export type AirFault =
  /** This share of frames is not heard. */
  | ({ kind: 'loss'; share: number } & Way)
  /** Bursts of about `burstUs`, about `gapUs` apart (exponential), in which nothing is heard. */
  | ({ kind: 'burst-loss'; burstUs: Micros; gapUs: Micros } & Way)
  /** This share of frames reaches the host `delayUs` late, and up to `jitterUs` more; the chip acknowledges in time. */
  | ({ kind: 'delay'; share: number; delayUs: Micros; jitterUs?: Micros } & Way)
  /** This share of frames reaches the host again, `afterUs` later. */
  | ({ kind: 'duplicate'; share: number; afterUs: Micros } & Way)
  /** In this share of frames `bits` bits are flipped; `undetected`: so that the FCS is right again. */
  | ({ kind: 'corrupt'; share: number; bits: number; undetected?: boolean } & Way)
  /** A foreign transmitter: `onUs` on, `offUs` off, from the moment of injection; `offUs` 0: always on. */
  | { kind: 'interference'; channel: number; powerDbm: number; onUs: Micros; offUs: Micros }
  /** A foreign transmitter sends this share of the frames it hears again, byte for byte, `afterUs` later. */
  | { kind: 'replay'; share: number; afterUs: Micros; from?: string }
  /** Neither sends nor hears. */
  | { kind: 'node-off'; node: string }
  /** Sends, hears nothing. */
  | { kind: 'deaf'; node: string }

/** Bounds of what a fault may be given. */
export const LONGEST_DELAY_US = seconds(60)
export const LONGEST_SPELL_US = hours(72)
export const MOST_BITS = 1_016

/** @throws InvariantError when a value is out of range or names no radio */
export function checkFault(fault: AirFault, radios: readonly string[]): void {
  const whole = (name: string, value: number, from: number, to: number, unit = '') => {
    if (Number.isInteger(value) && value >= from && value <= to) return
    throw refusal(fault, name, value, `a whole number ${from}..${to}${unit}`)
  }
  const share = (value: number) => {
    if (!(value > 0 && value <= 1)) throw refusal(fault, 'share', value, 'more than 0, at most 1')
  }
  const radio = (name: string, value: string | undefined) => {
    if (value === undefined || radios.includes(value)) return
    const near = didYouMean(value, radios)
    throw refusal(fault, name, value, `one of ${radios.join(', ')}${near ? ` (did you mean "${near}"?)` : ''}`)
  }
  switch (fault.kind) {
    case 'loss':
      share(fault.share)
      break
    case 'burst-loss':
      whole('burstUs', fault.burstUs, 1, LONGEST_SPELL_US, ' us')
      whole('gapUs', fault.gapUs, 1, LONGEST_SPELL_US, ' us')
      break
    case 'delay':
      share(fault.share)
      whole('delayUs', fault.delayUs, 1, LONGEST_DELAY_US, ' us')
      whole('jitterUs', fault.jitterUs ?? 0, 0, LONGEST_DELAY_US, ' us')
      break
    case 'duplicate':
    case 'replay':
      share(fault.share)
      whole('afterUs', fault.afterUs, 1, LONGEST_DELAY_US, ' us')
      break
    case 'corrupt':
      share(fault.share)
      whole('bits', fault.bits, 1, MOST_BITS)
      break
    case 'interference':
      whole('channel', fault.channel, FIRST_CHANNEL, LAST_CHANNEL)
      if (!(fault.powerDbm >= -100 && fault.powerDbm <= 20)) {
        throw refusal(fault, 'powerDbm', fault.powerDbm, '-100..20 dBm')
      }
      whole('onUs', fault.onUs, 1, LONGEST_SPELL_US, ' us')
      whole('offUs', fault.offUs, 0, LONGEST_SPELL_US, ' us')
      break
    case 'node-off':
    case 'deaf':
      radio('node', fault.node)
      break
    default:
      throw new InvariantError(`air fault "${(fault satisfies never as AirFault).kind}" is not known`)
  }
  if ('from' in fault) radio('from', fault.from)
  if ('to' in fault) radio('to', fault.to)
}

/** The fault in a line, for the trace. */
export function faultText(fault: AirFault): string {
  const words = Object.entries(fault)
    .filter(([name, value]) => name !== 'kind' && value !== undefined)
    .map(([name, value]) => (name.endsWith('Us') ? `${name.slice(0, -2)}=${formatUs(value)}` : `${name}=${value}`))
  return [fault.kind, ...words].join(' ')
}

const formatUs = (us: Micros): string => (us < 1_000_000 ? `${us} us` : formatSpan(us))

function refusal(fault: AirFault, name: string, found: unknown, expected: string): InvariantError {
  return new InvariantError(`air fault ${fault.kind}: ${name} is ${found}, ${expected} expected`)
}
