/** Brings a rig up until a device has joined, interviews it, and makes a firmware-profile of what it says and does. */
import { randomBytes } from 'node:crypto'
import { didYouMean, UsageError } from '../../base/errors.ts'
import type { Micros } from '../../base/ids.ts'
import { formatSpan } from '../../base/time.ts'
import type { Installation } from '../../profiles/rig.ts'
import { chooseBroker } from '../broker-choice.ts'
import type { RunClock } from '../clocks/run-clock.ts'
import { HOME_PARTS, type HomePart } from '../home-record.ts'
import type { Prepared } from '../prepare.ts'
import { Rig } from '../rig.ts'
import { type CapturedProfile, capturedProfile } from './captured-profile.ts'
import { seeFacts } from './facts-seen.ts'
import { Interviewer } from './interviewer.ts'

export interface CaptureOptions {
  prepared: Prepared
  clock: RunClock
  seed: string
  /** Part of the home, e.g. `esme`. */
  device: string
  /** The only one of the rig unless given. */
  installation?: string
  /** How long the device may take to join and be heard. */
  withinUs: Micros
  /** How long the wake-ups of a sleeper are watched; 0: not at all. */
  watchUs: Micros
  onProblem: (text: string) => void
  signal?: AbortSignal
}

/** Nobody answered. */
export class SilentDeviceError extends Error {
  override readonly name = 'SilentDeviceError'
}

/** @throws UsageError for what the rig does not have, SilentDeviceError */
export async function captureProfile(options: CaptureOptions): Promise<CapturedProfile> {
  const { prepared, clock, seed, withinUs, onProblem, signal } = options
  const home = homeOf(prepared.rig.installations, options.installation)
  const part = partOf(home, options.device)
  const device = home.devices[part]
  if (!device) throw new UsageError(`${home.id} has no ${part}`)
  if (home.devices.chf.kind === 'real') {
    throw new UsageError(`the hub of ${home.id} is real: it is our hub that asks, in a rig of its own`)
  }
  const isLive = clock.mode === 'real'
  const chosen = await chooseBroker({}, prepared.group.apns)
  const login = chosen.login('gateway')
  const rig = new Rig({
    record: { ...prepared.rig, installations: [home] },
    ...{ group: prepared.group, seed, clock, broker: chosen.broker, onProblem },
    ...(login && { login }),
    driven: false,
    faults: prepared.faults.filter(({ installation }) => installation === undefined || installation === home.id),
    ...(isLive && { startUnixMs: Date.now() }),
    name: `capture-${randomBytes(3).toString('hex')}`,
    sink: () => {},
  })
  const stop = () => clock.stop()
  signal?.addEventListener('abort', stop)
  try {
    await rig.start()
    if (signal?.aborted) stop()
    const sleeps = part === 'gsme'
    const who = new Interviewer({
      ...{ rig, installation: home.id, device: device.deviceId, sleeps },
      heardWithinUs: withinUs,
    })
    if (!(await who.appears())) {
      throw new SilentDeviceError(`${part} ${device.deviceId} has not joined and been heard in ${formatSpan(withinUs)}`)
    }
    const seen = await seeFacts(who, device.type, options.watchUs)
    if (seen.facts.size === 0) {
      throw new SilentDeviceError(`${part} ${device.deviceId} answers nothing: ${seen.missing.join('; ')}`)
    }
    const day = new Date(rig.unixMs(home.id)).toISOString().slice(0, 10)
    const where = device.kind === 'real' ? '' : ', emulated'
    const how = `captured ${day} over the HAN from ${device.deviceId}${where} [measured]`
    return capturedProfile(seen, device.profile, how)
  } finally {
    signal?.removeEventListener('abort', stop)
    await rig.stop()
    await chosen.close()
  }
}

function homeOf(homes: readonly Installation[], id: string | undefined): Installation {
  const ids = homes.map(home => home.id).join(', ')
  const [only] = homes
  if (id === undefined && only && homes.length === 1) return only
  if (id === undefined) throw new UsageError(`which installation? This rig has ${ids}: say --installation`)
  const home = homes.find(one => one.id === id)
  if (!home) throw new UsageError(`no installation ${id}: this rig has ${ids}`)
  return home
}

function partOf(home: Installation, name: string): HomePart {
  const parts = HOME_PARTS.filter(part => home.devices[part])
  const wanted = name.toLowerCase()
  const part = parts.find(
    one => one === wanted || home.devices[one]?.id === name || home.devices[one]?.deviceId === wanted,
  )
  if (part) return part
  if (['hub', 'chf', 'gpf'].includes(wanted))
    throw new UsageError(`${name} is the hub itself, which asks: no profile of it can be captured`)
  const near = didYouMean(wanted, parts)
  throw new UsageError(`no device ${name} in ${home.id}: ${parts.join(', ')}${near ? `; did you mean ${near}?` : ''}`)
}
