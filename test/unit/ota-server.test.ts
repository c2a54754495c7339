import { describe, expect, test } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { minutes, seconds } from '../../src/base/time.ts'
import type { Activation } from '../../src/devices/hub/ota/image-shelf.ts'
import type { UpgradeProgress } from '../../src/devices/hub/ota/upgrade-progress.ts'
import type { CommandName, CommandPayload } from '../../src/zcl/clusters.ts'
import { Status } from '../../src/zcl/status.ts'
import { ID } from './device-home.ts'
import { chfProfile, hubBench } from './device-hub-bench.ts'

const IMAGE = { manufacturerCode: 0x1234, imageType: 1, fileVersion: 2 }
const NAME = '1234-0001-00000002'
const TOTAL = 1_000
const octets = Uint8Array.from({ length: TOTAL }, (_, index) => (index * 31) & 0xff)
const query = { fieldControl: 1, manufacturerCode: 0x1234, imageType: 1, currentFileVersion: 1, hardwareVersion: 3 }
const block = { fieldControl: 0, ...IMAGE, fileOffset: 0, maxDataSize: 48 }
const end = { status: Status.SUCCESS, ...IMAGE }

type ToServer = CommandName<'OtaUpgrade', 'toServer'>

/** A hub with an image on its shelf and an electricity meter that the test plays. */
function bench({ here = TOTAL, period = 0 } = {}) {
  const profile = chfProfile()
  const ota = { ...profile.ota, minimumBlockPeriodMs: period }
  const hub = hubBench({ ...profile, ota })
  const { endpoint } = hub.device(ID.ESME, 'router')
  const told: { command: string; payload: object }[] = []
  const hears = (command: string) => (payload: object) => {
    told.push({ command, payload })
    return Status.SUCCESS
  }
  endpoint.use('OtaUpgrade', {
    commands: {
      ImageNotify: hears('ImageNotify'),
      ImageBlockResponse: hears('ImageBlockResponse'),
      UpgradeEndResponse: hears('UpgradeEndResponse'),
    },
  })
  const progress: UpgradeProgress[] = []
  const { ota: server } = hub.hub
  server.listen((_, at) => progress.push(at))
  server.shelf.put({ ...IMAGE, totalImageSize: TOTAL, hardwareVersions: { minimum: 2, maximum: 3 } })
  server.shelf.append(NAME, octets.subarray(0, here))
  const esi = { device: ID.CHF, endpoint: 1 }
  function ask<N extends ToServer>(command: N, payload: CommandPayload<'OtaUpgrade', N>): object | number | undefined {
    let answer: object | number | undefined
    endpoint.request(esi, 'OtaUpgrade', command, payload, outcome => {
      if (outcome.ok) answer = outcome.response?.payload
      else answer = outcome.reason === 'default-response' ? outcome.status : undefined
    })
    hub.run(seconds(12))
    return answer
  }
  const offer = (activation: Activation = { when: 'on-command' }) => {
    server.offer(NAME, [ID.ESME], activation)
    hub.run(seconds(1))
  }
  return { ...hub, server, endpoint, esi, told, progress, ask, offer, state: () => server.progressOf(ID.ESME) }
}

describe('who asks for the next image', () => {
  test('is told of it, and gets it block by block', () => {
    const { ask, offer, told, state, progress } = bench()
    offer()
    expect(told).toEqual([
      {
        command: 'ImageNotify',
        payload: { payloadType: 3, queryJitter: 100, manufacturerCode: 0x1234, imageType: 1, newFileVersion: 2 },
      },
    ])
    expect(ask('QueryNextImageRequest', query)).toEqual({ status: 0, ...IMAGE, imageSize: TOTAL })
    const read: Uint8Array[] = []
    for (let fileOffset = 0; fileOffset < TOTAL; fileOffset += 48) {
      const answer = ask('ImageBlockRequest', { ...block, fileOffset }) as { imageData: Uint8Array; fileOffset: number }
      expect(answer.fileOffset).toBe(fileOffset)
      read.push(answer.imageData)
    }
    expect(new Uint8Array(Buffer.concat(read))).toEqual(octets)
    expect(state()).toMatchObject({ state: 'downloading', octets: TOTAL, total: TOTAL })
    expect(progress.map(({ state: one }) => one).filter(one => one === 'downloading')).toHaveLength(21)
  })

  test.each([
    ['there is none', {}, Status.NO_IMAGE_AVAILABLE, undefined, false],
    ['it runs it', { currentFileVersion: 2 }, Status.NO_IMAGE_AVAILABLE, { state: 'done' }, true],
    ['it is of another maker', { manufacturerCode: 9 }, Status.NO_IMAGE_AVAILABLE, { failure: 'not-for-it' }, true],
    ['it is of another type', { imageType: 9 }, Status.NO_IMAGE_AVAILABLE, { failure: 'not-for-it' }, true],
    ['it is other hardware', { hardwareVersion: 4 }, Status.NO_IMAGE_AVAILABLE, { failure: 'hardware' }, true],
  ])('gets none where %s', (_, changes, status, outcome, offered) => {
    const { ask, offer, state } = bench()
    if (offered) offer()
    expect(ask('QueryNextImageRequest', { ...query, ...changes })).toEqual({ status })
    if (outcome) expect(state()).toMatchObject(outcome)
    else expect(state()).toBeUndefined()
  })

  test('is not authorised where the hub does not list it', () => {
    const { ask, offer, hub } = bench()
    offer()
    hub.deviceLog.remove(ID.ESME)
    expect(ask('QueryNextImageRequest', query)).toEqual({ status: Status.NOT_AUTHORIZED })
  })
})

describe('who asks for a block', () => {
  test('waits for what has not come over the WAN yet', () => {
    const { ask, offer, server } = bench({ here: 100 })
    offer()
    expect(ask('ImageBlockRequest', { ...block, fileOffset: 96 })).toMatchObject({ imageData: octets.slice(96, 100) })
    const wait = ask('ImageBlockRequest', { ...block, fileOffset: 100 }) as Record<string, number>
    expect(wait).toMatchObject({ status: Status.WAIT_FOR_DATA })
    expect((wait.requestTime ?? 0) - (wait.currentTime ?? 0)).toBe(30)
    server.shelf.append(NAME, octets.subarray(100))
    expect(ask('ImageBlockRequest', { ...block, fileOffset: 100 })).toMatchObject({ imageData: octets.slice(100, 148) })
  })

  test('is told the shortest period, if it keeps one', () => {
    const { ask, offer } = bench({ period: 500 })
    offer()
    const wait = ask('ImageBlockRequest', { ...block, fieldControl: 2, minimumBlockPeriod: 499 })
    expect(wait).toMatchObject({ status: Status.WAIT_FOR_DATA, minimumBlockPeriod: 500 })
    expect(ask('ImageBlockRequest', { ...block, fieldControl: 2, minimumBlockPeriod: 500 })).toMatchObject({
      status: 0,
    })
    expect(ask('ImageBlockRequest', block)).toMatchObject({ status: 0 })
  })

  test('is refused what is beyond the end, and another image', () => {
    const { ask, offer } = bench()
    offer()
    expect(ask('ImageBlockRequest', { ...block, fileOffset: TOTAL })).toBe(Status.MALFORMED_COMMAND)
    expect(ask('ImageBlockRequest', { ...block, maxDataSize: 0 })).toBe(Status.MALFORMED_COMMAND)
    expect(ask('ImageBlockRequest', { ...block, fileVersion: 3 })).toEqual({ status: Status.ABORT })
  })

  test('is stopped when the image is taken back', () => {
    const { ask, offer, server, state } = bench()
    offer()
    ask('ImageBlockRequest', block)
    expect(server.withdraw(ID.ESME)).toBe(true)
    expect(ask('ImageBlockRequest', { ...block, fileOffset: 48 })).toEqual({ status: Status.ABORT })
    expect(state()).toMatchObject({ state: 'failed', failure: 'withdrawn', octets: 48 })
  })

  test('gets a page of them, spaced as it likes', () => {
    const { offer, endpoint, esi, told, run } = bench()
    offer()
    told.length = 0
    const page = { ...block, fileOffset: 100, pageSize: 150, responseSpacing: 200 }
    endpoint.send(esi, 'OtaUpgrade', 'ImagePageRequest', page)
    run(seconds(0.3))
    expect(told).toHaveLength(2)
    run(seconds(2))
    const got = told.map(({ payload }) => payload as { fileOffset: number; imageData: Uint8Array })
    expect(got.map(({ fileOffset, imageData }) => [fileOffset, imageData.length])).toEqual([
      [100, 48],
      [148, 48],
      [196, 48],
      [244, 6],
    ])
  })
})

describe('who has the image', () => {
  test('runs it at once where that is so ordered', () => {
    const { ask, offer, state, kernel } = bench()
    offer({ when: 'at-once' })
    const answer = ask('UpgradeEndRequest', end) as Record<string, number>
    expect(answer.upgradeTime).toBe(answer.currentTime)
    expect(answer.currentTime).toBeGreaterThan(Math.floor(kernel.unixMs() / 1_000) - 946_684_800 - 30)
    expect(state()).toMatchObject({ state: 'activating' })
  })

  test('waits for the order, and is told when it comes', () => {
    const { ask, offer, state, told, server, run } = bench()
    offer()
    expect(server.activate(ID.ESME, { when: 'on-command' })).toBe('not-there')
    expect(ask('UpgradeEndRequest', end)).toMatchObject({ upgradeTime: 0xffff_ffff })
    expect(state()).toMatchObject({ state: 'downloaded', octets: TOTAL })
    told.length = 0
    expect(server.activate(ID.ESME, { when: 'at-once' })).toBe('ordered')
    run(seconds(1))
    expect(told).toMatchObject([{ command: 'UpgradeEndResponse', payload: IMAGE }])
    expect(state()).toMatchObject({ state: 'activating' })
    expect(server.activate(ID.GSME, { when: 'at-once' })).toBe('no-image')
  })

  test('is given the instant, and is not missed before it', () => {
    const { ask, offer, state, kernel, told, run } = bench()
    offer({ when: 'at', unixMs: kernel.unixMs() + 600_000 })
    const { currentTime = 0, upgradeTime = 0 } = ask('UpgradeEndRequest', end) as Record<string, number>
    expect(upgradeTime - currentTime).toBeGreaterThan(580)
    expect(ask('QueryNextImageRequest', query)).toEqual({ status: Status.NO_IMAGE_AVAILABLE })
    expect(state()).toMatchObject({ state: 'activating' })
    told.length = 0
    run(minutes(16))
    expect(told).toMatchObject([{ command: 'ImageNotify' }])
    ask('QueryNextImageRequest', query)
    expect(state()).toMatchObject({ state: 'failed', failure: 'rolled-back' })
  })

  test.each([
    [Status.INVALID_IMAGE, 'invalid-image'],
    [Status.ABORT, 'aborted'],
    [Status.REQUIRE_MORE_IMAGE, 'needs-another'],
  ])('says with status %i that it does not run it, and is offered it no more', (status, failure) => {
    const { ask, offer, state, endpoint, esi, run } = bench()
    offer()
    endpoint.send(esi, 'OtaUpgrade', 'UpgradeEndRequest', { ...end, status })
    run(seconds(1))
    expect(state()).toMatchObject({ state: 'failed', failure })
    expect(ask('QueryNextImageRequest', query)).toEqual({ status: Status.NO_IMAGE_AVAILABLE })
  })

  test('comes back with the new version, or with the old one', () => {
    for (const [currentFileVersion, outcome] of [
      [2, { state: 'done' }],
      [1, { state: 'failed', failure: 'rolled-back' }],
    ] as const) {
      const { ask, offer, state } = bench()
      offer({ when: 'at-once' })
      ask('UpgradeEndRequest', end)
      ask('QueryNextImageRequest', { ...query, currentFileVersion })
      expect(state()).toMatchObject(outcome)
    }
  })
})

test('a second image for a device takes the place of the first', () => {
  const { server, ask, offer, state } = bench()
  offer()
  server.shelf.put({ ...IMAGE, fileVersion: 3, totalImageSize: 10 })
  server.shelf.append('1234-0001-00000003', fromHex('00010203040506070809'))
  server.offer('1234-0001-00000003', [ID.ESME], { when: 'at-once' })
  expect(ask('ImageBlockRequest', block)).toEqual({ status: Status.ABORT })
  expect(ask('QueryNextImageRequest', query)).toMatchObject({ status: 0, fileVersion: 3, imageSize: 10 })
  expect(state()).toMatchObject({ image: { fileVersion: 3 }, state: 'offered' })
})
