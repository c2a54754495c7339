import { describe, expect, test } from 'vitest'
import { hours, minutes, seconds } from '../../src/base/time.ts'
import { OtaClient, type OtaFacts } from '../../src/devices/ota/ota-client.ts'
import { testTrust } from '../../src/firmware/test-signing.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import type { CommandPayload } from '../../src/zcl/clusters.ts'
import { Status } from '../../src/zcl/status.ts'
import { LATER, otaImage } from '../helpers/ota-home.ts'
import { METER, pair, toHub, toMeter } from './zcl-pair.ts'

type Answer<N extends 'QueryNextImageResponse' | 'ImageBlockResponse' | 'UpgradeEndResponse'> = CommandPayload<
  'OtaUpgrade',
  N
>
type Asked = CommandPayload<'OtaUpgrade', 'ImageBlockRequest'>

const octets = otaImage({ ...LATER.esme, octets: 1_000 })
const trust = testTrust()
const facts: OtaFacts = {
  ...{ ...LATER.esme, fileVersion: 0x0104_0200, hardwareVersion: 3, maxImageOctets: 10_000, allowDowngrade: false },
  ...{ upgradesFrom: [], blockOctets: 48, blockDelayMs: 200, pageOctets: 0 },
  ...{ activationWaits: true, keepsActivation: true },
}
const WAIT = 0xffff_ffff

/** A device whose hub the test plays: what it answers, a status or nothing. */
function bench(changes: Partial<OtaFacts> = {}) {
  const { timers: crank, hub: server, meter: endpoint, meterHan } = pair()
  const asked: { atUs: number; what: string; offset?: number }[] = []
  const note = (what: string, offset?: number) =>
    asked.push({ atUs: crank.nowUs, what, ...(offset !== undefined && { offset }) })
  const answers = {
    query: (): Answer<'QueryNextImageResponse'> | number | undefined => ({
      status: 0,
      ...LATER.esme,
      imageSize: 1_000,
    }),
    block: ({ fileOffset, maxDataSize }: Asked): Answer<'ImageBlockResponse'> | number | undefined => ({
      ...{ status: 0, ...LATER.esme, fileOffset, imageData: octets.slice(fileOffset, fileOffset + maxDataSize) },
    }),
    end: (): Answer<'UpgradeEndResponse'> | number | undefined => ({ ...LATER.esme, currentTime: 0, upgradeTime: 0 }),
  }
  const answer = <T>(given: T | number | undefined, reply: (payload: T) => void): number | 'later' => {
    if (typeof given === 'number') return given
    if (given !== undefined) reply(given)
    return 'later'
  }
  server.serve('OtaUpgrade', {
    commands: {
      QueryNextImageRequest: (_query, _from, reply) => {
        note('query')
        return answer(answers.query(), payload => reply('QueryNextImageResponse', payload))
      },
      ImageBlockRequest: (request, _from, reply) => {
        note('block', request.fileOffset)
        return answer(answers.block(request), payload => reply('ImageBlockResponse', payload))
      },
      UpgradeEndRequest: ({ status }, _from, reply) => {
        note(`end ${status}`)
        return answer(answers.end(), payload => reply('UpgradeEndResponse', payload))
      },
    },
  })
  let boots = 0
  const client = new OtaClient({
    ...{ device: METER, endpoint, esi: toHub, timers: crank, trace: { emit: () => {} } },
    clock: { nowUs: () => crank.nowUs, unixMs: () => 1_634_104_800_000 + Math.floor(crank.nowUs / 1_000) },
    random: new SeededRandom('ota').stream('client'),
    facts: { ...facts, ...changes },
    works: { trust: () => trust, outcome: () => ({ upgradesFrom: [] }), boot: () => void boots++ },
    sleeps: false,
    onAsked: () => {},
  })
  const count = (what: string) => asked.filter(one => one.what === what).length
  return {
    crank,
    server,
    meterHan,
    answers,
    asked,
    client,
    count,
    run: (us: number) => crank.run(us),
    boots: () => boots,
  }
}

describe('a device that has joined', () => {
  test('asks, fetches what there is, and runs it', () => {
    const { client, run, boots, count } = bench()
    client.joined()
    run(minutes(2))
    expect([count('query'), count('block'), count('end 0'), boots()]).toEqual([1, 21, 1, 1])
  })

  test('asks again each day', () => {
    const { client, run, answers, count } = bench()
    answers.query = () => ({ status: Status.NO_IMAGE_AVAILABLE })
    client.joined()
    run(hours(24 * 3 + 1))
    expect(count('query')).toBe(4)
  })

  test('leaves a hub alone that does not know the question, and asks one that says nothing three times', () => {
    const { client, run, answers, count } = bench()
    answers.query = () => Status.UNSUP_CLUSTER_COMMAND
    client.joined()
    run(hours(1))
    expect(count('query')).toBe(1)
    answers.query = () => undefined
    client.joined()
    run(hours(1))
    expect(count('query')).toBe(4)
  })

  test('says what it is and has, as attributes of the client side', () => {
    const { client, run, server, answers } = bench()
    const read = () => {
      let values: object = {}
      const names = ['CurrentFileVersion', 'DownloadedFileVersion', 'ImageUpgradeStatus', 'FileOffset'] as const
      server.read(toMeter, 'OtaUpgrade', names, outcome => {
        if (outcome.ok) values = outcome.values
      })
      run(seconds(1))
      return values
    }
    expect(read()).toEqual({
      ...{ CurrentFileVersion: 0x0104_0200, DownloadedFileVersion: WAIT, ImageUpgradeStatus: 0, FileOffset: WAIT },
    })
    answers.end = () => ({ ...LATER.esme, currentTime: 0, upgradeTime: WAIT })
    client.joined()
    run(minutes(2))
    expect(read()).toMatchObject({ DownloadedFileVersion: 0x0105_0000, ImageUpgradeStatus: 3, FileOffset: 1_000 })
  })
})

describe('a device whose hub falls silent', () => {
  test('asks ever more seldom, rests, and goes on where it was', () => {
    const { client, run, answers, asked, count, boots } = bench()
    const { block } = answers
    answers.block = request => (request.fileOffset < 480 ? block(request) : undefined)
    client.joined()
    run(minutes(15))
    const tries = asked.filter(({ offset }) => offset === 480)
    expect(tries).toHaveLength(8)
    const pauses = tries.map(({ atUs }, index) => atUs - (tries[index - 1]?.atUs ?? 0)).slice(1)
    expect(pauses).toEqual(pauses.toSorted((a, b) => a - b))
    answers.block = block
    run(minutes(20))
    expect([count('query'), boots()]).toEqual([1, 1])
  })

  test('is not misled by blocks it did not ask for', () => {
    const { client, run, answers, asked, boots } = bench()
    const { block } = answers
    const wrong = [{ fileOffset: 0 }, { imageData: new Uint8Array() }, { fileVersion: 9 }]
    answers.block = request => {
      const given = block(request)
      if (request.fileOffset !== 480 || typeof given !== 'object') return given
      const next = wrong.shift()
      return next ? { ...given, ...next } : given
    }
    client.joined()
    run(minutes(5))
    expect(asked.filter(({ offset }) => offset === 480).length).toBeGreaterThan(3)
    expect(boots()).toBe(1)
  })

  test('forgets an image that is taken back, and asks whether there is another', () => {
    const { client, run, answers, count } = bench()
    answers.block = () => ({ status: Status.ABORT })
    client.joined()
    run(seconds(35))
    answers.query = () => ({ status: Status.NO_IMAGE_AVAILABLE })
    run(minutes(2))
    expect([count('query'), client.slots.image]).toEqual([2, undefined])
  })

  test('waits as long as it is told where the image has not come', () => {
    const { client, run, answers, asked } = bench()
    answers.block = () => ({ status: Status.WAIT_FOR_DATA, currentTime: 100, requestTime: 190, minimumBlockPeriod: 0 })
    client.joined()
    run(minutes(5))
    const tries = asked.filter(({ what }) => what === 'block')
    expect((tries[1]?.atUs ?? 0) - (tries[0]?.atUs ?? 0)).toBeGreaterThan(seconds(90) - 1)
    expect(tries.length).toBeLessThan(5)
  })
})

describe('a device that has its image', () => {
  test('asks each hour when to run it, and waits', () => {
    const { client, run, answers, count, boots } = bench()
    answers.end = () => ({ ...LATER.esme, currentTime: 0, upgradeTime: WAIT })
    client.joined()
    run(hours(5))
    expect([count('end 0'), boots()]).toEqual([5, 0])
  })

  test.each([
    [true, 0],
    [false, 1],
  ])('runs it by itself where nobody answers three times, unless its model waits (%s)', (activationWaits, times) => {
    const { client, run, answers, boots } = bench({ activationWaits })
    answers.end = () => undefined
    client.joined()
    run(hours(4))
    expect(boots()).toBe(times)
  })

  test('obeys its hub only', () => {
    const { client, run, answers, server, meterHan, boots } = bench()
    answers.end = () => ({ ...LATER.esme, currentTime: 0, upgradeTime: WAIT })
    client.joined()
    run(minutes(2))
    const order = { ...LATER.esme, currentTime: 0, upgradeTime: 0 }
    const heard = meterHan.listener
    const from = '00db1234567890ff'
    const asdu = Uint8Array.of(0x09, 1, 0x07, 0x34, 0x12, 0x01, 0x01, 0, 0, 5, 1, 0, 0, 0, 0, 0, 0, 0, 0)
    const aps = { profileId: 0x0109, clusterId: 0x0019, sourceEndpoint: 1, destinationEndpoint: 1 }
    heard?.onData(from, { ...aps, security: 'link', asdu })
    run(minutes(1))
    expect(boots()).toBe(0)
    server.send(toMeter, 'OtaUpgrade', 'UpgradeEndResponse', { ...order, fileVersion: 9 })
    run(minutes(1))
    expect(boots()).toBe(0)
    server.send(toMeter, 'OtaUpgrade', 'UpgradeEndResponse', order)
    run(minutes(1))
    expect(boots()).toBe(1)
  })

  test('forgets it where the hub will not have it run', () => {
    const { client, run, answers, boots } = bench()
    answers.end = () => Status.ABORT
    client.joined()
    run(minutes(2))
    expect([client.slots.image, boots()]).toEqual([undefined, 0])
  })
})
