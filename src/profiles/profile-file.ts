/** What a firmware-profile file may hold: facts of one device type, each a `{ value, source }`. */
import { z } from 'zod'
import { FACTS, PROFILED_DEVICES, type ProfiledDevice } from './facts.ts'
import { source, text } from './scalars.ts'

export const FIRMWARE_PROFILE_KIND = 's1rig/firmware-profile/1'

/** `<maker>/<model>/<version>`: the file's path below `firmware-profiles`, without `.yaml`. */
export const profileId = text(
  'a profile id <maker>/<model>/<version> (lower-case letters, digits, . and -)',
  /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?:\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?){2}$/,
)

/** One segment of a profile id for a name: `Honeywell Elster` to `honeywell-elster`. */
export function idSegment(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^[.-]+|[.-]+$/g, '')
}

/** The file form of one device type. Every fact may be left out: what is extended may state it. */
export function profileFileOf(device: ProfiledDevice): z.ZodObject {
  const groups = Object.entries(FACTS[device].shape).map(([name, member]) => [name, fileForm(member).optional()])
  return z.strictObject({
    schema: z.literal(FIRMWARE_PROFILE_KIND),
    device: z.literal(device),
    extends: profileId.optional(),
    ...Object.fromEntries(groups),
  })
}

function fileForm(member: z.ZodType): z.ZodType {
  if (member instanceof z.ZodObject) {
    const facts = Object.entries(member.shape).map(([name, value]) => [name, fact(value as z.ZodType).optional()])
    return z.strictObject(Object.fromEntries(facts))
  }
  return fact(member)
}

function fact(value: z.ZodType): z.ZodObject {
  const stated = value instanceof z.ZodDefault ? (value.unwrap() as z.ZodType) : value
  return z.strictObject({ value: stated, source })
}

/** Any firmware-profile file. */
export const profileFile: z.ZodType = z.discriminatedUnion('device', [
  profileFileOf('CHF'),
  ...PROFILED_DEVICES.slice(1).map(profileFileOf),
])

/** The groups in which the facts of a device type stand. */
export const factGroups = (device: ProfiledDevice): string[] =>
  Object.entries(FACTS[device].shape).flatMap(([group, member]) => (member instanceof z.ZodObject ? [group] : []))

/** Pointers of all facts of a device type, and whether each must be stated. */
export function factPointers(device: ProfiledDevice): { pointer: string; required: boolean }[] {
  return Object.entries(FACTS[device].shape).flatMap(([group, member]) =>
    member instanceof z.ZodObject
      ? Object.entries(member.shape).map(([name, value]) => ({
          pointer: `/${group}/${name}`,
          required: !(value instanceof z.ZodDefault),
        }))
      : [{ pointer: `/${group}`, required: true }],
  )
}
