/** Parties speak to ports of a real hub through the broker: to those that the rig names, where the operator lets them, and no further. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { parse, stringify } from 'yaml'
import type { RawLimits } from '../../src/links/raw-port.ts'
import { RawTunnels } from '../../src/rig/raw/raw-tunnels.ts'
import { loginOf, type Role } from '../../src/wan/broker/access.ts'
import { mqttBroker } from '../../src/wan/broker/mqtt-broker.ts'
import { SimPlatform } from '../../src/wan/sim-platform.ts'
import { start } from '../helpers/cli.ts'
import { inMemory, temporaryFolder } from '../helpers/migration.ts'
import { observedBroker } from '../helpers/observed-broker.ts'

/** However busy the machine is. */
const until = (holds: () => void) => vi.waitFor(holds, 15_000)

const IMSI = '234100123456781'
const AT = 'wan/newcastle/10.20.0.11/raw'

/** A hub's TCP port that answers each octet string in capitals; what it did, in order. */
async function tcpHub() {
  const log: string[] = []
  const sockets: Socket[] = []
  const server = createServer(socket => {
    sockets.push(socket)
    log.push('connected')
    socket.on('data', octets => {
      log.push(`${octets}`)
      socket.write(`${octets}`.toUpperCase())
    })
    socket.on('close', () => log.push('closed'))
    socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { log, sockets, to: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function udpHub() {
  const socket = createSocket('udp4')
  socket.on('message', (octets, { port, address }) => socket.send(`${octets}`.toUpperCase(), port, address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  onTestFinished(() => void socket.close())
  return { to: `udp://127.0.0.1:${socket.address().port}`, stranger: socket }
}

/** Raw ports of one real hub at a broker with the rules of the parties. */
async function tunnels(
  ports: Record<string, string>,
  { plan = 'newcastle-only', ...limits }: Partial<RawLimits> & { plan?: string } = {},
) {
  const { broker, choice, heard, refusals } = await observedBroker()
  const logins = choice.logins ?? {}
  const plans = { 'newcastle-only': ['newcastle'], both: ['newcastle', 'elster'], 'elster-only': ['elster'] }
  const sims = new SimPlatform({ plans, allocate: () => undefined })
  const sim = { imsi: IMSI, iccid: '8944110012345678901', msisdn: '447700900121', account: 'one', plan }
  sims.add({ ...sim, addresses: { newcastle: '10.20.0.11', elster: '10.60.0.11' } })
  const raw = Object.entries(ports).map(([name, to]) => ({ name, to }))
  const problems: string[] = []
  const made = new RawTunnels({
    ...{
      broker: mqttBroker(broker.url),
      login: loginOf(logins as Parameters<typeof loginOf>[0], 'gateway'),
      name: 'test',
    },
    installations: [{ id: 'home-1', sim: { ...sim, addresses: {}, staticAddress: {} }, raw }],
    ...{ sims, limits, onProblem: (text: string) => problems.push(text) },
  })
  await made.start()
  onTestFinished(() => made.stop())
  const as = async (role: Role) => {
    const login = loginOf(logins as Parameters<typeof loginOf>[0], role)
    const client = await mqttBroker(broker.url).connect({ clientId: `test-${role}`, login })
    onTestFinished(() => client.end())
    return (topic: string, octets: Uint8Array | string) => client.publish(topic, Buffer.from(octets))
  }
  const said = (leaf: string) =>
    heard.filter(({ topic }) => topic.endsWith(`/${leaf}`)).map(({ payload }) => Buffer.from(payload).toString())
  const states = () =>
    said('state').map(text => {
      const { state, reason } = JSON.parse(text)
      return reason === undefined ? state : `${state}: ${reason}`
    })
  return { broker, made, sims, as, said, states, problems, refusals }
}

test('octets go to the TCP port and come back, over one connection', async () => {
  const hub = await tcpHub()
  const { as, said, states } = await tunnels({ dlms: hub.to })
  const send = await as('smso')
  await send(`${AT}/dlms/down`, 'one')
  await until(() => expect(said('up').join('')).toBe('ONE'))
  await send(`${AT}/dlms/down`, 'two')
  await until(() => expect(said('up').join('')).toBe('ONETWO'))
  expect([hub.log, states()]).toEqual([['connected', 'one', 'two'], ['open']])
})

test('datagrams go to the UDP port and come back, and nobody else is heard', async () => {
  const hub = await udpHub()
  const { as, said } = await tunnels({ trap: hub.to })
  const seen = once(hub.stranger, 'message')
  await (await as('smso'))(`${AT}/trap/down`, 'one')
  const [, { port }] = await seen
  const stranger = createSocket('udp4')
  onTestFinished(() => void stranger.close())
  await new Promise(resolve => stranger.send('from elsewhere', port, '127.0.0.1', resolve))
  await (await as('smso'))(`${AT}/trap/down`, 'two')
  await until(() => expect(said('up')).toEqual(['ONE', 'TWO']))
})

test('a port where nobody listens is told, and what the hub closes is told', async () => {
  const hub = await tcpHub()
  const { as, states } = await tunnels({ dlms: hub.to, gone: 'tcp://127.0.0.1:1' }, { againMs: 600_000 })
  const send = await as('smso')
  await send(`${AT}/gone/down`, 'one')
  await until(() => expect(states()).toEqual([expect.stringMatching(/^closed: .*ECONNREFUSED/)]))
  // It is not tried again at once.
  await send(`${AT}/gone/down`, 'two')
  await until(() => expect(states()[1]).toBe('refused: unreachable'))
  await send(`${AT}/dlms/down`, '')
  await until(() => expect(states()[2]).toBe('open'))
  await until(() => expect(hub.sockets).toHaveLength(1))
  hub.sockets[0]?.end()
  await until(() => expect(states()[3]).toBe('closed: the other side has closed the connection'))
})

test('a UDP port where nobody listens is told', async () => {
  const { as, states } = await tunnels({ trap: 'udp://127.0.0.1:1' })
  await (await as('smso'))(`${AT}/trap/down`, 'one')
  await until(() => expect(states()).toEqual(['open', expect.stringMatching(/^closed: .*ECONNREFUSED/)]))
})

test('nothing but a port that the rig names is reached, at no address but the hub’s', async () => {
  const hub = await tcpHub()
  const { as, made, problems } = await tunnels({ dlms: hub.to })
  const send = await as('smso')
  const wrong = [`${AT}/other/down`, `${AT}/127.0.0.1:22/down`, 'wan/newcastle/10.20.0.99/raw/dlms/down']
  for (const topic of wrong) await send(topic, 'one')
  await until(() => expect(made.unknownPorts).toBe(3))
  expect(problems).toEqual(wrong.map(topic => `${topic}: the rig names no such port; 3 octets dropped`))
  expect(hub.log).toEqual([])
})

test('a party speaks on its own access point alone, and only while the operator lets the SIM be there', async () => {
  const hub = await tcpHub()
  const { as, sims, states, refusals } = await tunnels({ dlms: hub.to })
  await (await as('s1sp'))(`${AT}/dlms/down`, 'one')
  expect(refusals).toMatchObject([{ username: 's1sp', action: 'publish', topic: `${AT}/dlms/down` }])
  await (await as('s1sp'))('wan/elster/10.60.0.11/raw/dlms/down', 'two')
  await until(() => expect(states()).toEqual(['refused: not-admitted']))
  const send = await as('smso')
  await send(`${AT}/dlms/down`, 'three')
  await until(() => expect(hub.log).toEqual(['connected', 'three']))
  sims.handle('plan.set', { imsi: IMSI, plan: 'elster-only' })
  await send(`${AT}/dlms/down`, 'four')
  await until(() => expect(hub.log).toEqual(['connected', 'three', 'closed']))
})

test('who speaks to the hub from its new address ends the connection from the old one', async () => {
  const hub = await tcpHub()
  const { as, states } = await tunnels({ dlms: hub.to }, { plan: 'both' })
  await (await as('smso'))(`${AT}/dlms/down`, 'one')
  await until(() => expect(hub.log).toEqual(['connected', 'one']))
  await (await as('s1sp'))('wan/elster/10.60.0.11/raw/dlms/down', 'two')
  await until(() => expect(hub.log.toSorted()).toEqual(['closed', 'connected', 'connected', 'one', 'two']))
  expect(states()).toContain('closed: the hub is spoken to at another address')
})

test('what is too long or too much at once is refused, and told without a flood', async () => {
  const hub = await tcpHub()
  const { as, states, said } = await tunnels({ dlms: hub.to }, { octetsPerS: 20_000 })
  const send = await as('smso')
  await send(`${AT}/dlms/down`, Buffer.alloc(16_385))
  await until(() => expect(states()).toEqual(['refused: oversized']))
  const chunk = Buffer.alloc(16_000, 0x61)
  await Promise.all(Array.from({ length: 40 }, () => send(`${AT}/dlms/down`, chunk)))
  await until(() => expect(hub.log.filter(line => line !== 'connected').join('').length).toBeGreaterThan(15_999))
  // They would take half a minute.
  expect(hub.log.join('').length).toBeLessThan(40 * 16_000)
  expect(said('state').length).toBeLessThan(30)
})

test('when the broker is lost the connection ends: a stream with a gap is none', async () => {
  const hub = await tcpHub()
  const { as, broker, states } = await tunnels({ dlms: hub.to })
  await (await as('smso'))(`${AT}/dlms/down`, 'one')
  await until(() => expect(hub.log).toEqual(['connected', 'one']))
  await broker.restart()
  await until(() => expect(hub.log).toEqual(['connected', 'one', 'closed']))
  await until(() => expect(states()).toContain('closed: the broker was lost'))
})

test('a rig that is up opens the ports of its real hub, and says which it does not have', async () => {
  const hub = await tcpHub()
  const rig = inMemory()
  const written = parse(readFileSync(rig, 'utf8'))
  for (const device of written.installations[0].devices) if (device.type !== 'GPF') device.kind = 'real'
  delete written.installations[0].han.kind
  written.installations[0].raw = [{ name: 'dlms', to: hub.to, loopback: true }]
  writeFileSync(rig, stringify(written))
  const logins = join(temporaryFolder(), 'logins.json')
  const daemon = start(['up', rig, '--mqtt-port', '0', '--logins', logins])
  const [, url = ''] = await daemon.says(/broker (mqtt:\S+),/)
  await daemon.says(/^up; /m)
  const heard: string[] = []
  const login = { username: 'smso', password: JSON.parse(readFileSync(logins, 'utf8')).smso }
  const client = await mqttBroker(url).connect({
    ...{ clientId: 'test-smso', login },
    onMessage: ({ payload }) => heard.push(Buffer.from(payload).toString()),
  })
  onTestFinished(() => client.end())
  await client.subscribe('wan/newcastle/+/raw/+/up')
  await client.publish(`${AT}/dlms/down`, Buffer.from('hello'))
  await until(() => expect(heard).toEqual(['HELLO']))
  await client.publish(`${AT}/ssh/down`, Buffer.from('hello'))
  await daemon.says(/raw\/ssh\/down: the rig names no such port; 5 octets dropped/)
})
