/** What a hub does with images that come over the WAN; its meter is played by the test. */
import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import type { ChfProfile } from '../../src/profiles/profile.ts'
import { decodeMessage } from '../../src/wan/messages/codec.ts'
import type { Response, UpdateFirmware } from '../../src/wan/messages/wan-types.generated.ts'
import { Status } from '../../src/zcl/status.ts'
import { altered, announcementOf, type ImageWish, type TestImage, testImage } from '../helpers/firmware-image.ts'
import { ID } from './device-home.ts'
import { chfProfile, hubBench } from './device-hub-bench.ts'

const CHUNK = 400

function bench(ota: Partial<ChfProfile['ota']> = {}) {
  const profile = chfProfile()
  const hub = hubBench({ ...profile, ota: { ...profile.ota, ...ota } })
  const { endpoint } = hub.device(ID.ESME, 'router')
  let version = '1.4.2'
  endpoint.serve('Basic', { attributes: { SwBuildId: () => version } })
  const orders: { upgradeTime: number }[] = []
  endpoint.use('OtaUpgrade', {
    commands: {
      ImageNotify: () => Status.SUCCESS,
      UpgradeEndResponse: order => {
        orders.push(order)
        return Status.SUCCESS
      },
    },
  })
  const esi = { device: ID.CHF, endpoint: 1 }
  const update = (order: UpdateFirmware): Response | undefined => hub.ask('updateFirmware', ID.CHF, order)
  const announce = (image: TestImage, devices: readonly string[] = [ID.ESME]) =>
    update({ announce: announcementOf(image, devices) })
  const send = ({ sha256, octets }: TestImage, from = 0, to = octets.length) => {
    for (let offset = from; offset < to; offset += CHUNK) {
      update({ chunk: { sha256, offset, octets: octets.subarray(offset, Math.min(offset + CHUNK, to)) } })
    }
  }
  const finish = ({ sha256 }: TestImage) => update({ finish: { sha256 } })
  const bring = (image: TestImage, devices?: readonly string[]) => {
    announce(image, devices)
    send(image)
    return finish(image)
  }
  const kind = ({ manufacturerCode, imageType }: TestImage) => ({ manufacturerCode, imageType })
  const identity = (image: TestImage) => ({ ...kind(image), fileVersion: image.fileVersion })
  /** The meter says that it has the image, or why it will not. */
  const ends = (image: TestImage, status: number = Status.SUCCESS) => {
    endpoint.request(esi, 'OtaUpgrade', 'UpgradeEndRequest', { status, ...identity(image) }, () => {})
    hub.run(seconds(1))
  }
  const fetches = (image: TestImage, fileOffset: number) => {
    const block = { fieldControl: 0, ...identity(image), fileOffset, maxDataSize: 48 }
    endpoint.request(esi, 'OtaUpgrade', 'ImageBlockRequest', block, () => {})
    hub.run(seconds(1))
  }
  /** It is back, and asks whether there is another for it. */
  const comesBack = (image: TestImage, fileVersion: number, runs: string) => {
    version = runs
    const query = { ...kind(image), fieldControl: 1, currentFileVersion: fileVersion, hardwareVersion: 1 }
    endpoint.request(esi, 'OtaUpgrade', 'QueryNextImageRequest', query, () => {})
    hub.run(seconds(1))
  }
  const at = (device: string = ID.ESME) => {
    const answer = hub.ask('readDistribution', ID.CHF, {})
    return answer?.readDistribution?.images.at(-1)?.devices.find(one => one.deviceId === device)
  }
  const alerts = () =>
    hub.link.sent.flatMap(octets => {
      const { alert } = decodeMessage(octets).message
      return alert ? [alert.code] : []
    })
  return { ...hub, update, announce, send, finish, bring, ends, fetches, comesBack, at, alerts, orders }
}

describe('an image on its way to the hub', () => {
  test('is taken piece by piece, and handed on once it is whole', () => {
    const { announce, send, finish, at, hub } = bench()
    const image = testImage({ octets: 1_500 })
    expect(announce(image)?.updateFirmware).toMatchObject({ receivedOctets: 0, complete: false, warnings: [] })
    send(image)
    expect(hub.ota.progressOf(ID.ESME)).toBeUndefined()
    expect(finish(image)?.updateFirmware).toMatchObject({ receivedOctets: 1_500, complete: true })
    expect(at()).toMatchObject({ state: 'FIRMWARE_WAITING', transferredOctets: 0 })
  })

  test('goes on from where the hub has it: what is sent twice, or too far ahead, changes nothing', () => {
    const { announce, update, send, finish } = bench()
    const image = testImage({ octets: 1_500 })
    const { sha256, octets } = image
    announce(image)
    send(image, 0, 800)
    const twice = update({ chunk: { sha256, offset: 400, octets: octets.subarray(400, 800) } })
    expect(twice?.updateFirmware?.receivedOctets).toBe(800)
    const ahead = update({ chunk: { sha256, offset: 1_200, octets: octets.subarray(1_200) } })
    expect(ahead?.updateFirmware?.receivedOctets).toBe(800)
    expect(announce(image)?.updateFirmware?.receivedOctets).toBe(800)
    send(image, 800)
    expect(finish(image)?.code).toBe('I0')
    expect(finish(image)?.updateFirmware?.complete).toBe(true)
    expect(announce(image)?.updateFirmware).toMatchObject({ receivedOctets: 1_500, complete: true })
  })

  test('is not finished before all of it is there', () => {
    const { announce, send, finish } = bench()
    const image = testImage({ octets: 1_500 })
    announce(image)
    send(image, 0, 800)
    expect(finish(image)).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: 'FILE_TRANSFER_FAILURE: 800 of 1500 octets are here',
    })
    send(image, 800)
    expect(finish(image)?.code).toBe('I0')
  })

  test('with another hash than was announced is thrown away', () => {
    const { announce, update, finish, hub } = bench()
    const image = testImage({ octets: 900 })
    announce(image)
    const octets = image.octets.slice()
    octets[500] = (octets[500] ?? 0) ^ 1
    for (let offset = 0; offset < 900; offset += CHUNK) {
      update({ chunk: { sha256: image.sha256, offset, octets: octets.subarray(offset, offset + CHUNK) } })
    }
    expect(finish(image)).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: expect.stringMatching(/^FILE_TRANSFER_FAILURE: SHA-256 /),
    })
    expect(hub.ota.shelf.list()).toEqual([])
    expect(finish(image)?.detail).toMatch(/was announced$/)
  })

  test.each<[string, (image: TestImage) => TestImage, RegExp]>([
    ['of another maker', image => ({ ...image, manufacturerCode: 9 }), /image 1234-0001-09000000 found, 0009-0001/],
    ['of another type', image => ({ ...image, imageType: 9 }), /image 1234-0001-09000000 found, 1234-0009/],
    [
      'of another version',
      image => ({ ...image, fileVersion: 9 }),
      /image 1234-0001-09000000 found, 1234-0001-00000009/,
    ],
    [
      'for other hardware',
      image => ({ ...image, hardware: { minimum: 1, maximum: 2 } }),
      /for hardware of any version, 1 to 2/,
    ],
    ['that is cut off', image => altered(image, image.octets.subarray(0, 600)), /\[ota\.(truncated|element-length)\]/],
    ['that is no image', image => altered(image, new Uint8Array(600).fill(7)), /\[ota\.magic\]/],
  ])('%s than was announced is thrown away', (_, change, problem) => {
    const { bring, hub } = bench()
    const answer = bring(change(testImage({ octets: 900 })))
    expect(answer).toMatchObject({ code: 'S1RIG_REFUSED', detail: expect.stringMatching(problem) })
    expect(answer?.detail).toMatch(/^FIRMWARE_IMAGE_DISCARDED: /)
    expect(hub.ota.shelf.list()).toEqual([])
  })

  test('for which there is no room is refused, and has room once another has done its work', () => {
    const { announce, bring, ends, comesBack, device } = bench({ shelfOctets: 2_000 })
    device(ID.PPMID, 'router')
    const [first, second] = [testImage({ octets: 1_500 }), testImage({ octets: 1_200, fileVersion: 0x0901_0000 })]
    bring(first)
    expect(announce(second, [ID.PPMID])).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: 'FIRMWARE_IMAGE_DISCARDED: no room for 1200 octets: 1 of 8 images are here, of 2000 octets at most',
    })
    ends(first)
    comesBack(first, first.fileVersion, '9.0.0')
    expect(announce(second, [ID.PPMID])?.code).toBe('I0')
  })

  test('is kept through a loss of power as far as it has come', () => {
    const { announce, send, hub } = bench()
    const image = testImage({ octets: 1_500 })
    announce(image)
    send(image, 0, 800)
    const memory = JSON.parse(JSON.stringify(hub.memory())) as ReturnType<typeof hub.memory>
    const again = hubBench(chfProfile(), memory)
    again.hub.whitelist.open(minutes(1))
    const asked = again.ask('readDistribution', ID.CHF, {})
    expect(asked?.readDistribution?.images).toMatchObject([
      { receivedOctets: 800, imageOctets: 1_500, complete: false },
    ])
  })
})

describe('whom an image is not handed on to', () => {
  test('is told with the reason, and the others get it', () => {
    const { announce } = bench()
    const image = testImage()
    const nobody = '00db1234567890ff'
    const answer = announce(image, [ID.ESME, nobody, ID.GPF, ID.GSME, ID.CHF])
    expect(answer?.updateFirmware?.warnings).toEqual([
      { deviceId: nobody, reason: 'INVALID_DEVICE_ID' },
      { deviceId: ID.GPF, reason: 'NOT_APPLICABLE_FIRMWARE' },
      { deviceId: ID.GSME, reason: 'NOT_COMMISSIONED' },
      { deviceId: ID.CHF, reason: 'NOT_APPLICABLE_FIRMWARE' },
    ])
  })

  test('while another image is on its way to it, until that is called off', () => {
    const { bring, announce, ask } = bench()
    const [first, second] = [testImage(), testImage({ fileVersion: 0x0901_0000 })]
    bring(first)
    expect(announce(second)).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: `for no device: ${ID.ESME} OTHER_REQUEST_IN_PROGRESS`,
    })
    const off = ask('discardFirmware', ID.CHF, { sha256: first.sha256 })
    expect(off?.discardFirmware?.devices).toEqual([ID.ESME])
    expect(announce(second)?.code).toBe('I0')
  })

  test.each<[string, Partial<ReturnType<typeof announcementOf>>, string]>([
    ['a short hash', { sha256: new Uint8Array(31) }, 'sha256: 32 octets'],
    ['no octets', { imageOctets: 0 }, 'image_octets: 1 to 10240000'],
    ['too many octets', { imageOctets: 10_240_001 }, 'image_octets: 1 to 10240000'],
    ['a version of nine characters', { version: '1.2.3.4.5' }, 'version: 1 to 8'],
    ['a malformed version', { version: 'V1 x' }, 'version: 1 to 8'],
    ['no device', { devices: [] }, 'devices: 1 to 16'],
    ['a device twice', { devices: [ID.ESME, ID.ESME] }, 'devices: each once'],
    ['hardware backwards', { hardware: { minimum: 2, maximum: 1 } }, 'hardware: minimum up to'],
  ])('an announcement with %s is no announcement', (_, change, problem) => {
    const { update } = bench()
    const answer = update({ announce: { ...announcementOf(testImage(), [ID.ESME]), ...change } })
    expect(answer).toMatchObject({ code: 'S1RIG_PARAMETER', detail: expect.stringContaining(problem) })
  })
})

describe('an image on its way over the HAN', () => {
  test('is seen to come, and its end is told', () => {
    const { bring, fetches, ends, at, alerts } = bench()
    const image = testImage({ octets: 1_500 })
    bring(image)
    fetches(image, 700)
    expect(at()).toMatchObject({ state: 'FIRMWARE_TRANSFERRING', transferredOctets: 748 })
    ends(image)
    expect(at()).toMatchObject({ state: 'FIRMWARE_VERIFIED', transferredOctets: 1_500 })
    expect(alerts()).toEqual(expect.arrayContaining(['8F8A', '8F72']))
  })

  test.each([
    ['breaks it off', Status.ABORT, 'FILE_TRANSFER_FAILURE', '8F89'],
    ['does not find it good', Status.INVALID_IMAGE, 'FIRMWARE_IMAGE_DISCARDED', '8F1C'],
  ])('a device that %s says so, and can have it again', (_, status, failure, alert) => {
    const { bring, announce, ends, at, alerts } = bench()
    const image = testImage()
    bring(image)
    ends(image, status)
    expect(at()).toMatchObject({ state: 'FIRMWARE_FAILED', failure })
    expect(alerts()).toContain(alert)
    announce(image)
    expect(at()).toMatchObject({ state: 'FIRMWARE_WAITING' })
    ends(image)
    expect(at()).toMatchObject({ state: 'FIRMWARE_VERIFIED' })
  })

  test('a device that is stuck is given up, and can have it again', () => {
    const { bring, announce, fetches, at, alerts, run } = bench({ stalledAfterS: 3_600 })
    const image = testImage()
    bring(image)
    fetches(image, 0)
    run(minutes(50))
    expect(at()?.state).toBe('FIRMWARE_TRANSFERRING')
    run(minutes(20))
    expect(at()).toMatchObject({ state: 'FIRMWARE_FAILED', failure: 'FILE_TRANSFER_FAILURE' })
    expect(alerts()).toContain('8F89')
    announce(image)
    expect(at()).toMatchObject({ state: 'FIRMWARE_WAITING' })
  })
})

describe('activation', () => {
  const activate = { sha256: testImage().sha256 }

  test('is refused where nothing verified is there', () => {
    const { bring, fetches, ask } = bench()
    expect(ask('activateFirmware', ID.ESME, activate)).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: `no such image is there for ${ID.ESME}`,
    })
    const image = testImage()
    bring(image)
    fetches(image, 0)
    expect(ask('activateFirmware', ID.ESME, activate)).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: expect.stringMatching(/^nothing verified is there: downloading, 48 of/),
    })
  })

  test('now tells the version before and after, once the device is back', () => {
    const { bring, ends, comesBack, orders, alerts, at, run, ...rest } = bench()
    const image = testImage()
    bring(image)
    ends(image)
    const answer = rest.asks('activateFirmware', ID.ESME, activate)
    run(seconds(30))
    expect(orders.at(-1)?.upgradeTime).toBeLessThan(0xffff_ffff)
    expect(answer()).toBeUndefined()
    expect(at()?.state).toBe('FIRMWARE_ACTIVATING')
    comesBack(image, image.fileVersion, '9.0.0')
    run(seconds(5))
    expect(answer()?.activateFirmware).toEqual({ versionBefore: '1.4.2', versionAfter: '9.0.0', pending: false })
    expect(alerts()).toContain('8F43')
    expect(at()?.state).toBe('FIRMWARE_ACTIVE')
  })

  test('at a time is pending until then', () => {
    const { bring, ends, ask, at, kernel } = bench()
    const image = testImage()
    bring(image)
    ends(image)
    const atMs = kernel.unixMs() + 3_600_000
    const answer = ask('activateFirmware', ID.ESME, { ...activate, atMs })
    expect(answer?.activateFirmware).toEqual({ versionBefore: '1.4.2', versionAfter: '1.4.2', pending: true })
    expect(at()).toMatchObject({ state: 'FIRMWARE_ACTIVATING', activateAtMs: atMs })
  })

  test('at a time is called off when it is cancelled: the device waits for a word, and may be told again', () => {
    const { bring, ends, ask, at, kernel, orders, alerts, run } = bench()
    const image = testImage()
    bring(image)
    ends(image)
    const cancel = () => ask('activateFirmware', ID.ESME, { ...activate, cancelHeld: true })?.activateFirmware
    const nothing = { versionBefore: '1.4.2', versionAfter: '1.4.2', pending: false, wasHeld: false }
    expect(cancel()).toEqual(nothing)
    const atMs = kernel.unixMs() + 3_600_000
    ask('activateFirmware', ID.ESME, { ...activate, atMs })
    const told = alerts().length
    expect(cancel()).toEqual({ ...nothing, wasHeld: true })
    run(seconds(5))
    expect(orders.at(-1)?.upgradeTime).toBe(0xffff_ffff)
    expect(at()).toMatchObject({ state: 'FIRMWARE_VERIFIED' })
    expect(at()?.activateAtMs).toBeUndefined()
    expect(alerts().slice(told)).toEqual([])
    expect(cancel()).toEqual(nothing)
    run(hours(2))
    expect(at()?.state).toBe('FIRMWARE_VERIFIED')
    const again = ask('activateFirmware', ID.ESME, { ...activate, atMs: kernel.unixMs() + 3_600_000 })
    expect(again?.activateFirmware?.pending).toBe(true)
  })

  test('of an unknown image is nothing to cancel', () => {
    const answer = bench().ask('activateFirmware', ID.ESME, { sha256: new Uint8Array(32), cancelHeld: true })
    expect(answer?.activateFirmware?.wasHeld).toBe(false)
  })

  test('of an image that does not start is refused when the device is back with its old one', () => {
    const { bring, ends, comesBack, run, at, alerts, ...rest } = bench()
    const image = testImage()
    bring(image)
    ends(image)
    const answer = rest.asks('activateFirmware', ID.ESME, activate)
    run(seconds(30))
    comesBack(image, 0x0104_0200, '1.4.2')
    expect(answer()).toMatchObject({ code: 'S1RIG_REFUSED', detail: expect.stringMatching(/^ROLLED_BACK/) })
    expect(at()).toMatchObject({ state: 'FIRMWARE_FAILED', failure: 'ROLLED_BACK' })
  })

  test('of a device that is never heard of again is E21, and lost in the end', () => {
    const { bring, ends, run, at, asks } = bench({ stalledAfterS: 7_200 })
    const image = testImage()
    bring(image)
    ends(image)
    const answer = asks('activateFirmware', ID.ESME, activate)
    run(minutes(11))
    expect(answer()?.code).toBe('E21')
    expect(at()?.state).toBe('FIRMWARE_ACTIVATING')
    run(hours(3))
    expect(at()).toMatchObject({ state: 'FIRMWARE_FAILED', failure: 'ACTIVATION_LOST' })
  })
})

describe("the hub's own image", () => {
  const KIND = { manufacturerCode: 0x1234, imageType: 1, hardwareVersion: 1 }
  const own = (wish: ImageWish = {}) => testImage({ version: '2.9.0', fileVersion: 0x0209_0000, ...wish })
  const withRestart = () => {
    const restarts: string[] = []
    const profile = chfProfile()
    const ota = { ...profile.ota, ...KIND, fileVersion: 0x0201_0000 }
    const hub = hubBench({ ...profile, ota }, undefined, image => void restarts.push(image.version))
    const alerts = () =>
      hub.link.sent.flatMap(octets => {
        const { alert } = decodeMessage(octets).message
        return alert ? [alert] : []
      })
    const bring = (image: TestImage) => {
      const { sha256, octets } = image
      const began = hub.ask('updateFirmware', ID.CHF, { announce: announcementOf(image, [ID.CHF]) })
      if (began?.code !== 'I0') return began
      hub.ask('updateFirmware', ID.CHF, { chunk: { sha256, offset: 0, octets } })
      return hub.ask('updateFirmware', ID.CHF, { finish: { sha256 } })
    }
    const state = () => hub.ask('readDistribution', ID.CHF, {})?.readDistribution?.images[0]?.devices[0]
    return { ...hub, restarts, alerts, bring, state }
  }

  test('is looked at, told of, and executed by itself', () => {
    const { bring, restarts, alerts, run, state } = withRestart()
    expect(bring(own())?.code).toBe('I0')
    expect(alerts().at(-1)).toMatchObject({ hubFirmware: { status: 'UPDATE_REQUESTED', version: '2.9.0' } })
    expect(restarts).toEqual([])
    run(seconds(20))
    expect(restarts).toEqual(['2.9.0'])
    expect(state()?.state).toBe('FIRMWARE_ACTIVATING')
  })

  test('is told of as executed by the hub that comes up with it, as rolled back by the one before', () => {
    const { bring, run, hub } = withRestart()
    bring(own())
    run(seconds(20))
    const memory = JSON.parse(JSON.stringify(hub.memory())) as ReturnType<typeof hub.memory>
    const profile = chfProfile()
    const up = (fileVersion: number) => {
      const again = hubBench({ ...profile, ota: { ...profile.ota, ...KIND, fileVersion } }, memory)
      again.run(seconds(1))
      const [image] = again.ask('readDistribution', ID.CHF, {})?.readDistribution?.images ?? []
      const sent = again.link.sent.flatMap(octets => decodeMessage(octets).message.alert?.hubFirmware?.status ?? [])
      return [image?.devices[0]?.state, image?.devices[0]?.failure, sent.at(-1)]
    }
    expect(up(0x0209_0000)).toEqual(['FIRMWARE_ACTIVE', 'FIRMWARE_FAILURE_NONE', 'ACTIVATION_SUCCESSFUL'])
    expect(up(0x0201_0000).slice(0, 2)).toEqual(['FIRMWARE_FAILED', 'ROLLED_BACK'])
  })

  test.each<[string, TestImage]>([
    ['an older one', own({ fileVersion: 0x0200_0000 })],
    ['the one it executes', own({ fileVersion: 0x0201_0000 })],
    ["another maker's", own({ manufacturerCode: 9 })],
    ['another type', own({ imageType: 9 })],
  ])('%s is not applicable', (_, image) => {
    expect(withRestart().bring(image)).toMatchObject({
      code: 'S1RIG_REFUSED',
      detail: expect.stringMatching(/NOT_APPLICABLE_FIRMWARE$/),
    })
  })

  test.each<[string, TestImage, string]>([
    ['for other hardware', own({ hardware: { minimum: 7, maximum: 8 } }), 'HARDWARE_VERSION_MISMATCH'],
    ['by an unknown signer', own({ signer: '00db000000000001' }), 'FIRMWARE_IMAGE_DISCARDED'],
    ['changed after it was signed', damaged(own({ octets: 1_000 })), 'FIRMWARE_IMAGE_DISCARDED'],
  ])('one %s is not executed, and another may come', (_, image, failure) => {
    const { bring, restarts, run, state } = withRestart()
    bring(image)
    run(seconds(20))
    expect(restarts).toEqual([])
    expect(state()).toMatchObject({ state: 'FIRMWARE_FAILED', failure })
    expect(bring(own())?.code).toBe('I0')
    run(seconds(20))
    expect(restarts).toEqual(['2.9.0'])
  })
})

/** One octet of code is another. */
function damaged(image: TestImage): TestImage {
  const octets = image.octets.slice()
  octets[200] = (octets[200] ?? 0) ^ 1
  return altered(image, octets)
}
