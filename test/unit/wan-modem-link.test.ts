/** A hub's line to the packet gateway by a real modem: two networks have to let it on, the modem's and the gateway's. */
import { expect, test } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { AtModem } from '../../src/host/modem/at-modem.ts'
import { HubAttachment } from '../../src/wan/hub-attachment.ts'
import { HubSession } from '../../src/wan/hub-session.ts'
import { PacketGateway } from '../../src/wan/packet-gateway.ts'
import { SimPlatform } from '../../src/wan/sim-platform.ts'
import { IMSI, MSISDN, modemWorld } from '../helpers/modem-bench.ts'

const OTHER = '234100123456799'
const plans = { newcastle: ['newcastle'], elster: ['elster'], both: ['newcastle', 'elster'] }

/** The modem's network lets it on newcastle and elster; that of the gateway as `plan` says. */
function hub({ plan = 'both', address = '10.20.0.11' } = {}) {
  const world = modemWorld({ plan: 'both' })
  const { kernel, events, run } = world
  world.sims.handle('address.allocate', { imsi: IMSI, apn: 'elster' })
  const modem = new AtModem({ link: world.line.host, timers: kernel })
  const sims = new SimPlatform({ plans, allocate: () => undefined })
  const sim = { iccid: '8944110012345678901', msisdn: '447700900121', account: 'one', plan }
  sims.add({ ...sim, imsi: IMSI, addresses: { newcastle: address, elster: '10.60.0.10' } })
  const notices: string[] = []
  const sent: string[] = []
  const gateway = new PacketGateway({
    sims,
    outlet: {
      up: ({ apn, ip }, octets) => sent.push(`${apn} ${ip} ${octets}`),
      session: ({ apn, ip }, state) => notices.push(`${apn} ${ip} ${state}`),
    },
  })
  const trace = { emit: (event: (typeof events)[number]) => void events.push(event) }
  const of = { installation: 'one', hub: 'hub', timers: kernel, trace, attachUs: seconds(8) }
  const link = gateway.link({ ...of, imsi: IMSI, modem })
  const heard: string[] = []
  const attachment = new HubAttachment({
    ...{ link, timers: kernel, trace, memory: { apn: 'newcastle' }, onAttached: () => {} },
    settings: { attachAttempts: 2, attachRetryUs: minutes(60), apnFallback: true, detachUs: seconds(1) },
    onMessage: octets => heard.push(`${octets}`),
  })
  run(seconds(30))
  attachment.start()
  run(minutes(1))
  return { ...world, near: sims, host: modem, gateway, link, attachment, notices, sent, heard, plain: { ...sim, of } }
}

test('its session is at the address that the modem was given, and payload goes beside the modem', () => {
  const { attachment, gateway, notices, sent, heard, wan } = hub()
  expect([notices, wan.session]).toEqual([['newcastle 10.20.0.11 up'], { apn: 'newcastle', ip: '10.20.0.11' }])
  expect(attachment.send(Uint8Array.of(7))).toBe(true)
  gateway.down('newcastle', '10.20.0.11', Uint8Array.of(8))
  expect([sent, heard]).toEqual([['newcastle 10.20.0.11 7'], ['8']])
})

test('a move to another access point is one of the modem', () => {
  const { attachment, notices, wan, run } = hub()
  attachment.moveTo('elster')
  run(minutes(1))
  expect([attachment.apn, wan.session?.apn]).toEqual(['elster', 'elster'])
  expect(notices).toEqual(['newcastle 10.20.0.11 up', 'newcastle 10.20.0.11 down', 'elster 10.60.0.10 up'])
})

test('what the plan of the gateway does not allow is refused, and the modem lets go', () => {
  const { attachment, notices, wan, events } = hub({ plan: 'elster' })
  expect([attachment.apn, wan.session, notices]).toEqual([undefined, undefined, []])
  expect(events).toContainEqual({ kind: 'wan.attach-refused', apn: 'newcastle', reason: 'plan' })
})

test('an order to the operator ends the session of the modem too', () => {
  const { near, attachment, wan, run } = hub()
  near.handle('sim.suspend', { imsi: IMSI })
  run(seconds(30))
  expect([attachment.apn, wan.session]).toEqual([undefined, undefined])
})

test('an address that the books do not have is what it is', () => {
  const { notices } = hub({ address: '10.99.0.1' })
  expect(notices).toEqual(['newcastle 10.20.0.11 up'])
})

test("an address that is another SIM's is refused", () => {
  const { near, attachment, wan, run, plain } = hub({ address: '10.99.0.1' })
  const { of: _, ...sim } = plain
  attachment.rest()
  near.add({ ...sim, imsi: OTHER, msisdn: '447700900122', addresses: { newcastle: '10.20.0.11' } })
  attachment.start()
  run(minutes(1))
  expect([attachment.apn, wan.session]).toEqual([undefined, undefined])
})

test('when the line is back the hub attaches at once, however long it would wait', () => {
  const { line, attachment, run, notices } = hub()
  line.cut('pulled')
  run(seconds(10))
  expect(attachment.apn).toBeUndefined()
  line.mend()
  run(seconds(30))
  expect(attachment.apn).toBe('newcastle')
  expect(notices.slice(1)).toEqual(['newcastle 10.20.0.11 down', 'newcastle 10.20.0.11 up'])
})

test('without coverage of its own it is not attached, and is as soon as it has some', () => {
  const { link, attachment, wan, run } = hub()
  link.setCoverage(false)
  run(seconds(30))
  expect([attachment.apn, wan.session, link.standing, link.signalDbm]).toEqual([
    ...[undefined, undefined],
    ...['no-coverage', undefined],
  ])
  link.setCoverage(true)
  run(seconds(30))
  expect([attachment.apn, wan.session?.apn]).toEqual(['newcastle', 'newcastle'])
})

test('a hub that sleeps is woken by short messages that arrive at its modem', () => {
  const { kernel, link, attachment, host, centre, wan, events, run } = hub()
  attachment.rest()
  const session = new HubSession({
    ...{ hub: '00db1234567890a1', link, clock: kernel, timers: kernel, trace: { emit: e => void events.push(e) } },
    memory: { apn: 'newcastle', keys: [], counters: [], ownCounter: 0 },
    settings: { attachAttempts: 2, attachRetryUs: minutes(1), apnFallback: true, detachUs: seconds(1) },
    sleep: { wakeMessages: 2, windowUs: minutes(5), afterUs: minutes(5) },
    sms: { listen: take => host.messages.listen(take) },
    ...{ operators: {}, onRequest: () => {} },
  })
  session.start()
  run(minutes(1))
  expect(wan.session?.apn).toBe('newcastle')
  run(minutes(5))
  expect(wan.session).toBeUndefined()
  const submit = () => centre.submit({ from: '447700900001', to: MSISDN, text: 'wake up' })
  submit()
  run(minutes(1))
  expect(wan.session).toBeUndefined()
  submit()
  run(minutes(1))
  expect(wan.session?.apn).toBe('newcastle')
})
