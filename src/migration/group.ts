/** A Group file: what is common to the installations of one TMAD GroupID, and the steps that migrate them. Data only. */
import { z } from 'zod'
import { DEVICE_TYPES, type DeviceType } from '../profiles/rig-file.ts'
import { apn, printable, slug, source, text, whole } from '../profiles/scalars.ts'
import { SIM_STAGES } from '../wan/sim-platform.ts'

export const GROUP_SCHEMA_ID = 's1rig/group/1'

/** Who acts. @source TMAD consultations [seed]; SUPPLIER is the Responsible Supplier */
export const PARTIES = ['SMSO', 'CSP', 'DCC', 'RP', 'S1SP', 'CP', 'SUPPLIER'] as const
export type { DeviceType }
export type PartyName = (typeof PARTIES)[number]

const deviceType = z.enum(DEVICE_TYPES)
const stepBase = {
  id: text('an upper-case id such as CB-GT01', /^[A-Z]{2}-[A-Z0-9]+(?:-[A-Z0-9]+)*$/),
  title: printable(1, 120),
  party: z.enum(PARTIES),
  /** Parties it needs beside its own: while one is lost, it waits. */
  needs: z
    .array(z.enum(['dco']))
    .min(1)
    .optional(),
  source,
}
/** Side of the change of access point on which a step talks to the hub. */
const over = z.enum(['before', 'after'])
const perDevice = { devices: z.array(deviceType).min(1) }

export const stepSchema = z.discriminatedUnion('action', [
  z.strictObject({ ...stepBase, action: z.literal('reach-hub'), over }),
  z.strictObject({ ...stepBase, action: z.literal('read-identity'), over, ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('record-firmware'), over, ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('check-firmware'), over, ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('upgrade-firmware'), over, ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('list-devices'), over, ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('check-whitelist'), over, ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('check-clock'), over, ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('give-credentials'), over }),
  z.strictObject({ ...stepBase, action: z.literal('transfer-sim'), account: printable(1, 64) }),
  z.strictObject({ ...stepBase, action: z.literal('set-plan'), plan: slug }),
  z.strictObject({ ...stepBase, action: z.literal('allocate-address') }),
  z.strictObject({ ...stepBase, action: z.literal('send-imsi-file') }),
  z.strictObject({ ...stepBase, action: z.literal('match-eligible-combination') }),
  z.strictObject({ ...stepBase, action: z.literal('switch-apn') }),
  z.strictObject({ ...stepBase, action: z.literal('gt01'), over }),
  z.strictObject({ ...stepBase, action: z.literal('rotate-credentials'), over }),
  z.strictObject({ ...stepBase, action: z.literal('read-registers'), over, ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('read-profile'), over, ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('commission'), over, ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('tell-supplier'), ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('read-log'), over, ...perDevice }),
  z.strictObject({ ...stepBase, action: z.literal('prove-no-answer') }),
  z.strictObject({ ...stepBase, action: z.literal('prove-refused') }),
  z.strictObject({ ...stepBase, action: z.literal('return-apn') }),
  z.strictObject({ ...stepBase, action: z.literal('pass-sim-files') }),
  z.strictObject({ ...stepBase, action: z.literal('check-sim'), stage: z.enum(['migrated', 'retained']) }),
])
export type Step = z.infer<typeof stepSchema>
/** A step whose action is `A`. */
export type StepOf<A extends Step['action']> = Extract<Step, { action: A }>
export type ActionName = Step['action']

const phaseSchema = z.strictObject({
  id: slug,
  title: printable(1, 80),
  /** `at-once`: the first failed step ends the migration; `at-end`: the phase's other steps are still judged. */
  stop: z.enum(['at-once', 'at-end']),
  /** What a failure in this phase sets going. */
  recovery: z.enum(['none', 'return']),
  steps: z.array(stepSchema).min(1),
})

const combinationPart = z.strictObject({
  manufacturerName: printable(1, 30),
  modelId: printable(1, 30),
  firmware: z.array(printable(1, 16)).min(1),
  /** To which of these a device is brought that runs another; without it none is. */
  upgradeTo: printable(1, 8).optional(),
})
/** One entry of the SMETS1 Eligible Product Combinations list. IHD and CAD are no part of it. */
const combination = z.strictObject({
  id: printable(1, 40),
  smso: printable(1, 30),
  communicationsProvider: printable(1, 30),
  s1sp: printable(1, 30),
  CHF: combinationPart,
  ESME: combinationPart,
  GSME: combinationPart.optional(),
  PPMID: combinationPart.optional(),
  source,
})
export type EligibleCombination = z.infer<typeof combination>

const PARAMETERS = {
  'gt01.windowHours': z.number().positive().max(8_760),
  'gt01.requireWhitelist': z.boolean(),
  'gt01.boundary': z.enum(['inclusive', 'exclusive']),
  'gt01.withoutGsme': z.enum(['skip', 'fail']),
  'wan.answerWithinS': whole(1, 86_400),
  'wan.sleeperAnswerWithinS': whole(1, 604_800),
  'wan.sessionWithinS': whole(1, 86_400),
  'wan.switchWithinS': whole(1, 86_400),
  'wan.silenceProvenAfterS': whole(1, 86_400),
  'clock.toleranceS': whole(0, 86_400),
  'join.windowS': whole(1, 3_600),
  'parties.outageWithinS': whole(1, 31_536_000),
  'profile.halfHours': whole(1, 200),
  'firmware.pollEveryS': whole(1, 86_400),
  'firmware.transferWithinS': whole(1, 604_800),
  'firmware.unrecognisedPpmid': z.enum(['as-ihd', 'fail']),
}
export type ParameterName = keyof typeof PARAMETERS
export const parameterNames = Object.keys(PARAMETERS) as ParameterName[]
export type Parameters = { [K in ParameterName]: z.infer<(typeof PARAMETERS)[K]> }

const parameter = <V extends z.ZodType>(value: V) => z.strictObject({ value, source })
const parametersSchema = z.strictObject(
  Object.fromEntries(parameterNames.map(name => [name, parameter(PARAMETERS[name])])) as unknown as {
    [K in ParameterName]: z.ZodObject<{ value: (typeof PARAMETERS)[K]; source: typeof source }>
  },
)

export const groupSchema = z.strictObject({
  schema: z.literal(GROUP_SCHEMA_ID),
  id: text('a GroupID of two upper-case letters', /^[A-Z]{2}$/),
  title: printable(1, 120),
  smso: printable(1, 30),
  communicationsProvider: printable(1, 30),
  s1sp: printable(1, 30),
  /** Access points before and after. */
  apns: z.strictObject({ before: apn, after: apn, source }),
  /** Access points each communications plan allows. */
  plans: z.record(slug, z.strictObject({ apns: z.array(apn).min(1), source })),
  /** First address of the pool from which static addresses on the new access point are given, by position in the rig. */
  addressPool: z.strictObject({ first: z.ipv4(), source }),
  /** How much a hub may send up unasked, so that failing meters do not starve the rest: so many at once, then so many an hour. */
  uplink: z.strictObject({ unaskedBurst: whole(1, 10_000), unaskedPerHour: whole(1, 1_000_000), source }),
  /** What becomes of SIMs that the files of migrated and of retained SIMs name; without it the operator takes no such files. */
  simFiles: z
    .strictObject({
      /** Customer account that SIMs are moved to before. */
      account: printable(1, 64),
      migrated: z.strictObject({ plan: slug, source }),
      retained: z.strictObject({ account: printable(1, 64), plan: slug, source }),
      source,
    })
    .optional(),
  /** What the DCO authenticates beside the originator; without it, nothing. */
  dco: z.strictObject({ authenticates: z.enum(['nothing', 'critical']), source }).optional(),
  parameters: parametersSchema,
  eligibleProductCombinations: z.array(combination).min(1),
  phases: z.array(phaseSchema).min(1),
  /** Carried out when a phase with `recovery: return` failed. */
  recovery: z.array(stepSchema),
  /**
   * Carried out once all installations of a run are through and one at least is migrated, none in between: the SMSO's two files
   * close the batch.
   */
  closing: z
    .strictObject({
      /** For an installation on the access point after. */
      migrated: z.array(stepSchema).min(1),
      /** For another whose data the SMSO got. */
      retained: z.array(stepSchema).min(1),
    })
    .optional(),
  /** Names for the state an installation is left in: the first that fits is stated. */
  conditions: z.array(
    z.strictObject({
      id: slug,
      /** Where the hub is attached. */
      session: z.enum(['before', 'after', 'astray', 'none']),
      plan: slug.optional(),
      /** How far the operator says that its SIM is. */
      stage: z.enum(SIM_STAGES).optional(),
      means: printable(1, 200),
      next: printable(1, 200),
      source,
    }),
  ),
})
export type Group = z.infer<typeof groupSchema>
export type Phase = Group['phases'][number]

/** The value of each parameter, checked. */
export function parametersOf(group: Group): Parameters {
  return Object.fromEntries(parameterNames.map(name => [name, group.parameters[name].value])) as unknown as Parameters
}

/** Reads one `name=value` of the command line. Returns what is wrong as text. */
export function parseSetting(
  name: string,
  written: string,
): { value: Parameters[ParameterName] } | { problem: string; known?: readonly string[] } {
  if (!Object.hasOwn(PARAMETERS, name)) return { problem: `unknown setting "${name}"`, known: parameterNames }
  const value =
    written === 'true' ? true : written === 'false' ? false : /^-?\d/.test(written) ? Number(written) : written
  const checked = PARAMETERS[name as ParameterName].safeParse(value)
  if (checked.success) return { value: checked.data }
  return { problem: `${name}: "${written}" will not do: ${checked.error.issues.map(i => i.message).join('; ')}` }
}
