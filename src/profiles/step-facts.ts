/**
 * Equivalent steps: which operations on the HAN a request becomes for a model. Attributes and commands go by their names in the
 * cluster tables; `$name` stands for a parameter of the request, for a field of the entry (`each`) or for what a step before has found;
 * `$now` for the hub's time, `$event` for a number of this command alone. What is found under a name that begins with `_` is no part of
 * the result.
 * @source that a request is one or more device operations, by model: S1SR Annex A, whose matrix is not public
 */
import { z } from 'zod'
import { text } from './scalars.ts'
import { checkAttributes, checkCommand, checkComplete } from './step-names.ts'

const name = text('a name of letters and digits', /^_?[A-Za-z][A-Za-z0-9]{0,63}$/)
const parameter = text('a parameter such as $thresholdW', /^\$_?[a-z][A-Za-z0-9]{0,63}$/)
/** A parameter of the request or what a step before has found, a number, a switch, or no value. */
const operand = z.union([parameter, z.int(), z.boolean(), z.null()], {
  error: 'a parameter such as $thresholdW, a whole number, true, false or null',
})
/** A field of an answer, or of each entry of a list in it. */
const answered = text(
  'a field, or a field of a list such as seasonEntries.weekIdRef',
  /^[A-Za-z0-9]{1,64}(?:\.[A-Za-z0-9]{1,64})?$/,
)
/** What it is found as: under a name, or as a field of the entries of a list. */
const foundAs = text(
  'a name, or a field of a list such as seasons.weekId',
  /^_?[A-Za-z][A-Za-z0-9]{0,63}(?:\.[A-Za-z0-9]{1,64})?$/,
)

/** Not done where the parameter is not given: absent, false, or a list without entries. */
const when = parameter.optional()
const once = { when }
const ordered = {
  when,
  /** Done for each entry of a list among the parameters; the fields of the entry are parameters meanwhile. */
  each: parameter.optional(),
  /** Field of the request that is at fault when the device refuses the values: it is answered so, as a wrong parameter. */
  blames: text('a field of the request, such as adjust_by', /^[a-z][a-z0-9_.]{0,63}$/).optional(),
}

/** Reads attributes; each becomes the field of the result that it names. `optional`: what the device does not have is left out. */
const read = z
  .strictObject({ read: name, attributes: z.record(name, name), optional: z.boolean().optional(), ...once })
  .superRefine((step, context) => checkAttributes(context, 'read', step.read, Object.keys(step.attributes)))
/** Writes attributes. */
const write = z
  .strictObject({ write: name, attributes: z.record(name, operand), ...ordered })
  .superRefine((step, context) => checkAttributes(context, 'write', step.write, Object.keys(step.attributes)))
/** Sends a command; fields of its answer become fields of the result. */
const send = z
  .strictObject({
    send: text('a command such as Metering.ChangeSupply', /^[A-Za-z0-9]+\.[A-Za-z0-9]+$/),
    with: z.record(name, operand).default({}),
    answer: z.record(answered, foundAs).default({}),
    /** NOT_FOUND is an answer, too: nothing is found; under a name it is found whether the device has done it. */
    optional: z.union([z.boolean(), name], { error: 'true, false or a name' }).optional(),
    /**
     * Sent again until there are no more (NOT_FOUND). `$next` is how many answers there were, or one more than the field `after` of the
     * last answer, and `from` (0) at first; the field `of` says how many there are.
     */
    repeat: z.strictObject({ from: z.int().optional(), after: name.optional(), of: name.optional() }).optional(),
    ...ordered,
  })
  .superRefine((step, context) => checkCommand(context, step))
/** Fields of the result that the model has nothing to say to. */
const give = z.strictObject({ give: z.record(name, z.union([z.string().max(64), z.int(), z.boolean()])), ...once })

export const step = z.union([read, write, send, give], { error: 'a step: read, write, send or give' })
export type Step = z.infer<typeof step>
export type ReadStep = z.infer<typeof read>
export type WriteStep = z.infer<typeof write>
export type SendStep = z.infer<typeof send>
export type Operand = z.infer<typeof operand>

/**
 * By service reference variant; what a model does not state is done as usual. `1.6 hold`, `1.6 cancel`: where a device is to keep for
 * later what is asked, or to forget it.
 */
export const equivalentSteps = z
  .record(
    text('a service reference variant, in quotes', /^\d{1,2}(?:\.\d{1,2}){0,2}(?: hold| cancel)?$/),
    z.array(step).min(1).max(16),
  )
  .superRefine((variants, context) => checkComplete(context, variants))
