/** Steps that bring devices to the firmware that the list of eligible combinations demands, by requests that any party may make. */
import { fromHex } from '../../base/bytes.ts'
import { formatSpan, seconds } from '../../base/time.ts'
import { wholeFile } from '../../firmware/repository/repository.ts'
import { firmwareParty } from '../../firmware/who-upgrades.ts'
import type { DeviceDistribution, UpdateFirmware } from '../../wan/messages/wan-types.generated.ts'
import { entryByModels, isPart, isVersionIdentifier } from '../firmware-demand.ts'
import type { FirmwareImage } from '../firmware-images.ts'
import type { StepOf } from '../group.ts'
import {
  type AskOutcome,
  ask,
  type DeclaredDevice,
  fail,
  hubOf,
  judge,
  type Outcome,
  pass,
  type StepContext,
  skipped,
} from '../step-context.ts'

/** Octets of an image in one message. @source the contract: at most 15360 */
const CHUNK_OCTETS = 15_360
/** Questions in a row that a hub may leave unanswered: it restarts, or has no WAN for a while. Assumed. */
const SILENCES = 10

type Upgrade = StepOf<'upgrade-firmware'>
/** One device and what is done for it. */
interface Work {
  context: StepContext
  step: Upgrade
  device: DeclaredDevice
}
/** What a part of an upgrade came to: nothing wrong, or what is, for people. */
type Trouble = string | undefined

/** A device that runs what an entry names is left alone; another is brought to what the entry says. */
export async function upgradeFirmware(context: StepContext, step: Upgrade, device: DeclaredDevice): Promise<Outcome> {
  const { group, installation, found, images, control } = context
  const entry = entryByModels(group, installation)
  const part = isPart(device) ? entry?.[device.type] : undefined
  if (!entry || !part) return skipped('what an EPCL entry demands', 'no EPCL entry has these models')
  const expected = `${part.firmware.join(' or ')} (${entry.id}), for the ${firmwareParty(device.type, group.id)}`
  const read = await ask(context, step.over, device, 'readFirmwareVersion', {})
  if (!read.ok) return fail(expected, read.observed)
  const { version } = read.result
  if (part.firmware.includes(version)) return pass(expected, `${version}: nothing to do`)
  if (!isVersionIdentifier(version)) return unrecognised(context, device, expected, version)
  if (part.upgradeTo === undefined) return fail(expected, `${version}; the entry names none to bring it to`)
  const path = images.path(device, version, part.upgradeTo)
  if ('none' in path) return fail(expected, `${version}; ${path.none}`)
  const begunUs = control.nowUs(installation.id)
  let trouble: Trouble
  let image: FirmwareImage | undefined
  for (image of path.images) {
    trouble = await bring({ context, step, device }, image)
    if (trouble !== undefined) break
  }
  const after = await ask(context, step.over, device, 'readFirmwareVersion', {})
  const now = after.ok ? after.result.version : after.observed
  if (trouble !== undefined) return fail(expected, `${now}; ${image?.version}: ${trouble}`)
  found.upgraded = { ...found.upgraded, [device.deviceId]: now }
  const took = formatSpan(control.nowUs(installation.id) - begunUs)
  const brought = path.images.map(({ version: its, octets }) => `${its} of ${octets} octets`)
  return judge(part.firmware.includes(now), expected, `${now}, was ${version}; ${brought.join(', ')} in ${took}`)
}

/** @source TMAD consultation June 2021, 3.1: the same hardware is an IHD then, and no firmware of it is looked after */
function unrecognised(context: StepContext, device: DeclaredDevice, expected: string, version: string): Outcome {
  const observed = `"${version}" is no valid identifier`
  const { found, parameters } = context
  if (device.type !== 'PPMID' || parameters['firmware.unrecognisedPpmid'] === 'fail') return fail(expected, observed)
  found.asIhd = [...(found.asIhd ?? []), device.deviceId]
  return { verdict: 'TOLERATED', expected, observed, reason: 'the display counts as an IHD from here on' }
}

/** One image: to the hub, over the HAN, executed. */
async function bring(work: Work, image: FirmwareImage): Promise<Trouble> {
  return (await deliver(work, image)) ?? (await distribute(work, image)) ?? (await activate(work, image))
}

/** The hub says from where on it wants the image, also one it has had in part. */
async function deliver(work: Work, image: FirmwareImage): Promise<Trouble> {
  const { context, device } = work
  const { version, manufacturerCode, imageType, fileVersion, hardwareVersions: hardware } = image
  const sha256 = fromHex(image.sha256)
  const octets = wholeFile(image)
  const announce = {
    ...{ sha256, imageOctets: octets.length, manufacturerCode, imageType, fileVersion, version },
    devices: [device.deviceId],
    ...(hardware && { hardware }),
  }
  let at = await order(work, { announce })
  while (at.ok && !at.result.complete) {
    const offset = at.result.receivedOctets
    context.tell?.(`${version}: ${offset} of ${octets.length} octets are at the hub`)
    const chunk = { sha256, offset, octets: octets.subarray(offset, offset + CHUNK_OCTETS) }
    at = await order(work, offset < octets.length ? { chunk } : { finish: { sha256 } })
    if (at.ok && !at.result.complete && at.result.receivedOctets <= offset)
      return `the hub does not take octet ${offset}`
  }
  return at.ok ? undefined : at.observed
}

/** Waits until the device has the image, verified, or executes it. */
async function distribute({ context, step, device }: Work, image: FirmwareImage): Promise<Trouble> {
  const { parameters, control, installation } = context
  const withinUs = seconds(parameters['firmware.transferWithinS'])
  const untilUs = control.nowUs(installation.id) + withinUs
  const sha256 = fromHex(image.sha256)
  for (;;) {
    const answer = await patiently(context, () => ask(context, step.over, hubOf(installation), 'readDistribution', {}))
    if (!answer.ok) return answer.observed
    const there = answer.result.images.find(one => Buffer.compare(one.sha256, sha256) === 0)
    const standing = there?.devices.find(one => one.deviceId === device.deviceId)
    if (!standing) return 'the hub has no such image any more'
    if (isThere(device, standing)) return undefined
    const { state, transferredOctets, failure, detail } = standing
    if (state === 'FIRMWARE_FAILED') return detail || failure
    context.tell?.(`${image.version}: ${Math.floor((transferredOctets * 100) / image.octets)} % over the HAN`)
    if (control.nowUs(installation.id) >= untilUs) {
      await ask(context, step.over, hubOf(installation), 'discardFirmware', { sha256 })
      return `${transferredOctets} of ${image.octets} octets after ${formatSpan(withinUs)}: called off`
    }
    await pause(context)
  }
}

/** Meters wait for an order; hub and PPMID execute what they have. */
const isThere = ({ type }: DeclaredDevice, { state }: DeviceDistribution): boolean =>
  state === 'FIRMWARE_ACTIVE' || (isOrdered(type) && state === 'FIRMWARE_VERIFIED')
const isOrdered = (type: DeclaredDevice['type']): boolean => type === 'ESME' || type === 'GSME'

async function activate({ context, step, device }: Work, image: FirmwareImage): Promise<Trouble> {
  if (!isOrdered(device.type)) return undefined
  context.tell?.(`${image.version}: activated`)
  const sha256 = fromHex(image.sha256)
  const done = await patiently(context, () => ask(context, step.over, device, 'activateFirmware', { sha256 }))
  return done.ok ? undefined : done.observed
}

function order({ context, step }: Work, update: UpdateFirmware): Promise<AskOutcome<'updateFirmware'>> {
  return patiently(context, () => ask(context, step.over, hubOf(context.installation), 'updateFirmware', update))
}

/** A hub that says nothing is asked again later: what it has had it keeps. */
async function patiently<T extends { ok: boolean; silent?: true }>(
  context: StepContext,
  once: () => Promise<T>,
): Promise<T> {
  for (let silences = 0; ; silences++) {
    const answer = await once()
    if (!answer.silent || silences >= SILENCES) return answer
    context.tell?.('the hub does not answer')
    await pause(context)
  }
}

const pause = ({ control, installation, parameters }: StepContext): Promise<boolean> =>
  control.waitFor(installation.id, () => false, seconds(parameters['firmware.pollEveryS']))
