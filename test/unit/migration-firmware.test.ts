/** A device is brought to the firmware that the list demands, or the verdict says why not; the hub is a script. */
import { describe, expect, test } from 'vitest'
import { upgradeFirmware } from '../../src/migration/actions/firmware-steps.ts'
import { matchEligibleCombination } from '../../src/migration/eligible-combination.ts'
import type { FirmwareImages } from '../../src/migration/firmware-images.ts'
import type { StepOf } from '../../src/migration/group.ts'
import type { RequestKind } from '../../src/wan/messages/requests.ts'
import type { FirmwareState, Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import { testImage } from '../helpers/firmware-image.ts'
import { DEVICES, groupCb, type Script, scripted } from '../helpers/scripted-parties.ts'

const step = groupCb()
  .phases.flatMap(({ steps }) => steps)
  .find(({ action }) => action === 'upgrade-firmware') as StepOf<'upgrade-firmware'>
const DEMAND = '3.0.1 or 3.1.0 (CB-EPC-001), for the responsible supplier'

const IMAGE = testImage({ version: '3.0.1', octets: 40_000 })
const image = {
  ...{ version: '3.0.1', manufacturerCode: 0x1234, imageType: 1, fileVersion: IMAGE.fileVersion },
  ...{ octets: IMAGE.octets.length, sha256: Buffer.from(IMAGE.sha256).toString('hex') },
  open: () => [IMAGE.octets],
}
const images: FirmwareImages = { path: () => ({ images: [image] }) }

interface HubScript {
  /** Versions the device reports, one after another; the last one for good. */
  versions?: string[]
  /** What it is at each look; the last one for good. */
  states?: FirmwareState[]
  failure?: string
  activation?: Partial<Response>
  /** Octets the hub has from before. */
  has?: number
  /** Questions it leaves unanswered, counted from 1. */
  deaf?: (question: number) => boolean
  device?: keyof typeof DEVICES
  devices?: NonNullable<Script['devices']>
  store?: FirmwareImages
  parameters?: NonNullable<Script['parameters']>
}

/** What came of the step, and what the hub was sent. */
async function upgrade(script: HubScript = {}) {
  const { versions = ['2.9.0', '3.0.1'], states = ['FIRMWARE_TRANSFERRING', 'FIRMWARE_VERIFIED'] } = script
  const device = DEVICES[script.device ?? 'GSME']
  const sent: string[] = []
  let received = script.has ?? 0
  let complete = false
  let questions = 0
  const next = <T>(from: T[]): T | undefined => (from.length > 1 ? from.shift() : from[0])
  const hub = (request: Request, kind: RequestKind): Partial<Response> | undefined => {
    if (script.deaf?.(++questions)) return undefined
    if (kind === 'readFirmwareVersion') return { readFirmwareVersion: { version: next(versions) ?? '' } }
    const { sha256 } = IMAGE
    if (request.updateFirmware) {
      const { announce, chunk, finish } = request.updateFirmware
      sent.push(announce ? `announce ${announce.devices}` : chunk ? `chunk ${chunk.offset}` : 'finish')
      if (chunk && chunk.offset === received) received += chunk.octets.length
      complete ||= finish !== undefined
      return { updateFirmware: { sha256, receivedOctets: received, complete, warnings: [] } }
    }
    if (kind === 'readDistribution') {
      const state = next(states) ?? 'FIRMWARE_WAITING'
      const failure = state === 'FIRMWARE_FAILED' ? 'FILE_TRANSFER_FAILURE' : 'FIRMWARE_FAILURE_NONE'
      const standing = { deviceId: device.deviceId, state, transferredOctets: 9, failure, detail: script.failure ?? '' }
      const of = { sha256, version: '3.0.1', imageOctets: 40_000, receivedOctets: received, complete }
      return { readDistribution: { images: [{ ...of, devices: [standing as never] }] } }
    }
    sent.push(kind)
    if (kind === 'discardFirmware') return { discardFirmware: { devices: [] } }
    return script.activation ?? { activateFirmware: { versionBefore: '2.9.0', versionAfter: '3.0.1', pending: false } }
  }
  const { context } = await scripted({
    ...{ hub, images: script.store ?? images },
    ...(script.devices && { devices: script.devices }),
    parameters: { 'wan.sleeperAnswerWithinS': 120, ...script.parameters },
  })
  const told: string[] = []
  context.tell = text => void told.push(text)
  const outcome = await upgradeFirmware(context, step, device)
  return { ...outcome, sent, told, context }
}

describe('a device that runs what an entry names', () => {
  test('has nothing done to it', async () => {
    const { verdict, observed, sent } = await upgrade({ versions: ['3.1.0'] })
    expect([verdict, observed, sent]).toEqual(['PASS', '3.1.0: nothing to do', []])
  })
})

describe('a device that runs something else', () => {
  test('is brought to what the entry says: image to the hub, over the HAN, executed', async () => {
    const { verdict, expected, observed, sent, told } = await upgrade()
    expect([verdict, expected]).toEqual(['PASS', DEMAND])
    expect(observed).toMatch(/^3\.0\.1, was 2\.9\.0; 3\.0\.1 of 40000 octets in 00:0\d/)
    expect(sent).toEqual([
      `announce ${DEVICES.GSME.deviceId}`,
      ...['chunk 0', 'chunk 15360', 'chunk 30720', 'finish', 'activateFirmware'],
    ])
    expect(told).toContain('3.0.1: 30720 of 40000 octets are at the hub')
  })

  test('of which the hub has some of the image already gets the rest only', async () => {
    const { verdict, sent } = await upgrade({ has: 30_720 })
    expect([verdict, sent.slice(1, 3)]).toEqual(['PASS', ['chunk 30720', 'finish']])
  })

  test('is waited for through a hub that has no WAN for a while', async () => {
    const { verdict, sent } = await upgrade({ deaf: question => question > 3 && question < 9 })
    expect([verdict, sent.at(-1)]).toEqual(['PASS', 'activateFirmware'])
  })

  test('behind a hub that is not heard of again fails, with where it was asked', async () => {
    const { verdict, observed } = await upgrade({ deaf: question => question > 3 })
    expect([verdict, observed]).toEqual([
      'FAIL',
      expect.stringMatching(/E20 no answer from newcastle .*; 3\.0\.1: E20/),
    ])
  })

  test('is executed by hub and PPMID on their own', async () => {
    const { verdict, sent } = await upgrade({
      device: 'CHF',
      versions: ['2.0.0', '2.1.0'],
      states: ['FIRMWARE_ACTIVE'],
    })
    expect([verdict, sent.at(-1)]).toEqual(['PASS', 'finish'])
  })

  test('fails with version wanted, version found and why, where it does not get the image', async () => {
    const states: FirmwareState[] = ['FIRMWARE_TRANSFERRING', 'FIRMWARE_FAILED']
    const { verdict, expected, observed } = await upgrade({ versions: ['2.9.0'], states, failure: 'broken off' })
    expect([verdict, expected, observed]).toEqual(['FAIL', DEMAND, '2.9.0; 3.0.1: broken off'])
  })

  test('fails where it does not execute it', async () => {
    const activation = { code: 'S1RIG_REFUSED', detail: 'ROLLED_BACK: the device executes its old firmware again' }
    const { verdict, observed } = await upgrade({ versions: ['2.9.0'], activation })
    expect([verdict, observed]).toEqual(['FAIL', `2.9.0; 3.0.1: S1RIG_REFUSED ${activation.detail}`])
  })

  test('fails where it says that it executes yet another version', async () => {
    const { verdict, observed } = await upgrade({ versions: ['2.9.0', '9.9.9'] })
    expect([verdict, observed]).toEqual(['FAIL', expect.stringMatching(/^9\.9\.9, was 2\.9\.0/)])
  })

  test('fails where there is no image, with what is missing', async () => {
    const store = { path: () => ({ none: 'no image of honeywell-elster/bk-g4e/3.0.1' }) }
    const { verdict, observed, sent } = await upgrade({ versions: ['2.9.0'], store })
    expect([verdict, observed, sent]).toEqual(['FAIL', '2.9.0; no image of honeywell-elster/bk-g4e/3.0.1', []])
  })

  test('is called off when it takes too long', async () => {
    const { verdict, observed, sent } = await upgrade({
      ...{ versions: ['2.9.0'], states: ['FIRMWARE_TRANSFERRING'] },
      parameters: { 'firmware.transferWithinS': 3_600 },
    })
    expect([verdict, sent.at(-1)]).toEqual(['FAIL', 'discardFirmware'])
    expect(observed).toBe('2.9.0; 3.0.1: 9 of 40000 octets after 01:00:00: called off')
  })

  test('is matched against the list with what it was brought to', async () => {
    const behind = { ...DEVICES.GSME, firmware: '2.9.0' }
    const { context } = await upgrade({ devices: [DEVICES.CHF, DEVICES.ESME, behind, DEVICES.PPMID] })
    expect(matchEligibleCombination(context)).toMatchObject({ verdict: 'PASS', observed: 'CB-EPC-001' })
    delete context.found.upgraded
    expect(matchEligibleCombination(context).observed).toMatch(/GSME firmware is 2\.9\.0/)
  })
})

describe('a version that is no valid identifier', () => {
  test.each(['V1.2 build 0417', '123456789', ''])(
    '%j makes a PPMID an IHD, and the list is matched without it',
    async version => {
      const { verdict, observed, reason, context, sent } = await upgrade({ device: 'PPMID', versions: [version] })
      expect([verdict, observed, sent]).toEqual(['TOLERATED', `"${version}" is no valid identifier`, []])
      expect(reason).toBe('the display counts as an IHD from here on')
      expect(matchEligibleCombination(context)).toMatchObject({
        ...{ verdict: 'PASS', observed: `CB-EPC-002, ${DEVICES.PPMID.deviceId} as an IHD` },
      })
    },
  )

  test('fails where displays were not redesignated yet', async () => {
    const parameters = { 'firmware.unrecognisedPpmid': 'fail' as const }
    const { verdict } = await upgrade({ device: 'PPMID', versions: ['V1.2 build 0417'], parameters })
    expect(verdict).toBe('FAIL')
  })

  test('fails a meter', async () => {
    const { verdict, observed } = await upgrade({ versions: ['V1.2 build 0417'] })
    expect([verdict, observed]).toEqual(['FAIL', '"V1.2 build 0417" is no valid identifier'])
  })
})
