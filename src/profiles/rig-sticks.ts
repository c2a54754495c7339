/**
 * Real parts of a home: devices that are hardware, and the sticks through which emulated ones stand on the same air. As
 * written, the rules between them, as the rig has them.
 */
import { z } from 'zod'
import { HERDSMAN_DRIVERS } from '../host/herdsman/drivers.ts'
import { PARTS, type Part } from './parts.ts'
import { valueAt } from './pointer.ts'
import { readLine } from './rig-lines.ts'
import { linkOf as modemLink } from './rig-modem.ts'
import type { InstallationOutline, Report } from './rig-outline.ts'
import { printable, slug } from './scalars.ts'

/** Who speaks to a stick: `spinel` is our own host, the others are adapters of zigbee-herdsman. */
export const STICK_DRIVERS = ['spinel', ...HERDSMAN_DRIVERS] as const
export type StickDriver = (typeof STICK_DRIVERS)[number]
/** Drivers of bare radios: our stack runs above them, so they carry any part, and can listen. The others are coordinators. */
export const RADIO_DRIVERS: readonly StickDriver[] = ['spinel']

/** Whether a device is emulated here, or hardware on the bench. */
export const deviceKind = z.enum(['emulated', 'real']).default('emulated')

const command = z.array(printable(1, 255)).min(1).max(32)
/** Programs that take the power away and give it back, each with its arguments; no shell reads them. */
export const power = z.strictObject({ off: command, on: command })

/** `chf` is the hub by the name its device has; `nothing`: the stick only listens. */
const carried = z
  .enum([...PARTS, 'chf', 'nothing'])
  .transform((word): Part | 'nothing' => (word === 'chf' ? 'hub' : word))

const stick = z.strictObject({
  /** Names it within its installation. */
  id: slug,
  kind: z.literal('real').default('real'),
  driver: z.enum(STICK_DRIVERS),
  /** Where it is plugged in: `serial:/dev/serial/by-id/…?baud=460800`, `tcp://…`, `pty:…`. */
  link: printable(1, 255),
  /** The emulated part that stands on the air through it. */
  carries: carried,
})

/** The sticks of one home: one for each part, and one that listens. */
export const sticks = z.array(stick).max(7)

const codes = { stick: 'stick', part: 'real-part' } as const

/** A device as far as these rules look at it. */
interface Standing {
  part: Part
  pointer: string
  real: boolean
}

type Stick = z.infer<typeof stick> & { pointer: string }

/** Each breach of a rule between sticks, real devices and the HAN of one installation. */
export function checkSticks(root: unknown, { pointer, devices }: InstallationOutline, report: Report): void {
  const written = sticksOf(root, pointer)
  const standing = (devices ?? []).flatMap((device): Standing[] => {
    const part = PARTS.find(one => device.type?.value.toLowerCase() === (one === 'hub' ? 'chf' : one))
    const kind = kindOf(root, device.pointer)
    const real = kind === 'real'
    if (kind === 'emulated' && valueAt(root, `${device.pointer}/power`) !== undefined) {
      const hint = 'a fault such as gsme.off=2h switches an emulated part; remove `power`, or say kind: real'
      report(`${device.pointer}/power`, codes.part, 'expected no power for an emulated part, found some', hint)
    }
    return part ? [{ part, pointer: device.pointer, real }] : []
  })
  checkNames(written, report)
  for (const one of written) {
    checkDriver(one, report)
    checkLine(one, report)
  }
  // What is misspelt is told once, not by what follows from it.
  const complete =
    written.length === countOf(root, pointer) &&
    devices?.every(device => device.type && kindOf(root, device.pointer)) === true
  if (complete) for (const one of written) checkCarried(one, standing, report)
  checkOnePerPart(written, report)
  const carriers = written.filter(({ carries }) => carries !== 'nothing')
  const onRealAir = carriers.length > 0 || standing.some(({ real }) => real)
  if (onRealAir) checkAir(root, pointer, report)
  if (onRealAir && complete) checkEveryPart(standing, carriers, report)
  for (const one of written) {
    if (one.carries !== 'nothing' || onRealAir) continue
    const message = `expected a part on real air for stick ${one.id} to listen to, found none`
    report(one.pointer, codes.stick, message, 'what is on a simulated air is captured anyway')
  }
}

/** Undefined where it does not read well. */
const kindOf = (root: unknown, pointer: string) => deviceKind.safeParse(valueAt(root, `${pointer}/kind`)).data

function countOf(root: unknown, pointer: string): number {
  const list = valueAt(root, `${pointer}/sticks`)
  return Array.isArray(list) ? list.length : 0
}

/** Those that read well. */
function sticksOf(root: unknown, pointer: string): Stick[] {
  const list = valueAt(root, `${pointer}/sticks`)
  if (!Array.isArray(list)) return []
  return list.flatMap((one, index) => {
    const read = stick.safeParse(one)
    return read.success ? [{ ...read.data, pointer: `${pointer}/sticks/${index}` }] : []
  })
}

function checkNames(written: readonly Stick[], report: Report): void {
  const known = new Set<string>()
  for (const { id, pointer } of written) {
    if (known.has(id)) report(`${pointer}/id`, 'unique', `expected one stick called "${id}" in an installation`)
    known.add(id)
  }
}

function checkDriver({ pointer, driver, carries }: Stick, report: Report): void {
  if (carries === 'hub' || RADIO_DRIVERS.includes(driver)) return
  const message = `expected a stick of driver ${driver} to carry the hub, found "${carries}"`
  const hint = `it is a coordinator with a stack of its own; ${RADIO_DRIVERS.join(', ')} carries any part, and can listen`
  report(`${pointer}/carries`, codes.stick, message, hint)
}

function checkLine({ pointer, link, driver }: Stick, report: Report): void {
  const read = readLine(link)
  if (typeof read === 'string') report(`${pointer}/link`, codes.stick, read)
  else if (!RADIO_DRIVERS.includes(driver) && read.kind !== 'tcp' && read.kind !== 'serial') {
    const message = `expected tcp://HOST:PORT or serial:/DEVICE for a stick of driver ${driver}, found "${link}"`
    report(`${pointer}/link`, codes.stick, message, 'its driver opens the line itself')
  }
}

function checkCarried({ pointer, carries }: Stick, standing: readonly Standing[], report: Report): void {
  if (carries === 'nothing') return
  const device = standing.find(({ part }) => part === carries)
  if (!device) {
    const message = `expected a part of this installation, found "${carries}", which it has not`
    report(`${pointer}/carries`, codes.stick, message, `installed: ${standing.map(({ part }) => part).join(', ')}`)
  } else if (device.real) {
    const message = `expected an emulated part, found ${carries}, which is real`
    report(`${pointer}/carries`, codes.stick, message, 'a real part has a radio of its own')
  }
}

function checkOnePerPart(written: readonly Stick[], report: Report): void {
  const first = new Map<string, Stick>()
  for (const one of written) {
    const before = first.get(one.carries)
    if (!before) first.set(one.carries, one)
    else {
      const message = `expected one stick that carries ${one.carries}, found ${before.id} and ${one.id}`
      report(`${one.pointer}/carries`, codes.stick, message)
    }
  }
}

/** What only a simulated air can be told. */
function checkAir(root: unknown, pointer: string, report: Report): void {
  if (valueAt(root, `${pointer}/han/kind`) === 'aps') {
    const message = 'expected a HAN on the air (kind: radio) for real parts and sticks, found one in memory'
    report(`${pointer}/han/kind`, codes.stick, message, 'remove `kind`')
  }
  for (const key of ['loss', 'rssiDbm', 'links']) {
    if (valueAt(root, `${pointer}/han/${key}`) === undefined) continue
    const message = `expected no ${key} on real air, found some`
    report(`${pointer}/han/${key}`, codes.stick, message, 'nobody decides what real radios hear; remove it')
  }
}

/** A part on a simulated air beside the others would hear nobody. */
function checkEveryPart(standing: readonly Standing[], carriers: readonly Stick[], report: Report): void {
  const elsewhere = [
    ...standing.filter(({ real }) => real).map(({ part }) => `${part} is real`),
    ...carriers.map(({ carries, id }) => `${carries} is on stick ${id}`),
  ]
  for (const { part, pointer, real } of standing) {
    if (real || carriers.some(({ carries }) => carries === part)) continue
    const message = `expected a stick that carries ${part}, or kind: real, found neither: ${elsewhere.join(', ')}`
    const hint = 'what is emulated stands on real air through a stick of its own'
    report(pointer, codes.part, message, hint)
  }
}

/** The same line cannot be opened twice in a rig. */
export function checkLines(root: unknown, installations: readonly InstallationOutline[], report: Report): void {
  const first = new Map<string, string>()
  const lines = installations.flatMap(({ pointer }) => {
    const modem = modemLink(root, pointer)
    return [...sticksOf(root, pointer), ...(modem === undefined ? [] : [{ pointer: `${pointer}/modem`, link: modem }])]
  })
  for (const { pointer, link } of lines) {
    const line = readLine(link)
    if (typeof line === 'string') continue
    // Whatever its settings.
    const device = 'path' in line ? line.path : `${line.host}:${line.port}`
    const holder = first.get(device)
    if (holder === undefined) first.set(device, `${pointer}/link`)
    else report(`${pointer}/link`, 'unique', `expected the line ${device} once in a rig, found it at ${holder} too`)
  }
}
