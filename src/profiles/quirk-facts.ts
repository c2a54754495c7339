/**
 * Ways in which models are known, or supposed, to depart from what is asked of them. A profile names each with its parameters;
 * `false` where a later firmware has it no more. What each does, and the evidence, stands in `src/devices/quirks`.
 * What other facts say is none: how many devices a hub lists (`whitelist.capacity`), how many SMS wake it (`wan.wakeSms`).
 */
import { z } from 'zod'
import { text, whole } from './scalars.ts'

const quirk = <P extends z.ZodRawShape>(parameters: P, check: (given: object) => boolean = () => true) => {
  const given = z
    .strictObject(parameters)
    .refine(check, { error: `${Object.keys(parameters).join(', ')}: one at least` })
  return z.union([z.literal(false, { error: 'false' }), given]).default(false)
}

const onTheHan = {
  /** Takes so many orders of one kind in a time, and refuses more. */
  refusesAfterAttempts: quirk({ attempts: whole(1, 100), withinS: whole(1, 86_400) }),
  /** How much later than other answers a Default Response leaves. */
  lateDefaultResponse: quirk({ lateMs: whole(1, 600_000) }),
  /** FAILURE for the attribute alone, or for all that was asked with it. */
  unknownAttributeFails: quirk({ answer: z.enum(['attribute', 'all']) }),
  /** Does not see what the same peer asks so soon after the last it saw. */
  dropsSecondRequest: quirk({ withinMs: whole(1, 60_000) }),
}

/** Of a device whose version is read over the HAN. */
const reported = {
  /** What it says in place of `{version}`; control characters too. */
  malformedVersion: quirk({
    says: text('1 to 32 characters with {version} among them', /^(?=[\s\S]{1,32}$)[\s\S]*\{version\}/),
  }),
}

/** Of a device with a clock. */
const timed = {
  /** At each multiple of so many hours since 1970 UTC; below 0: back. */
  clockJumps: quirk({ everyH: whole(1, 8_784), byS: whole(-31_536_000, 31_536_000) }),
}

const measured = {
  /** States another unit or another divisor than its registers count by. */
  wrongUnit: quirk(
    { unit: z.enum(['kWh', 'm3']).optional(), divisor: whole(1, 0xff_ffff).optional() },
    given => Object.keys(given).length > 0,
  ),
}

export const chfQuirks = z.strictObject({ ...onTheHan, ...timed })
export const meterQuirks = z.strictObject({ ...onTheHan, ...reported, ...timed, ...measured })
export const displayQuirks = z.strictObject({ ...onTheHan, ...reported })

/** All that any device may have. */
export type Quirks = Partial<z.infer<typeof chfQuirks> & z.infer<typeof meterQuirks>>
/** The parameters of one that is there. */
export type QuirkOf<Name extends keyof Quirks> = Exclude<Quirks[Name], false | undefined>
