/** 11.1 and 11.3, and what an SMSO asks beside them: images come to the hub, are handed on, executed, or called off. */
import { fromHex, toHex } from '../../../base/bytes.ts'
import type { Eui64, Micros } from '../../../base/ids.ts'
import { minutes } from '../../../base/time.ts'
import type {
  DeviceDistribution,
  FirmwareFailure,
  FirmwareState,
  FirmwareWarning,
  UpdateFirmwareResult,
} from '../../../wan/messages/wan-types.generated.ts'
import { announcementOf, announcementProblem } from '../firmware/announcement.ts'
import type { DeskAnswer, FiledImage } from '../firmware/firmware-desk.ts'
import type { Hub } from '../hub.ts'
import type { UpgradeFailure, UpgradeProgress, UpgradeState } from '../ota/upgrade-progress.ts'
import { readFrom, whenReachable } from './asking.ts'
import { cancelActivation, timeFault } from './held.ts'
import { readVersion } from './identity.ts'
import type { Call } from './service.ts'

/** So that a message stays within its bound. */
const MAX_CHUNK_OCTETS = 15_360
/** How long a device that listens may take to be back from its start. @source assumed */
const BACK_WITHIN_US = minutes(10)

export function updateFirmware({ hub, parameters, succeed, fail }: Call<'updateFirmware'>): void {
  const { announce, chunk, finish } = parameters
  const { desk } = hub.upgrades
  const answer = (came: DeskAnswer) => {
    if ('refused' in came) fail('S1RIG_REFUSED', came.refused)
    else succeed(howFar(hub, came.image, came.warnings))
  }
  if (announce) {
    const problem = announcementProblem(announce)
    if (problem !== undefined) return fail('S1RIG_PARAMETER', problem)
    return answer(desk.announce(announcementOf(announce), announce.devices))
  }
  const sha256 = nameIn((chunk ?? finish)?.sha256)
  if (sha256 === undefined)
    return fail('S1RIG_PARAMETER', 'announce, chunk or finish with a sha256 of 32 octets expected')
  if (!chunk) return answer(desk.finish(sha256))
  const { length } = chunk.octets
  if (length < 1 || length > MAX_CHUNK_OCTETS) {
    return fail('S1RIG_PARAMETER', `octets: 1 to ${MAX_CHUNK_OCTETS} expected, found ${length}`)
  }
  answer(desk.take(sha256, chunk.offset, chunk.octets))
}

export function readDistribution({ hub, succeed }: Call<'readDistribution'>): void {
  const { desk } = hub.upgrades
  succeed({
    images: desk.list().map(image => {
      const { receivedOctets, complete } = howFar(hub, image)
      const { sha256, version, facts, takers } = image
      return {
        ...{ sha256: fromHex(sha256), version, imageOctets: facts.totalImageSize, receivedOctets, complete },
        devices: takers.map(device => standing(hub, image, device)),
      }
    }),
  })
}

/**
 * Now: answered when the device has come back and says what it executes. At a time: answered at once, as pending.
 * @source GBCS: activation is a critical command that names the hash; what a SMETS1 hub does with it: assumed
 */
export function activateFirmware(call: Call<'activateFirmware'>): void {
  const { hub, device, parameters, succeed, fail } = call
  const fault = nameFault(parameters.sha256) ?? timeFault(parameters.atMs, 'at_ms')
  if (fault) return fail('S1RIG_PARAMETER', fault)
  const { desk, watch } = hub.upgrades
  const image = desk.find(nameIn(parameters.sha256) ?? '')
  const progress = image && desk.progressOf(image, device)
  if (parameters.cancelHeld) {
    const order = () => hub.ota.shelf.imageFor(device)?.orders.get(device)
    // A sleeper that has not heard of the time yet would be told at its next wake-up.
    const waits = () => {
      const state = image && desk.progressOf(image, device)?.state
      return state === 'activating' || state === 'downloaded'
    }
    return cancelActivation(call, () => order()?.when === 'at' && waits())
  }
  if (!progress) return fail('S1RIG_REFUSED', `no such image is there for ${device}`)
  const { state } = progress
  const isHere = state === 'downloaded' || state === 'activating' || state === 'done'
  if (!isHere) return fail('S1RIG_REFUSED', `nothing verified is there: ${inWords(progress)}`)
  const { atMs: unixMs = 0 } = parameters
  readVersion(call, versionBefore => {
    if (state === 'done') return succeed({ versionBefore, versionAfter: versionBefore, pending: false })
    if (unixMs > hub.clock.unixMs()) {
      hub.ota.activate(device, { when: 'at', unixMs })
      return succeed({ versionBefore, versionAfter: versionBefore, pending: true })
    }
    watch.whenOver(device, withinOf(call), ended => {
      if (!ended) return fail('E21', 'it has not said in time that it executes the image')
      if (ended.state === 'failed') return fail('S1RIG_REFUSED', inWords(ended))
      whenReachable(call, () =>
        readFrom(call, 'Basic', ['SwBuildId'], ({ SwBuildId }) =>
          succeed({ versionBefore, versionAfter: SwBuildId ?? '', pending: false }),
        ),
      )
    })
    hub.ota.activate(device, { when: 'at-once' })
  })
}

export function discardFirmware({ hub, parameters, succeed, fail }: Call<'discardFirmware'>): void {
  const fault = nameFault(parameters.sha256)
  if (fault) return fail('S1RIG_PARAMETER', fault)
  const devices = hub.upgrades.desk.discard(nameIn(parameters.sha256) ?? '')
  if (devices) succeed({ devices: [...devices] })
  else fail('S1RIG_REFUSED', 'no such image is here')
}

/** How long it may take to be back: a sleeper is told when it asks. */
const withinOf = ({ hub, target, sleeperDeadlineUs }: Call<'activateFirmware'>): Micros =>
  target === 'GSME' ? Math.max(0, sleeperDeadlineUs - hub.clock.nowUs()) : BACK_WITHIN_US

function howFar({ upgrades }: Hub, image: FiledImage, warnings: readonly FirmwareWarning[] = []): UpdateFirmwareResult {
  const { sha256, complete } = image
  return { sha256: fromHex(sha256), receivedOctets: upgrades.desk.received(image), complete, warnings }
}

function standing({ ota, upgrades }: Hub, image: FiledImage, deviceId: Eui64): DeviceDistribution {
  const progress = upgrades.desk.progressOf(image, deviceId)
  if (!progress) {
    return { deviceId, state: 'FIRMWARE_WAITING', transferredOctets: 0, failure: 'FIRMWARE_FAILURE_NONE', detail: '' }
  }
  const { state, failure, octets } = progress
  const order = ota.shelf.imageFor(deviceId)?.orders.get(deviceId)
  return {
    ...{ deviceId, state: STATES[state], transferredOctets: octets },
    failure: failure ? FAILURES[failure][0] : 'FIRMWARE_FAILURE_NONE',
    detail: failure ? inWords(progress) : '',
    ...(order?.when === 'at' && { activateAtMs: order.unixMs }),
  }
}

/** How far a device is, for people. */
function inWords({ state, failure, octets, total }: UpgradeProgress): string {
  if (failure) return `${FAILURES[failure][0]}: ${FAILURES[failure][1]}`
  return `${state}, ${octets} of ${total} octets`
}

const STATES: Readonly<Record<UpgradeState, FirmwareState>> = {
  offered: 'FIRMWARE_WAITING',
  downloading: 'FIRMWARE_TRANSFERRING',
  downloaded: 'FIRMWARE_VERIFIED',
  activating: 'FIRMWARE_ACTIVATING',
  done: 'FIRMWARE_ACTIVE',
  failed: 'FIRMWARE_FAILED',
}

/** @source results of firmware transfers: DUIS schema v5.4; which of them fits what: assumed */
const FAILURES: Readonly<Record<UpgradeFailure, readonly [FirmwareFailure, string]>> = {
  'not-for-it': ['FIRMWARE_IMAGE_DISCARDED', 'it is for another maker or type'],
  hardware: ['HARDWARE_VERSION_MISMATCH', 'it is for other hardware'],
  'invalid-image': ['FIRMWARE_IMAGE_DISCARDED', 'the device did not find it good'],
  aborted: ['FILE_TRANSFER_FAILURE', 'the device broke it off'],
  stalled: ['FILE_TRANSFER_FAILURE', 'the device fetched no octet any more'],
  'needs-another': ['FIRMWARE_IMAGE_DISCARDED', 'the device needs another image before it'],
  'rolled-back': ['ROLLED_BACK', 'the device executes its old firmware again'],
  refused: ['ACTIVATION_REFUSED', 'the device does not execute it now'],
  lost: ['ACTIVATION_LOST', 'the device did not obey'],
  withdrawn: ['FIRMWARE_IMAGE_DISCARDED', 'it was called off'],
}

const nameFault = ({ length }: Uint8Array): string | undefined =>
  length === 32 ? undefined : `sha256: 32 octets expected, found ${length}`
const nameIn = (sha256: Uint8Array | undefined): string | undefined =>
  sha256?.length === 32 ? toHex(sha256) : undefined
