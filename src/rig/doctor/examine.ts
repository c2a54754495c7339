/** Looks at every real part of a rig: is it there, does it answer, what is to be done if not. Nothing is switched or changed. */
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { UsageError } from '../../base/errors.ts'
import { milliseconds } from '../../base/time.ts'
import { Kernel } from '../../kernel/kernel.ts'
import { openLink } from '../../links/open-link.ts'
import type { ByteLink } from '../../ports/byte-link.ts'
import type { Installation, Rig, RigModem, RigPower, RigStick } from '../../profiles/rig.ts'
import { RadioStick } from '../bench/radio-stick.ts'
import { BROKER_PATIENCE, Flights } from '../clocks/flights.ts'
import { PacedRunClock } from '../clocks/paced-run-clock.ts'
import { lookAtModem, type ModemPatience } from './look-at-modem.ts'
import { absent, lineDown, notOpened, type Seen } from './seen.ts'
import { type StickFirmware, whoAnswers } from './who-answers.ts'

export interface Finding extends Seen {
  installation: string
  /** `stick rcp`, `modem`, `esme`. */
  part: string
  /** What it is: driver and line, or a device of the rig. */
  what: string
}

/** How long things may take, milliseconds. */
export interface DoctorPatience extends ModemPatience {
  /** An RCP to be reset and to say what it is; our host waits 5 s for a reset. */
  radioMs: number
  /** Each kind of coordinator to answer. */
  coordinatorMs: number
}
const PATIENCE: DoctorPatience = { lineMs: 3_000, radioMs: 7_000, coordinatorMs: 2_000, modemMs: 12_000 }

/** Every real part of the rig, in its order; all are looked at at the same time. Empty when it has none. */
export async function examine(rig: Pick<Rig, 'installations'>, patience = PATIENCE): Promise<Finding[]> {
  const looks = rig.installations.flatMap(one => [
    ...one.sticks.map(stick => lookAtStick(one.id, stick, patience)),
    ...(one.modem ? [lookAtHubModem(one, one.modem, patience)] : []),
    ...devicesOf(one).map(finding => Promise.resolve(finding)),
  ])
  return Promise.all(looks)
}

async function lookAtStick(installation: string, stick: RigStick, patience: DoctorPatience): Promise<Finding> {
  const carries = stick.carries === 'nothing' ? 'listens' : `carries ${stick.carries}`
  const what = `${stick.driver} ${stick.link} ${carries}`
  const seen = stick.driver === 'spinel' ? await lookAtRadio(stick, patience) : await lookAtCoordinator(stick, patience)
  return { installation, part: `stick ${stick.id}`, what, ...seen }
}

async function lookAtHubModem({ id, sim }: Installation, modem: RigModem, patience: DoctorPatience): Promise<Finding> {
  const seen = await lookAtModem(modem, sim, patience)
  return { installation: id, part: 'modem', what: `${modem.link} attaches SIM ${sim.imsi}`, ...seen }
}

/** By our own host, as a run would drive it. */
async function lookAtRadio(record: RigStick, patience: DoctorPatience): Promise<Seen> {
  const clock = new PacedRunClock(1)
  const kernel = new Kernel({ seed: 'doctor', startUnixMs: 0 })
  const flights = new Flights({ patience: BROKER_PATIENCE })
  const timeline = { id: 'doctor', kernel, flights, lines: new Map() }
  const stick = new RadioStick({ record, clock, timeline })
  try {
    await stick.open()
    const { line } = stick
    await clock.waitFor(timeline, () => line.up || line.why !== '', milliseconds(patience.lineMs))
    if (!line.up) return lineDown(record.link, line.why)
    const settled = () => stick.radio.state.is === 'ready' || stick.radio.state.is === 'unusable'
    await clock.waitFor(timeline, settled, milliseconds(patience.radioMs))
    const { identity } = stick
    if (identity) return { verdict: 'there', found: `${identity.version || 'an RCP'}, ${identity.eui64}` }
    const { state } = stick.radio
    if (state.is === 'unusable') return absent(state.why, 'flash it with an OpenThread RCP')
  } catch (error) {
    return notOpened(error)
  } finally {
    await stick.close()
    clock.stop()
  }
  const other = await asked(record, patience)
  if (typeof other === 'string' || other.answer === undefined) {
    return absent(
      'no RCP answers',
      'flash it with an OpenThread RCP; check baud rate and flow control; plug it in anew',
    )
  }
  const driver = DRIVER_OF[other.answer.firmware]
  return absent(`${other.answer.says} answers, no RCP`, `flash it with an OpenThread RCP, or say driver: ${driver}`)
}

const DRIVER_OF: Readonly<Record<StickFirmware, string>> = { EZSP: 'ember', ZNP: 'zstack' }

/** Opened; asked what it is where we know its words. */
async function lookAtCoordinator(record: RigStick, patience: DoctorPatience): Promise<Seen> {
  const seen = await asked(record, patience)
  if (typeof seen === 'string') return notOpened(new UsageError(seen))
  const { answer, down } = seen
  if (down !== undefined) return lineDown(record.link, down)
  const firmware = (['EZSP', 'ZNP'] as const).find(one => DRIVER_OF[one] === record.driver)
  if (!firmware) return { verdict: 'not checked', found: answer ? answer.says : 'opened; nothing was asked of it' }
  if (answer?.firmware === firmware) return { verdict: 'there', found: answer.says }
  if (!answer) return absent('opened, no answer', 'check its firmware, baud rate and flow control; plug it in anew')
  return absent(`${answer.says} answers`, `say driver: ${DRIVER_OF[answer.firmware]}`)
}

/** Who is at the other end of the line; why it did not come up; or, as text, why it cannot be opened. */
async function asked({ link }: RigStick, { lineMs, coordinatorMs }: DoctorPatience) {
  let line: ByteLink | undefined
  try {
    const trouble = Promise.withResolvers<string>()
    line = await openLink(link, { onTrouble: trouble.resolve })
    const down = await Promise.race([comesUp(line, lineMs), trouble.promise])
    return down === undefined ? { answer: await whoAnswers(line, coordinatorMs) } : { down }
  } catch (error) {
    if (error instanceof UsageError) return error.message
    throw error
  } finally {
    line?.close()
  }
}

/** Undefined once it is up; no reason when it takes too long. */
function comesUp(line: ByteLink, withinMs: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const late = setTimeout(() => resolve(''), withinMs)
    const onUp = () => {
      clearTimeout(late)
      resolve(undefined)
    }
    line.listen({ onUp, onOctets: () => {} })
  })
}

function devicesOf({ id, devices }: Installation): Finding[] {
  const { gpf: _, ...all } = devices
  return Object.values(all).flatMap(device => {
    if (device.kind !== 'real') return []
    const { identity } = device.profile
    const what = `${device.type} ${device.deviceId} ${identity.manufacturerName} ${identity.modelId}`
    return [{ installation: id, part: device.id, what, ...seenOf(device.type, device.power) }]
  })
}

function seenOf(type: string, power: RigPower | undefined): Seen {
  const missing = [...new Set([power?.off[0], power?.on[0]])].filter(name => name !== undefined && !isProgram(name))
  if (missing.length > 0) {
    return absent(`no program ${missing.join(', no program ')}`, 'install it, or give its path in `power`')
  }
  const how = type === 'CHF' ? 'whoever fronts it answers on the broker' : 'it is seen once it joins'
  return { verdict: 'not checked', found: power ? `${how}; ${power.off[0]} switches it` : `${how}; no power given` }
}

/** A path, or a name on the PATH, of something that may be run. */
function isProgram(name: string): boolean {
  const places = name.includes('/')
    ? [name]
    : (process.env.PATH ?? '').split(delimiter).map(folder => join(folder, name))
  return places.some(place => {
    try {
      accessSync(place, constants.X_OK)
      return statSync(place).isFile()
    } catch {
      return false
    }
  })
}
