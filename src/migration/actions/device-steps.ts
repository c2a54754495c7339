/** Steps about what devices are and hold: identity, firmware, whitelist, clock, registers, commissioning. */
import { formatSpan, milliseconds, seconds } from '../../base/time.ts'
import type { DeviceLogEntry } from '../../wan/messages/wan-types.generated.ts'
import { isPart } from '../firmware-demand.ts'
import type { StepOf } from '../group.ts'
import {
  ask,
  blocked,
  type DeclaredDevice,
  fail,
  hubOf,
  judge,
  type Outcome,
  pass,
  type StepContext,
  skipped,
} from '../step-context.ts'

export async function readIdentity(
  context: StepContext,
  step: StepOf<'read-identity'>,
  device: DeclaredDevice,
): Promise<Outcome> {
  const expected = `${device.deviceId} ${device.manufacturerName} ${device.modelId}`
  const answer = await ask(context, step.over, device, 'readIdentity', {})
  if (!answer.ok) return fail(expected, answer.observed)
  const { deviceId, manufacturer, model } = answer.result
  const observed = `${deviceId} ${manufacturer} ${model}`
  return judge(observed === expected, expected, observed)
}

/** Records what runs; the judgement against the EPCL entry is a step of its own. */
export async function recordFirmware(
  context: StepContext,
  step: StepOf<'record-firmware'>,
  device: DeclaredDevice,
): Promise<Outcome> {
  const expected = 'a version is reported'
  const answer = await ask(context, step.over, device, 'readFirmwareVersion', {})
  return answer.ok ? pass(expected, answer.result.version) : fail(expected, answer.observed)
}

export async function checkFirmware(
  context: StepContext,
  step: StepOf<'check-firmware'>,
  device: DeclaredDevice,
): Promise<Outcome> {
  const { combination } = context.found
  if (!combination) return blocked('the version of an EPCL entry', 'no EPCL entry was matched')
  const { type } = device
  const part = isPart(device) ? combination[device.type] : undefined
  if (!part) return skipped('the version of an EPCL entry', `${type} is no part of ${combination.id}`)
  const expected = `${part.firmware.join(' or ')} (${combination.id})`
  const answer = await ask(context, step.over, device, 'readFirmwareVersion', {})
  if (!answer.ok) return fail(expected, answer.observed)
  return judge(part.firmware.includes(answer.result.version), expected, answer.result.version)
}

/** Lists the device on the hub's whitelist when it is not there yet, and sees that it is then. */
export async function listDevice(
  context: StepContext,
  step: StepOf<'list-devices'>,
  device: DeclaredDevice,
): Promise<Outcome> {
  const expected = `${device.deviceId} is listed`
  const before = await deviceLog(context, step.over)
  if ('observed' in before) return fail(expected, before.observed)
  if (before.some(entry => entry.deviceId === device.deviceId)) return pass(expected, 'listed already')
  if (!device.installCode) return blocked(expected, 'no install code is known')
  const answer = await ask(context, step.over, hubOf(context.installation), 'updateDeviceLog', {
    add: {
      deviceId: device.deviceId,
      installCode: device.installCode,
      joinWindowS: context.parameters['join.windowS'],
    },
  })
  if (!answer.ok) return fail(expected, answer.observed)
  const listed = answer.result.entries.some(entry => entry.deviceId === device.deviceId)
  return judge(listed, expected, listed ? 'added' : 'not listed after adding it')
}

export async function checkWhitelist(
  context: StepContext,
  step: StepOf<'check-whitelist'>,
  device: DeclaredDevice,
): Promise<Outcome> {
  const expected = `${device.deviceId} is listed`
  const log = await deviceLog(context, step.over)
  if ('observed' in log) return fail(expected, log.observed)
  const listed = log.some(entry => entry.deviceId === device.deviceId)
  return judge(listed, expected, listed ? 'listed' : notListed(log))
}

/**
 * GT01: the gas meter is on the hub's whitelist and was heard within the window.
 * @source TMAD Table A3 step 4 as told in the consultation of June 2021, 3.2 [seed]; boundary and absence are parameters
 */
export async function gt01(context: StepContext, step: StepOf<'gt01'>): Promise<Outcome> {
  const { parameters, installation } = context
  const hours = parameters['gt01.windowHours']
  const expected = `the gas meter ${parameters['gt01.requireWhitelist'] ? 'is listed and ' : ''}was heard within ${hours} h`
  const gsme = installation.devices.find(device => device.type === 'GSME')
  if (!gsme) {
    const why = 'no GSME in this installation'
    return parameters['gt01.withoutGsme'] === 'skip' ? skipped(expected, why) : fail(expected, why)
  }
  const asked = await ask(context, step.over, hubOf(installation), 'readDeviceLog', {})
  if (!asked.ok) return fail(expected, asked.observed)
  const log = asked.result.entries
  const entry = log.find(e => e.deviceId === gsme.deviceId)
  if (!entry && parameters['gt01.requireWhitelist']) return fail(expected, notListed(log))
  if (entry?.lastCommunicationMs === undefined) return fail(expected, 'never heard')
  const age = milliseconds(asked.atMs - entry.lastCommunicationMs)
  const window = seconds(hours * 3_600)
  const within = parameters['gt01.boundary'] === 'inclusive' ? age <= window : age < window
  return judge(within, expected, `last heard ${(age / 3_600_000_000).toFixed(2)} h ago (${formatSpan(age)})`)
}

export async function checkClock(
  context: StepContext,
  step: StepOf<'check-clock'>,
  device: DeclaredDevice,
): Promise<Outcome> {
  const tolerance = context.parameters['clock.toleranceS']
  const expected = `within ${tolerance} s`
  const { control, installation } = context
  const read = await ask(context, step.over, device, 'synchroniseClock', {})
  if (!read.ok) return fail(expected, read.observed)
  const off = read.result.deviceClockBeforeMs - read.atMs
  if (Math.abs(off) <= tolerance * 1_000) return pass(expected, `${(off / 1_000).toFixed(1)} s off`)
  const set = await ask(context, step.over, device, 'synchroniseClock', { setToMs: control.unixMs(installation.id) })
  if (!set.ok) return fail(expected, set.observed)
  const left = set.result.deviceClockAfterMs - set.atMs
  const observed = `${(off / 1_000).toFixed(1)} s off, set, ${(left / 1_000).toFixed(1)} s off`
  return judge(Math.abs(left) <= tolerance * 1_000, expected, observed)
}

export async function readRegisters(
  context: StepContext,
  step: StepOf<'read-registers'>,
  device: DeclaredDevice,
): Promise<Outcome> {
  const expected = 'the tariff registers add up to the total'
  const answer = await ask(context, step.over, device, 'readImportRegisters', {})
  if (!answer.ok) return fail(expected, answer.observed)
  const { activeImport, tariffRegisters, unit, source, dataAgeS } = answer.result
  const sum = tariffRegisters.reduce((total, register) => total + register.value, 0)
  const age = source === 'MIRROR' ? `, from the mirror, ${formatSpan(seconds(dataAgeS))} old` : ''
  const observed = `total ${activeImport} ${unit === 'DM3' ? 'dm3' : 'Wh'}, tariff registers ${sum}${age}`
  return judge(tariffRegisters.length === 0 || sum === activeImport, expected, observed)
}

export async function readProfile(
  context: StepContext,
  step: StepOf<'read-profile'>,
  device: DeclaredDevice,
): Promise<Outcome> {
  const { parameters, control, installation } = context
  const count = parameters['profile.halfHours']
  const expected = `${count} half hours`
  const toMs = control.unixMs(installation.id)
  // The half hour in progress is not there yet, nor, where the meter's clock is slow, the one just over.
  const fromMs = toMs - (count + 2) * 1_800_000
  const answer = await ask(context, step.over, device, 'readImportProfile', { fromMs, toMs, maxEntries: count })
  if (!answer.ok) return fail(expected, answer.observed)
  const { entries, intervalS } = answer.result
  const observed = `${entries.length} entries of ${intervalS / 60} min: ${entries.map(e => e.value).join(', ')} Wh`
  return judge(entries.length === count && intervalS === 1_800, expected, observed)
}

export async function commission(
  context: StepContext,
  step: StepOf<'commission'>,
  device: DeclaredDevice,
): Promise<Outcome> {
  const tolerance = context.parameters['clock.toleranceS']
  const expected = `commissioned, clock within ${tolerance} s`
  const answer = await ask(context, step.over, device, 'commissionDevice', {})
  if (!answer.ok) return fail(expected, answer.observed)
  const { commissioned, deviceClockMs } = answer.result
  const off = deviceClockMs - answer.atMs
  const observed = `${commissioned ? 'commissioned' : 'not commissioned'}, clock ${(off / 1_000).toFixed(1)} s off`
  return judge(commissioned && Math.abs(off) <= tolerance * 1_000, expected, observed)
}

export async function readLog(
  context: StepContext,
  step: StepOf<'read-log'>,
  device: DeclaredDevice,
): Promise<Outcome> {
  const expected = 'the log is readable and not empty'
  const answer = await ask(context, step.over, device, 'readLog', { log: 'EVENT', maxEntries: 20 })
  if (!answer.ok) return fail(expected, answer.observed)
  const { entries } = answer.result
  const codes = [...new Set(entries.map(entry => entry.code))]
  return judge(entries.length > 0, expected, `${entries.length} entries: ${codes.join(', ')}`)
}

async function deviceLog(
  context: StepContext,
  over: 'before' | 'after',
): Promise<readonly DeviceLogEntry[] | { observed: string }> {
  const answer = await ask(context, over, hubOf(context.installation), 'readDeviceLog', {})
  return answer.ok ? answer.result.entries : { observed: answer.observed }
}

const notListed = (log: readonly DeviceLogEntry[]): string =>
  `absent from the device log, which lists ${log.map(entry => entry.deviceId).join(', ') || 'nothing'}`
