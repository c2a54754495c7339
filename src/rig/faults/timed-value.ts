/** The value of a fault that sets in and lifts at moments of its own: a first word, then options, `at:`, `for:` and `until:` among them. */
import type { Micros } from '../../base/ids.ts'
import type { FaultContext, FaultEffect, FaultProblem } from './fault-kind.ts'
import { AT, type Read, readOptions, SPAN, type Word, type Words } from './fault-words.ts'

export interface TimedValue<H, O extends Words> {
  first: Word<H>
  options: O
  /** The first word says how long it lasts; otherwise `for` and `until` do. */
  spanOf?: (first: H) => Micros
  /** It happens and is over: it says when only. */
  isOnce?: boolean
}

export interface ReadTimedValue<H, O extends Words> {
  first: H
  options: Read<O>
  timing: Pick<FaultEffect, 'sets' | 'afterUs' | 'lifts' | 'forUs'>
}

export function readTimedValue<H, O extends Words>(
  { first: word, options, spanOf, isOnce }: TimedValue<H, O>,
  value: string,
  context: FaultContext,
): ReadTimedValue<H, O> | FaultProblem {
  const words: Words = { ...options, ...(spanOf || isOnce ? AT : SPAN) }
  const [firstText = '', ...rest] = value.split(',')
  const first = word.read(firstText, context)
  if (first === undefined) return { problem: `${word.form} expected, found "${firstText}"` }
  const read = readOptions(rest, words, context)
  if ('problem' in read) return read
  const given = read.options as Read<typeof SPAN>
  if (given.for !== undefined && given.until !== undefined) {
    return { problem: 'for and until are both given; one of them expected' }
  }
  const forUs = spanOf?.(first) ?? given.for
  const timing = {
    sets: 'settled' as const,
    ...given.at,
    ...(given.until !== undefined && { lifts: given.until }),
    ...(forUs !== undefined && { forUs }),
  }
  return { first, options: read.options as Read<O>, timing }
}

/** Its form, for the list of faults; `at`, `for` and `until` go without saying. */
export function timedForm<H, O extends Words>({ first, options }: TimedValue<H, O>): string {
  const shown = Object.entries(options).map(([name, word]) => `[,${name}:${word.shown}]`)
  return `${first.shown}${shown.join('')}`
}
