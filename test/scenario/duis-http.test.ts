/** The DUIS door over HTTP: how users ask, and what those who mean harm get. */
import { once } from 'node:events'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { formatEui64 } from '../../src/base/ids.ts'
import { withCrc } from '../../src/crypto/install-code.ts'
import { below, openDoor, readAnswer, requestXml } from '../helpers/duis-door.ts'
import { covered } from '../helpers/service-coverage.ts'

let door: Awaited<ReturnType<typeof openDoor>>
beforeAll(async () => {
  door = await openDoor()
})
afterAll(() => door.close())

const NEW = '00db1234567890b9'
const whitelist = (what: 'Add' | 'Remove') =>
  `<UpdateHANDeviceLog><DeviceID>${formatEui64(NEW)}</DeviceID><RequestType>${what}</RequestType>${
    what === 'Add'
      ? `<AddDeviceToCHFWhitelist><JoinTimePeriod>60</JoinTimePeriod><InstallCode>${Buffer.from(withCrc(new Uint8Array(16).fill(7))).toString('hex')}</InstallCode></AddDeviceToCHFWhitelist>`
      : ''
  }</UpdateHANDeviceLog>`
const registers = () =>
  requestXml('4.1.1', door.id('ESME'), '<ReadInstantaneousImportRegisters/>', { counter: door.nextCounter() })
const next = async (after: number, wait = 0) => {
  const reply = await fetch(`${door.url}messages?after=${after}&wait=${wait}`)
  return { status: reply.status, number: Number(reply.headers.get('S1rig-Message')), text: await reply.text() }
}

describe('a user', () => {
  it('changes the device log of a hub, and hears of it: an acknowledgement, then the answer and the alert', async () => {
    for (let known = 0; (await next(known)).status === 200; ) known = (await next(known)).number
    let seen = (await next(0)).number || 0
    const { status, answer } = await door.ask('8.11', door.id('CHF'), whitelist('Add'), { query: '' })
    expect([status, answer.code]).toEqual([200, 'I99'])
    const heard: string[] = []
    await vi.waitFor(
      async () => {
        for (let one = await next(seen, 1); one.status === 200; one = await next(seen)) {
          seen = one.number
          heard.push(one.text)
        }
        expect(heard.some(text => text.includes('GBCSHexAlertCode>8F12'))).toBe(true)
        expect(heard.some(text => text.includes('UpdateHANDeviceLogRsp'))).toBe(true)
      },
      { timeout: 20_000 },
    )
    covered('8.11', 'CHF', 'I0')
    const log = await door.ask('8.9', door.id('CHF'), '<ReadDeviceLog/>')
    expect(log.text).toContain(formatEui64(NEW))
    covered('8.9', 'CHF', 'I0')
    const removed = await door.ask('8.11', door.id('CHF'), whitelist('Remove'))
    expect(removed.text).not.toContain(`<sr:DeviceId>${formatEui64(NEW)}`)
  })

  it('is told what a meter says, by whom and when', async () => {
    const { answer } = await door.ask('4.1.1', door.id('ESME'), '<ReadInstantaneousImportRegisters/>')
    expect(answer.code).toBe('I0')
    expect(Number(below(answer.result, 'ActiveImport')?.text)).toBeGreaterThanOrEqual(0)
    expect(below(answer.result, 'Source')?.text).toBe('DEVICE')
  })

  it('asks the inventory about a device', async () => {
    const body = `<ReadInventory><DeviceID>${formatEui64(door.id('ESME'))}</DeviceID></ReadInventory>`
    const { answer, text } = await door.ask('8.2', door.id('ESME'), body, { commandVariant: 8 })
    expect(answer.code).toBe('I0')
    expect(text).toMatch(/<sr:DeviceType>ESME<[\s\S]*<sr:Hub>|<sr:DeviceType>ESME</)
    covered('8.2', 'ESME', 'I0')
    const other = await door.ask('8.2', NEW, body.replace(/00-DB[-\w]+/, formatEui64(NEW)), { commandVariant: 8 })
    expect(other.answer.code).toBe('E19')
    covered('8.2', 'gone', 'E19')
  })

  it('gets E19 for a device that is not there, E11 for one of the wrong kind', async () => {
    const gone = await door.ask('4.1.1', NEW, '<ReadInstantaneousImportRegisters/>')
    expect(gone.answer.code).toBe('E19')
    covered('4.1.1', 'gone', 'E19')
    const hub = await door.ask('4.1.1', door.id('CHF'), '<ReadInstantaneousImportRegisters/>')
    expect(hub.answer).toMatchObject({ code: 'E11', debug: ['1 11 E11: 4.1.1 is not for a CHF'] })
    covered('4.1.1', 'CHF', 'E11')
  })
})

describe('what is no request is refused', () => {
  const post = (init: RequestInit, path = '') => fetch(`${door.url}${path}`, { method: 'POST', ...init })
  const xml = { 'Content-Type': 'application/xml' }

  it.each(['GET', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])('%s with 405', async method => {
    const reply = await fetch(door.url, { method })
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST'])
  })
  it('a path nobody has with 404', async () => {
    expect((await post({ body: '', headers: xml }, 'duis')).status).toBe(404)
    expect((await post({ body: '', headers: xml }, '../../etc/passwd')).status).toBe(404)
    expect((await fetch(`${door.url}messages`, { method: 'POST' })).status).toBe(405)
  })
  it.each(['text/plain', 'application/json', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x'])(
    '%s with 415',
    async type => {
      expect((await post({ body: registers(), headers: { 'Content-Type': type } })).status).toBe(415)
    },
  )
  it.each(['wait=-1', 'wait=1e9', 'wait=301', 'wait=x'])('the query %s with 400', async query => {
    expect((await post({ body: registers(), headers: xml }, `?${query}`)).status).toBe(400)
  })
  it('XML that is none with 400, and where it went wrong', async () => {
    const reply = await post({ body: '<Request>', headers: xml })
    expect([reply.status, reply.headers.get('content-type')]).toEqual([400, 'application/problem+json; charset=utf-8'])
    expect(await reply.json()).toMatchObject({ code: 'duis.malformed', line: 1 })
  })
  it('a document type with 400, deep and long documents with 413', async () => {
    expect((await post({ body: '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', headers: xml })).status).toBe(400)
    expect((await post({ body: '<a>'.repeat(1_000), headers: xml })).status).toBe(413)
    const stream = new ReadableStream({
      start: controller => controller.enqueue(Buffer.from('<a>')),
      pull: controller => controller.enqueue(Buffer.alloc(1024 * 1024, 'x')),
    })
    const endless = await post({ body: stream, headers: xml, duplex: 'half' } as RequestInit).then(
      reply => reply.status,
      () => 'ended',
    )
    expect([413, 'ended']).toContain(endless)
  })
  it('what says it is too long before it is sent', async () => {
    const said = await raw(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 99999999\r\n\r\n`)
    expect(said).toMatch(/^HTTP\/1.1 413 /)
  })
  it('headers without end', async () => {
    const said = await raw(`POST / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`)
    expect(said).toMatch(/^HTTP\/1.1 431 /)
  })
  it('what is no HTTP', async () => {
    expect(await raw('\x16\x03\x01\x02\x00\x01\x00\r\n\r\n')).toMatch(/^HTTP\/1.1 400 |^$/)
  })
  it('what is packed: nothing is unpacked here', async () => {
    const body = gzipSync(registers())
    expect((await post({ body, headers: { ...xml, 'Content-Encoding': 'gzip' } })).status).toBe(400)
  })
})

describe('the door is not kept from others', () => {
  it('by many who ask at once', async () => {
    const replies = await Promise.all(Array.from({ length: 40 }, () => door.post(registers(), '?wait=60')))
    const codes = replies.map(({ status, text }) => (status === 200 ? readAnswer(text).code : status))
    // A hub has sixteen requests in work at most, the door reads eight documents at once; whoever is told so comes again.
    expect(codes.filter(code => !['I0', 503].includes(code))).toEqual([])
    expect(codes).toContain('I0')
  })

  it('by those who connect and say nothing', async () => {
    const { hostname, port } = new URL(door.url)
    const sockets = Array.from({ length: 80 }, () => connect(Number(port), hostname))
    const ended = sockets.map(socket =>
      once(
        socket.on('error', () => {}),
        'close',
      ),
    )
    // Those beyond the bound are turned away.
    await Promise.all(Array.from({ length: 10 }, () => Promise.race(ended)))
    for (const socket of sockets) socket.destroy()
    await Promise.all(ended)
    expect((await door.post(registers(), '?wait=60')).status).toBe(200)
  })

  it('by one who sends half a request', async () => {
    const { hostname, port } = new URL(door.url)
    const socket = connect(Number(port), hostname)
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml\r\nContent-Length: 1000\r\n\r\n<Request')
    expect((await door.post(registers(), '?wait=60')).status).toBe(200)
    socket.destroy()
  })
})

describe('without an answer', () => {
  it('of the meter a request is E21', async () => {
    door.rig.installations[0]?.han.silence(door.id('ESME'))
    const { answer } = await door.ask('4.1.1', door.id('ESME'), '<ReadInstantaneousImportRegisters/>')
    expect(answer).toMatchObject({ code: 'E21', result: undefined })
    covered('4.1.1', 'ESME', 'E21')
  })

  it('of the hub a request is E20: its SIM is suspended, and it is off the SM WAN', async () => {
    const login = door.chosen.login('dcc')
    const dcc = await door.chosen.broker.connect({ clientId: 'test-dcc', ...(login && { login }) })
    const [one] = door.rig.installations
    const order = { transactionId: 'test-1', imsi: one?.record.sim.imsi }
    await dcc.publish('csp/request/sim.suspend', Buffer.from(JSON.stringify(order)))
    await vi.waitFor(
      async () => {
        const { answer } = await door.ask('11.2', door.id('CHF'), '<ReadFirmwareVersion/>')
        expect(answer.code).toBe('E20')
      },
      { timeout: 10_000 },
    )
    covered('11.2', 'CHF', 'E20')
    await dcc.end()
  })
})

/** Sends octets as they are; what comes back until the end. */
async function raw(text: string): Promise<string> {
  const { hostname, port } = new URL(door.url)
  const socket = connect(Number(port), hostname)
  let said = ''
  socket.on('data', octets => {
    said += octets
  })
  socket.on('error', () => {})
  socket.write(text)
  await Promise.race([once(socket, 'close'), vi.waitFor(() => expect(said).toContain('\r\n\r\n'), 10_000)])
  socket.destroy()
  return said
}
