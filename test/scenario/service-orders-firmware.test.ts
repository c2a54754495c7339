/** 11.1, 11.3 and what an SMSO asks beside them, row by row of the catalogue: an image comes to the hub, goes to its device and is executed. */
import { expect, test } from 'vitest'
import { toHex } from '../../src/base/bytes.ts'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { announcementOf, type TestImage, testImage } from '../helpers/firmware-image.ts'
import { type Order, serviceOrders } from '../helpers/order-rows.ts'
import { ORDERS } from '../helpers/order-sets.ts'
import { reads } from '../helpers/order-words.ts'
import { isOneOf } from '../helpers/reading-sets.ts'
import type { RequestHome } from '../helpers/request-home.ts'
import { covered } from '../helpers/service-coverage.ts'

const BECOMES = [
  ...['honeywell-elster/s1ch/2.2.0', 'honeywell-elster/as300p/1.5.0'],
  ...['honeywell-elster/bk-g4e/3.1.0', 'generic/ppmid/1.2.0'],
]
type Plain = Record<string, unknown>
/** A home whose devices may be upgraded, with a PPMID that is behind. */
function behind(rig: Plain): Plain {
  const [one = {}] = rig.installations as Plain[]
  const devices = (one.devices as Plain[]).map(device =>
    device.type === 'PPMID' ? { ...device, profile: 'generic/ppmid/1.1.0' } : device,
  )
  return { ...rig, firmware: BECOMES, installations: [{ ...one, devices }] }
}
const { home, order, complete } = serviceOrders({ edit: behind })

type Upgraded = 'ESME' | 'GSME' | 'PPMID' | 'CHF'
const firmwareOf = ({ devices, home }: RequestHome, of: Upgraded) =>
  ({ ESME: devices.esme, GSME: devices.gsme, PPMID: devices.ppmid, CHF: home.hub })[of]?.firmware
const progress = (at: RequestHome, of: Upgraded) => at.home.hub.ota.progressOf(at.idOf(of))?.state
/** How far the hub has an image. */
const filed = (at: RequestHome, { sha256 }: TestImage) => {
  const { desk } = at.home.hub.upgrades
  const image = desk.find(toHex(sha256))
  return image && { octets: desk.received(image), complete: image.complete, takers: [...image.takers] }
}

/** Brings an image to the hub, by three requests. */
function brings(of: Upgraded, image: TestImage): void {
  const announce = (at: RequestHome) => announcementOf(image, [at.idOf(of)])
  const row = { kind: 'updateFirmware', of, han: [], holds: (at: RequestHome) => filed(at, image) } as const
  type Filed = ReturnType<typeof filed>
  const { length } = image.octets

  order('the hub is told what is to come, and for whom', {
    ...{ ...row, asks: at => ({ announce: announce(at) }) },
    refuses: at => [
      ['announce, chunk or finish', {}],
      ['sha256: 32 octets expected, found 1', { announce: { ...announce(at), sha256: new Uint8Array(1) } }],
      ['image_octets: 1 to 10240000 expected, found 0', { announce: { ...announce(at), imageOctets: 0 } }],
      ['version: 1 to 8 of letters', { announce: { ...announce(at), version: 'much too long' } }],
      ['devices: 1 to 16 expected', { announce: { ...announce(at), devices: [] } }],
    ],
    proves: (result, now, before, at) => {
      expect(before).toBeUndefined()
      expect(now).toEqual({ octets: 0, complete: false, takers: [at.idOf(of)] })
      expect(result).toEqual({ sha256: image.sha256, receivedOctets: 0, complete: false, warnings: [] })
    },
  } satisfies Order<'updateFirmware', Filed>)
  order('a piece is there', {
    ...{ ...row, asks: { chunk: { sha256: image.sha256, offset: 0, octets: image.octets } } },
    refuses: [
      [
        'octets: 1 to 15360 expected, found 0',
        { chunk: { sha256: image.sha256, offset: 0, octets: new Uint8Array() } },
      ],
    ],
    proves: (result, now) => {
      expect(now).toMatchObject({ octets: length, complete: false })
      expect(result).toMatchObject({ receivedOctets: length, complete: false })
    },
  } satisfies Order<'updateFirmware', Filed>)
  order('the image is whole, and handed on', {
    ...{ ...row, asks: { finish: { sha256: image.sha256 } } },
    refuses: [['announce, chunk or finish with a sha256 of 32 octets', { finish: { sha256: new Uint8Array(1) } }]],
    proves: (result, now) => {
      expect(now).toMatchObject({ octets: length, complete: true })
      expect(result).toMatchObject({ receivedOctets: length, complete: true })
    },
  } satisfies Order<'updateFirmware', Filed>)
}

const MAKER = { manufacturerCode: 0x1234, octets: 3_000 }
/** A meter that listens is asked who it is, and told; a gas meter has said it, asks at its wake-up, and is answered with the order. */
const WHO = reads('Basic', 'ManufacturerName', 'ModelIdentifier', 'HardwareVersion', 'SwBuildId')
const BACK = reads('Basic', 'SwBuildId')
const METERS = [
  [
    'ESME',
    testImage({ ...MAKER, imageType: 0x0101, fileVersion: 0x0105_0000, version: '1.5.0' }),
    '1.4.2',
    WHO,
    [...WHO, '> OtaUpgrade.UpgradeEndResponse', ...BACK],
  ],
  ['GSME', testImage({ ...MAKER, imageType: 0x0102, fileVersion: 0x0301_0000, version: '3.1.0' }), '3.0.1', [], BACK],
] as const
for (const [of, image, versionBefore, asked, han] of METERS) {
  brings(of, image)
  test(`11.1 of the ${of}: the meter fetches it, verifies it, and executes what it did`, async () => {
    expect(await home().until(() => progress(home(), of) === 'downloaded', hours(20))).toBe(true)
    await home().pass(minutes(1))
    expect(firmwareOf(home(), of)).toBe(versionBefore)
  })
  const row = {
    ...{ kind: 'activateFirmware' as const, of },
    holds: (at: RequestHome) => ({ firmware: firmwareOf(at, of), progress: progress(at, of) }),
  }
  type Standing = ReturnType<typeof row.holds>
  const waits = { firmware: versionBefore, progress: 'downloaded' }
  const counts = { firmware: versionBefore, progress: 'activating' }
  order('it is to be executed later', {
    ...{ ...row, asks: at => ({ sha256: image.sha256, atMs: at.unixMs() + 86_400_000 }) },
    refuses: [
      ['sha256: 32 octets expected, found 3', { sha256: new Uint8Array(3) }],
      ['at_ms: an instant from 2000 to 2136', { sha256: image.sha256, atMs: Number.MAX_SAFE_INTEGER }],
      ['at_ms: an instant from 2000 to 2136', { sha256: image.sha256, atMs: 1 }],
    ],
    han: asked,
    // A gas meter has not heard of it yet.
    proves: (result, now, before) => {
      expect([before, now]).toEqual([waits, of === 'ESME' ? counts : waits])
      expect(result).toEqual({ versionBefore, versionAfter: versionBefore, pending: true })
    },
  } satisfies Order<'activateFirmware', Standing>)
  order('it waits for another word', {
    ...{ ...row, asks: { sha256: image.sha256, cancelHeld: true }, han: asked },
    // What it was told before is heard.
    given: at => at.pass(seconds(5)),
    proves: (result, now, before, at) => {
      expect([before, now]).toEqual([of === 'ESME' ? counts : waits, waits])
      expect(at.home.hub.ota.shelf.imageFor(at.idOf(of))?.orders.get(at.idOf(of))).toEqual({ when: 'on-command' })
      expect(result).toMatchObject({ versionAfter: versionBefore, wasHeld: true })
    },
  } satisfies Order<'activateFirmware', Standing>)
  order('what was to be executed later is executed now', {
    ...{ kind: 'activateFirmware', of, asks: { sha256: image.sha256 }, han, holds: at => firmwareOf(at, of) },
    given: async at => {
      await at.ask('activateFirmware', of, { sha256: image.sha256, atMs: at.unixMs() + 86_400_000 })
      expect(await at.until(() => progress(at, of) === 'activating', minutes(40))).toBe(true)
      await at.pass(seconds(5))
    },
    proves: (result, now, before, at) => {
      expect(at.said(of, 'OtaUpgrade')).toContain('> OtaUpgrade.UpgradeEndResponse')
      expect([before, now, progress(at, of)]).toEqual([versionBefore, image.version, 'done'])
      expect(result).toEqual({ versionBefore, versionAfter: image.version, pending: false })
    },
  } satisfies Order<'activateFirmware', string | undefined>)
}
test('11.3 of the ESME: what is not there cannot be executed', async () => {
  const answer = await home().ask('activateFirmware', 'ESME', { sha256: new Uint8Array(32) })
  expect(answer).toMatchObject({ code: 'S1RIG_REFUSED', detail: expect.stringContaining('no such image is there') })
  expect([firmwareOf(home(), 'ESME'), firmwareOf(home(), 'GSME')]).toEqual(['1.5.0', '3.1.0'])
  covered('11.3', 'ESME', 'S1RIG_REFUSED')
})

const WITHDRAWN = testImage({ ...MAKER, imageType: 0x0101, fileVersion: 0x0106_0000, version: '1.6.0' })
order('it is said how far the images have come', {
  ...{ kind: 'readDistribution', of: 'CHF', asks: {}, han: [] },
  given: async at => at.ask('updateFirmware', 'ESME', { announce: announcementOf(WITHDRAWN, [at.idOf('ESME')]) }),
  holds: at => at.home.hub.upgrades.desk.list().map(({ version }) => version),
  proves: ({ images }, now, before) => {
    expect(now).toEqual(before)
    expect(images.map(({ version, complete }) => [version, complete])).toEqual([
      ['1.5.0', true],
      ['3.1.0', true],
      ['1.6.0', false],
    ])
  },
})
order('an image is called off', {
  ...{ kind: 'discardFirmware', of: 'CHF', asks: { sha256: WITHDRAWN.sha256 }, han: [] },
  refuses: [['sha256: 32 octets expected, found 0', { sha256: new Uint8Array() }]],
  holds: at => filed(at, WITHDRAWN),
  proves: ({ devices }, now, before, at) => {
    expect(before).toMatchObject({ complete: false })
    expect([now, devices]).toEqual([undefined, [at.idOf('ESME')]])
  },
})
test('S1RIG.DISCARD_FIRMWARE of the CHF: what is not there cannot be called off', async () => {
  const answer = await home().ask('discardFirmware', 'CHF', { sha256: WITHDRAWN.sha256 })
  expect(answer).toMatchObject({ code: 'S1RIG_REFUSED', detail: 'no such image is here' })
  covered('S1RIG.DISCARD_FIRMWARE', 'CHF', 'S1RIG_REFUSED')
})

const BY_THEMSELVES = [
  ['PPMID', { imageType: 0x0103, fileVersion: 0x0102_0000, version: '1.2.0', manufacturerCode: 0x1236 }],
  ['CHF', { imageType: 0x0100, fileVersion: 0x0202_0000, version: '2.2.0' }],
] as const
for (const [of, wish] of BY_THEMSELVES) {
  const image = testImage({ ...MAKER, ...wish })
  brings(of, image)
  test(`11.1 of the ${of}: it executes its image by itself`, async () => {
    expect(firmwareOf(home(), of)).not.toBe(image.version)
    expect(await home().until(() => firmwareOf(home(), of) === image.version, hours(20))).toBe(true)
    await home().pass(minutes(10))
    const answer = await home().ask('readFirmwareVersion', of, {})
    expect(answer.readFirmwareVersion).toEqual({ version: image.version })
  })
}

complete(isOneOf(ORDERS.firmware))
