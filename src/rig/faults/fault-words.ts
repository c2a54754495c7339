/** The words that values of faults are made of: a first one, then options as `name:word`. */
import { didYouMean } from '../../base/errors.ts'
import type { Micros } from '../../base/ids.ts'
import { hours, parseSpan } from '../../base/time.ts'
import { PARTS, type Part } from '../../profiles/parts.ts'
import { LONGEST_DELAY_US, LONGEST_SPELL_US } from '../../radio/air-fault.ts'
import type { FaultContext, FaultEffect, FaultMoment, FaultProblem } from './fault-kind.ts'

/** Reads one word of a value. */
export interface Word<T> {
  /** How it stands in the list of faults, and in words. */
  shown: string
  form: string
  /** Undefined when the word will not do. */
  read(text: string, context: FaultContext): T | undefined
}

/** Options by name. */
export type Words = Readonly<Record<string, Word<unknown>>>
/** What options were read as: those that were given. */
export type Read<O extends Words> = { readonly [K in keyof O]?: O[K] extends Word<infer T> ? T : never }

const within = (us: Micros | undefined, most: Micros) => (us !== undefined && us > 0 && us <= most ? us : undefined)

function spanWord(most: Micros, form: string): Word<Micros> {
  return { shown: 'SPAN', form, read: text => within(parseSpan(text), most) }
}
/** Up to a year. */
export const anySpan = spanWord(hours(24 * 365), 'a span of at most 365d such as 90s, 30min or 2h')
/** As long as a frame may be delayed. */
export const shortSpan = spanWord(LONGEST_DELAY_US, 'a span of at most 60s, such as 200ms')
/** 20% is 0.2. */
export const share: Word<number> = {
  shown: 'SHARE',
  form: 'a share such as 20% (more than 0, at most 100%)',
  read(text) {
    const percent = Number(/^(\d{1,3}(?:\.\d+)?)%$/.exec(text)?.[1])
    return percent > 0 && percent <= 100 ? percent / 100 : undefined
  },
}
/** A device by its type. */
export const part: Word<Part> = {
  shown: 'PART',
  form: `one of ${PARTS.join(', ')}`,
  read: text => PARTS.find(known => known === text),
}
/** A whole number within bounds. */
export function wholeWord(least: number, greatest: number): Word<number> {
  return {
    shown: 'N',
    form: `a whole number ${least} to ${greatest}`,
    read(text) {
      const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
      return value >= least && value <= greatest ? value : undefined
    },
  }
}
/** Two spans that take turns. */
export const spell: Word<{ onUs: Micros; offUs: Micros }> = {
  shown: 'SPAN/SPAN',
  form: 'two spans of at most 72h such as 2s/30s',
  read(text) {
    const [onUs, offUs, ...more] = text.split('/').map(span => within(parseSpan(span), LONGEST_SPELL_US))
    return onUs && offUs && more.length === 0 ? { onUs, offUs } : undefined
  },
}
/** Of a transmitter as it is heard, dBm. */
export const power: Word<number> = {
  shown: 'POWER',
  form: 'a power of -100dBm to 20dBm such as -40dBm',
  read(text) {
    const dbm = Number(/^(-?\d{1,3})dBm$/.exec(text)?.[1])
    return dbm >= -100 && dbm <= 20 ? dbm : undefined
  },
}
/** One of several words. */
export const oneOf = <W extends string>(...words: readonly W[]): Word<W> => ({
  shown: words.join('|'),
  form: words.length === 1 ? (words[0] ?? '') : `one of ${words.join(', ')}`,
  read: text => words.find(word => word === text),
})
/** An option that is there or not. */
export const yes = oneOf('yes')
/** One of the Group file's access points. */
export const apn: Word<string> = {
  shown: 'APN',
  form: 'an access point of the Group file',
  read: (text, { apns }) => (apns.includes(text) ? text : undefined),
}
/** An IPv4 address. */
export const address: Word<string> = {
  shown: 'IP',
  form: 'an IPv4 address such as 10.60.9.9',
  read: text => (/^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.|$)){4}$/.test(text) && !text.endsWith('.') ? text : undefined),
}
/** Of the Group file. */
export const phase: Word<FaultMoment> = {
  shown: 'PHASE',
  form: 'a phase of the Group file',
  read: (text, { phases }) => (phases.includes(text) ? `phase:${text}` : undefined),
}
/** When a fault sets in. */
export const moment: Word<Pick<FaultEffect, 'sets' | 'afterUs'>> = {
  shown: 'MOMENT',
  form: 'power-on, settled, a phase of the Group file, a span after one of these (PHASE+SPAN), or a span after power-on',
  read(text, context) {
    const [base = '', later, ...more] = text.split('+')
    if (more.length > 0) return undefined
    const afterUs = later === undefined ? undefined : anySpan.read(later, context)
    if (later !== undefined && afterUs === undefined) return undefined
    const sets = base === 'power-on' || base === 'settled' ? base : phase.read(base, context)
    if (sets) return { sets, ...(afterUs !== undefined && { afterUs }) }
    const span = later === undefined ? anySpan.read(base, context) : undefined
    return span === undefined ? undefined : { sets: 'power-on', afterUs: span }
  },
}

/** Options of what may be one-way, of when a fault sets in, and of how long it lasts. */
export const WAY = { from: part, to: part }
export const AT = { at: moment }
export const SPAN = { ...AT, for: anySpan, until: phase }

/** Reads `name:word` each, or says what is wrong with the first that will not do. */
export function readOptions(
  texts: readonly string[],
  words: Words,
  context: FaultContext,
): { options: Record<string, unknown> } | FaultProblem {
  const options: Record<string, unknown> = {}
  for (const text of texts) {
    const [, name = '', value = ''] = /^([^:]*):(.*)$/.exec(text) ?? [undefined, text]
    const word = Object.hasOwn(words, name) ? words[name] : undefined
    if (!word) {
      const known = Object.keys(words)
      const near = didYouMean(name, known)
      return {
        problem: `no option "${name}"`,
        hint: near === undefined ? `options: ${known.join(', ')}` : `did you mean "${near}"?`,
      }
    }
    if (name in options) return { problem: `option ${name} is given twice` }
    const read = word.read(value, context)
    if (read === undefined) {
      const near = word === phase || word === moment ? didYouMean(value.split('+')[0] ?? '', context.phases) : undefined
      return {
        problem: `${name}: ${word.form} expected, found "${value}"`,
        hint: near && `did you mean "${near}"?`,
      }
    }
    options[name] = read
  }
  return { options }
}
