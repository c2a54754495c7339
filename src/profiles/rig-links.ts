/** The links of a HAN on the air: who hears whom, and how well. As written, the rules between them, as the rig has them. */
import { z } from 'zod'
import { PARTS, type Part } from './parts.ts'
import { valueAt } from './pointer.ts'
import type { RigLink } from './rig.ts'
import type { Report, Spot } from './rig-outline.ts'
import { real, whole } from './scalars.ts'

/** `chf` is the hub by the name its device has. */
const part = z.enum([...PARTS, 'chf']).transform((word): Part => (word === 'chf' ? 'hub' : word))

/** A signal as it arrives, dBm; below -100 it is not made out. */
const link = z.strictObject({
  /** Both directions. Otherwise `from` and `to`: one. */
  between: z.tuple([part, part], { error: 'two parts such as [hub, gsme]' }).optional(),
  from: part.optional(),
  to: part.optional(),
  /** `none`: not heard at all. */
  range: z.literal('none').optional(),
  rssiDbm: real(-150, 20).optional(),
  lqi: whole(0, 255).optional(),
  loss: real(0, 1).optional(),
})

/** The links of one HAN: at most as many as there are directions between six parts. */
export const links = z.array(link).max(30)

/** A link as written, of the right form. */
export type LinkFile = z.infer<typeof link>

/** Keys that say how well a part is heard. */
const QUALITIES = ['range', 'rssiDbm', 'lqi', 'loss'] as const

/** What the rules need to know of the installation. */
export interface LinkContext {
  root: unknown
  /** Where its HAN stands. */
  pointer: string
  /** The parts it has; undefined when that cannot be told. */
  installed: readonly Part[] | undefined
}

/** Each breach of a rule between links, and between them and what is installed. */
export function checkLinks({ root, pointer, installed }: LinkContext, report: Report): void {
  if (valueAt(root, `${pointer}/kind`) === 'aps') {
    for (const key of ['rssiDbm', 'links']) {
      if (valueAt(root, `${pointer}/${key}`) === undefined) continue
      const message = `expected no ${key} in a HAN in memory (kind: aps), found some`
      report(`${pointer}/${key}`, 'han-link', message, `remove \`${key}\`, or choose kind: radio`)
    }
  }
  const written = valueAt(root, `${pointer}/links`)
  const known = new Map<string, string>()
  for (const [index, one] of Array.isArray(written) ? written.entries() : []) {
    const at = `${pointer}/links/${index}`
    const read = link.safeParse(one)
    if (!read.success) continue
    checkQualities(at, read.data, report)
    const ends = endsOf(at, read.data, report)
    if (!ends) continue
    const [from, to] = ends
    if (from.value === to.value) {
      report(to.pointer, 'han-link', `expected two parts that differ, found ${from.value} twice`)
      continue
    }
    for (const { value, pointer: spot } of installed ? ends : []) {
      if (installed?.includes(value)) continue
      const message = `expected a part of this installation, found "${value}", which it has not`
      report(spot, 'han-link', message, `installed: ${installed?.join(', ')}`)
    }
    const twice = directions(read.data).find(way => known.has(nameOf(way)))
    if (twice) {
      const message = `expected how ${twice.to} hears ${twice.from} once, found it at ${known.get(nameOf(twice))} too`
      report(at, 'han-link', message)
    }
    for (const way of directions(read.data)) if (!known.has(nameOf(way))) known.set(nameOf(way), at)
  }
}

/** The links in single directions. */
export function toLinks(written: readonly LinkFile[]): RigLink[] {
  return written.flatMap(one => {
    const { rssiDbm, lqi, loss } = one
    const quality = {
      inRange: one.range === undefined,
      ...(rssiDbm !== undefined && { rssiDbm }),
      ...(lqi !== undefined && { lqi }),
      ...(loss !== undefined && { loss }),
    }
    return directions(one).map(way => ({ ...way, ...quality }))
  })
}

function checkQualities(at: string, one: LinkFile, report: Report): void {
  const [first, ...more] = QUALITIES.filter(key => one[key] !== undefined)
  if (first === undefined) {
    report(at, 'han-link', `expected one of the keys ${QUALITIES.join(', ')}, found none`)
  } else if (first === 'range') {
    for (const key of more) {
      report(`${at}/${key}`, 'han-link', `expected no ${key} beside range: none, found ${one[key]}`, 'keep one of them')
    }
  }
}

/** The two ends, and where each stands; undefined when the link does not say between whom. */
function endsOf(at: string, { between, from, to }: LinkFile, report: Report): [Spot<Part>, Spot<Part>] | undefined {
  if (between) {
    const key = from !== undefined ? 'from' : to !== undefined ? 'to' : undefined
    if (key !== undefined) {
      const hint = '`between` is both directions, `from` and `to` one: keep one of them'
      report(`${at}/${key}`, 'han-link', `expected no ${key} beside between, found ${from ?? to}`, hint)
      return undefined
    }
    const [one, other] = between
    return [
      { value: one, pointer: `${at}/between/0` },
      { value: other, pointer: `${at}/between/1` },
    ]
  }
  if (from !== undefined && to !== undefined) {
    return [
      { value: from, pointer: `${at}/from` },
      { value: to, pointer: `${at}/to` },
    ]
  }
  const lacks = from !== undefined ? '"to" beside from' : to !== undefined ? '"from" beside to' : '"between"'
  const hint = from === to ? 'between: [hub, gsme] is both directions; from: hub and to: gsme is one' : undefined
  report(at, 'han-link', `expected the key ${lacks}, found none`, hint)
  return undefined
}

function directions({ between, from, to }: LinkFile): { from: Part; to: Part }[] {
  if (between) {
    const [one, other] = between
    return [
      { from: one, to: other },
      { from: other, to: one },
    ]
  }
  return from !== undefined && to !== undefined ? [{ from, to }] : []
}

const nameOf = ({ from, to }: { from: Part; to: Part }) => `${from} > ${to}`
