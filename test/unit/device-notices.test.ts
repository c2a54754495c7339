import { describe, expect, it, test } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { minutes, seconds, toZigbeeUtc } from '../../src/base/time.ts'
import { SE_DEVICE, SE_PROFILE } from '../../src/devices/device.ts'
import { Display } from '../../src/devices/display.ts'
import { EsiNotices } from '../../src/devices/hub/esi-notices.ts'
import { toPublishPrice } from '../../src/devices/notices.ts'
import { MemoryHan } from '../../src/han/memory-han.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import type { PpmidProfile } from '../../src/profiles/profile.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { type Peer, ZclNode } from '../../src/zcl/node.ts'
import { Status } from '../../src/zcl/status.ts'
import { type Home, type HomeOptions, home, ID, restarted, settledHome } from './device-home.ts'

const DAY_RATE = { label: 'Day', price: 2_834, digits: 4, currency: 826 }
const GAS_RATE = { label: 'Gas flat', price: 8_120, digits: 4, currency: 826 }
const MESSAGE = { id: 0x0102_0304, text: 'Your meter will be read on Friday' }
const ROUND = minutes(31)

/** Default Responses of the hub to one command of a cluster: status by device. */
const refusals = ({ events }: Home, clusterId: number, to: string) =>
  events('han.frame')
    .filter(frame => frame.clusterId === clusterId && frame.from === ID.CHF && frame.to === to)
    .map(({ asdu }) => [...fromHex(asdu)])
    .flatMap(([, , command, , status]) => (command === 0x0b ? [status] : []))

describe.each([
  { han: 'on the air', edits: [] },
  { han: 'in memory', edits: [['channel: 25', 'channel: 25, kind: aps']] },
] satisfies { han: string; edits: HomeOptions['edits'] }[])('a home $han', ({ edits }) => {
  const open = () => settledHome({ rig: 'cb-seven-devices', edits })

  it('shows the price and the message its hub was given; a CAD shows no message', () => {
    const { installation, run } = open()
    const { hub, devices } = installation
    hub.notices.setPrice('electricity', DAY_RATE)
    hub.notices.setPrice('gas', GAS_RATE)
    hub.notices.setMessage(MESSAGE)
    run(ROUND)
    for (const key of ['ppmid', 'ihd'] as const) {
      expect(devices[key]?.shown).toMatchObject({
        price: { electricity: DAY_RATE, gas: GAS_RATE },
        message: MESSAGE,
      })
    }
    expect(devices.cad?.shown.price).toEqual({ electricity: DAY_RATE, gas: GAS_RATE })
    expect(devices.cad?.shown.message).toBeUndefined()
    expect(devices.gsme?.shown).toEqual({ price: { gas: GAS_RATE }, message: MESSAGE })
  })

  it('shows neither while the hub has none, which says NOT_FOUND', () => {
    const settled = open()
    for (const fuel of ['electricity', 'gas'] as const) settled.installation.hub.notices.setPrice(fuel, undefined)
    settled.run(ROUND)
    const { ppmid, gsme } = settled.installation.devices
    expect(ppmid?.shown).not.toHaveProperty('price')
    expect(ppmid?.shown).not.toHaveProperty('message')
    expect(gsme?.shown).toEqual({})
    for (const device of [ID.PPMID, ID.GSME]) {
      expect(refusals(settled, 0x0700, device)).toContain(Status.NOT_FOUND)
      expect(refusals(settled, 0x0703, device)).toContain(Status.NOT_FOUND)
    }
    expect(settled.events('zcl.malformed')).toEqual([])
  })

  it('confirms a message that asks for it, each screen once', () => {
    const settled = open()
    const { hub } = settled.installation
    hub.notices.setMessage({ ...MESSAGE, confirm: true })
    settled.run(ROUND * 3)
    expect([...hub.notices.confirmations.keys()].sort()).toEqual([ID.GSME, ID.PPMID, ID.IHD].sort())
    const confirmed = settled
      .events('han.frame')
      .filter(({ clusterId, to, asdu }) => clusterId === 0x0703 && to === ID.CHF && /^01..01/.test(asdu))
    expect(confirmed).toHaveLength(3)
  })
})

describe('what the hub gives no more', () => {
  it('is not shown any more: taken back, or its time over', () => {
    const { installation, run } = settledHome()
    const { hub, devices } = installation
    const shown = devices.ppmid?.shown
    hub.notices.setPrice('electricity', DAY_RATE)
    hub.notices.setPrice('gas', { ...GAS_RATE, forMin: 40 })
    hub.notices.setMessage(MESSAGE)
    run(ROUND)
    expect(shown?.price).toEqual({ electricity: DAY_RATE, gas: { ...GAS_RATE } })
    hub.notices.setMessage(undefined)
    run(ROUND)
    expect(shown?.price).toEqual({ electricity: DAY_RATE })
    expect(shown).not.toHaveProperty('message')
    hub.notices.setPrice('electricity', undefined)
    run(ROUND)
    expect(shown).not.toHaveProperty('price')
  })
})

describe('the hub’s notices', () => {
  const notices = () => new EsiNotices(new Kernel({ seed: 'notices', startUnixMs: 0 }))
  it.each([
    ['a label too long', { label: 'thirteen char' }],
    ['a price that means none', { price: 0xffff_ffff }],
    ['a broken price', { price: 1.5 }],
    ['digits beyond four bits', { digits: 16 }],
    ['no such currency', { currency: 1_000 }],
    ['no time at all', { forMin: 0 }],
    ['a duration that means for ever', { forMin: 0xffff }],
  ])('cannot be given %s', (_, wrong) => {
    expect(() => notices().setPrice('gas', { ...GAS_RATE, ...wrong })).toThrow('of a notice')
  })
  it('cannot be given a message that is too long, counted in octets', () => {
    expect(() => notices().setMessage({ id: 1, text: 'é'.repeat(57) })).toThrow('text of a notice: 0 to 113')
    expect(() => notices().setMessage({ id: 1, text: 'e'.repeat(113) })).not.toThrow()
  })
})

function ppmidProfile(): PpmidProfile {
  const { ppmid } = home().installation.record.devices
  if (!ppmid) throw new Error('the rig has no PPMID')
  return ppmid.profile
}

/** A PPMID beside a hub that the test plays, and a stranger on the same HAN. */
function ppmidBench() {
  const kernel = new Kernel({ seed: 'notices', startUnixMs: Date.parse('2021-10-13T06:00:00Z') })
  const events: TraceEvent[] = []
  const trace = { emit: (event: TraceEvent) => void events.push(event) }
  const han = new MemoryHan({ clock: kernel, timers: kernel, random: kernel.random.stream('han'), trace })
  const code = fromHex('83fed3407a939723a5c639b26916d505c3b5')
  const centre = han.coordinator(ID.CHF)
  const esi: Peer = { device: ID.CHF, endpoint: 1 }
  const at = { endpoint: 1, profileId: SE_PROFILE, deviceId: SE_DEVICE.esi }
  const hub = new ZclNode({ han: centre, timers: kernel, trace }).endpoint(at)
  const strangerNode = han.node(ID.IHD, 'router')
  const stranger = new ZclNode({ han: strangerNode, timers: kernel, trace }).endpoint(at)
  for (const endpoint of [hub, stranger]) {
    endpoint.serve('Price')
    endpoint.serve('Messaging')
  }
  centre.form({ panId: 1, extendedPanId: ID.CHF, channel: 15 })
  centre.authorise(ID.PPMID, code)
  centre.authorise(ID.IHD, code)
  centre.permitJoining(minutes(4))
  strangerNode.join(code)
  const around = { deviceId: ID.PPMID, clock: kernel, timers: kernel, random: kernel.random, trace }
  const display = new Display({ ...around, han: han.node(ID.PPMID, 'router') }, ppmidProfile(), {
    installCode: code,
    esi,
  })
  display.start()
  const run = (forUs: number) => void kernel.runUntil(kernel.nowUs() + forUs)
  run(minutes(2))
  const ppmid: Peer = { device: ID.PPMID, endpoint: 1 }
  const price = toPublishPrice('electricity', DAY_RATE, {
    ...{ nowUtc: toZigbeeUtc(kernel.unixMs()), startUtc: 0, minutes: 60, eventId: 1 },
  })
  const message = { messageId: 7, messageControl: 0, startTime: 0, durationInMinutes: 60, message: 'Hello' }
  /** Octets of a frame to the PPMID that no encoder of ours would write. */
  const raw = (clusterId: number, asdu: string) => {
    const addressing = { profileId: SE_PROFILE, clusterId, sourceEndpoint: 1, destinationEndpoint: 1 }
    centre.send(ID.PPMID, { ...addressing, security: 'link', asdu: fromHex(asdu) })
    run(seconds(5))
  }
  const malformed = () => events.flatMap(event => (event.kind === 'zcl.malformed' ? [event.code] : []))
  return { kernel, hub, stranger, display, run, ppmid, price, message, raw, malformed }
}

describe('a display that is told unasked', () => {
  it('takes a price and a message from its hub, and the message’s end', () => {
    const { hub, ppmid, display, price, message, run } = ppmidBench()
    hub.send(ppmid, 'Price', 'PublishPrice', price)
    hub.send(ppmid, 'Messaging', 'DisplayMessage', message)
    run(seconds(5))
    expect(display.shown).toMatchObject({ price: { electricity: DAY_RATE }, message: { id: 7, text: 'Hello' } })
    const statuses: unknown[] = []
    for (const messageId of [8, 7]) {
      hub.request(ppmid, 'Messaging', 'CancelMessage', { messageId, messageControl: 0 }, ({ ok }) => statuses.push(ok))
    }
    run(seconds(5))
    expect(statuses).toEqual([false, true])
    expect(display.shown).not.toHaveProperty('message')
  })

  it('takes nothing from anybody else', () => {
    const { stranger, ppmid, display, price, message, run } = ppmidBench()
    const answers: unknown[] = []
    stranger.request(ppmid, 'Price', 'PublishPrice', price, outcome => answers.push(outcome))
    stranger.request(ppmid, 'Messaging', 'DisplayMessage', message, outcome => answers.push(outcome))
    run(seconds(20))
    const refused = { ok: false, reason: 'default-response', status: Status.NOT_AUTHORIZED }
    expect(answers).toEqual([refused, refused])
    expect(display.shown).toEqual({})
  })

  it.each([
    ['a price that ends within its label', 0x0700, '090100 00000000 0c446179'],
    ['a price of nothing', 0x0700, '090100'],
    ['a message that ends within its text', 0x0703, '090100 07000000 00 00000000 3c00 0648656c6c6f'],
    ['a message that is no UTF-8', 0x0703, '090100 07000000 00 00000000 3c00 02c328'],
    ['a message without text', 0x0703, '090100 07000000 00 00000000 3c00 ff'],
  ])('%s is counted and changes nothing', (_, clusterId, asdu) => {
    const { raw, display, malformed, hub, ppmid, price, message, run } = ppmidBench()
    hub.send(ppmid, 'Price', 'PublishPrice', price)
    hub.send(ppmid, 'Messaging', 'DisplayMessage', message)
    run(seconds(5))
    const before = structuredClone(display.shown)
    expect(before).toHaveProperty('price')
    raw(clusterId, asdu.replaceAll(' ', ''))
    expect(display.shown).toEqual(before)
    expect(malformed()).toHaveLength(1)
  })

  it.each([
    ['of a fuel it does not know', { unitOfMeasure: 0x07 }],
    ['under a label too long', { rateLabel: new Uint8Array(13) }],
    ['that does not hold yet', { startTime: 0xffff_fffe }],
  ])('a price %s is refused and counted', (_, wrong) => {
    const { hub, ppmid, display, price, run, malformed } = ppmidBench()
    const answers: unknown[] = []
    hub.request(ppmid, 'Price', 'PublishPrice', { ...price, ...wrong }, outcome => answers.push(outcome))
    run(seconds(5))
    expect(answers).toEqual([{ ok: false, reason: 'default-response', status: Status.INVALID_VALUE }])
    expect(display.shown).toEqual({})
    expect(malformed()).toEqual(['se.notice'])
  })

  it('a message longer than fits a home’s transfers is refused and counted', () => {
    const { hub, ppmid, display, message, run, malformed } = ppmidBench()
    hub.send(ppmid, 'Messaging', 'DisplayMessage', { ...message, message: 'x'.repeat(114) })
    run(seconds(5))
    expect(display.shown).toEqual({})
    expect(malformed()).toEqual(['se.notice'])
  })

  it('confirms a message that asks for it, again while the hub says nothing to it, once it has no more', () => {
    const { hub, ppmid, message, run } = ppmidBench()
    const heard: number[] = []
    let silent = true
    hub.serve('Messaging', {
      commands: {
        MessageConfirmation: ({ messageId }) => {
          heard.push(messageId)
          return silent ? 'later' : Status.SUCCESS
        },
      },
    })
    const tell = (id: number) => {
      hub.send(ppmid, 'Messaging', 'DisplayMessage', { ...message, messageId: id, messageControl: 0x80 })
      run(seconds(20))
    }
    tell(7)
    expect(heard).toEqual([7])
    silent = false
    tell(7)
    expect(heard).toEqual([7, 7])
    tell(7)
    expect(heard).toEqual([7, 7])
    tell(8)
    expect(heard).toEqual([7, 7, 8])
  })
})

test('messages of one second have numbers of their own, over a loss of power too', () => {
  const house = settledHome()
  const texts = ['one', 'two']
  const answers = texts.map(text => house.send(ID.ESME, requestOf('displayMessage', { text, confirm: false })))
  house.run(minutes(1))
  const again = restarted(house)
  const ids = answers.map(answer => answer()?.displayMessage?.messageId ?? 0)
  expect(new Set(ids).size).toBe(2)
  again.run(minutes(3))
  const last = again.ask('displayMessage', ID.ESME, { text: 'three', confirm: false })?.displayMessage?.messageId ?? 0
  expect(last).toBeGreaterThan(Math.max(...ids))
})
