/** `s1rig dongle`: what cannot be carried out as written, what people are told, and how it ends. */
import { once } from 'node:events'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { inProcess, s1rig, start } from '../helpers/cli.ts'
import { DUAL_FUEL, home, inMemory, temporaryFolder, writeRig } from '../helpers/migration.ts'

const SPINEL = ['--protocol', 'spinel', '--listen', 'tcp://127.0.0.1:0']

const refused: [what: string, args: string[], says: RegExp][] = [
  ['no protocol', [DUAL_FUEL], /required option '--protocol <protocol>' not specified/],
  ['an unknown protocol', [DUAL_FUEL, '--protocol', 'deconz'], /Allowed choices are .*spinel/],
  [
    'a line of another kind',
    [DUAL_FUEL, '--protocol', 'spinel', '--listen', 'serial:/dev/ttyUSB0'],
    /tcp:\/\/HOST:PORT or pty:\/PATH expected/,
  ],
  ['a port beyond the last', [DUAL_FUEL, '--protocol', 'spinel', '--listen', 'tcp://127.0.0.1:99999'], /99999/],
  [
    'a clock of no kind',
    [DUAL_FUEL, ...SPINEL, '--clock', 'virtual'],
    /clock "virtual": prompt, real or xN .* expected/,
  ],
  [
    'an unknown installation',
    [DUAL_FUEL, ...SPINEL, '--installation', 'home-9'],
    /installation "home-9": one of home-1 expected/,
  ],
  ['a home with real parts', ['rigs/bench-cb.yaml', ...SPINEL], /it has real parts, on real air/],
  [
    'Smart Energy through a coordinator stick',
    [DUAL_FUEL, '--protocol', 'ezsp', '--application', 'smart-energy'],
    /a stick of ezsp brings no keys for it/,
  ],
  [
    'Smart Energy that has joined',
    [DUAL_FUEL, ...SPINEL, '--application', 'smart-energy', '--joined'],
    /--joined: for --application home-automation only/,
  ],
  ['a rig that is not there', ['rigs/none.yaml', ...SPINEL], /rigs\/none\.yaml/],
]

describe('refused with code 4 and one clear message', () => {
  test.for(refused)('%s', async ([, args, says]) => {
    const { code, stdout, stderr } = await inProcess(['dongle', ...args])
    expect(stderr).toMatch(says)
    expect([code, stdout]).toEqual([4, ''])
  })

  test('several homes, and none named', async () => {
    const rig = writeRig([home('a', 1), home('b', 2)])
    const { code, stderr } = await inProcess(['dongle', rig, ...SPINEL])
    expect(stderr).toMatch(/the rig has several installations: --installation with one of a, b expected/)
    expect(code).toBe(4)
  })

  test('a HAN in memory', async () => {
    const { code, stderr } = await inProcess(['dongle', inMemory(), ...SPINEL])
    expect(stderr).toMatch(/its HAN is in memory \(kind: aps\); a stick needs one on the air/)
    expect(code).toBe(4)
  })

  test('a port in use', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const listen = `tcp://127.0.0.1:${port}`
    const { code, stderr } = await s1rig(['dongle', DUAL_FUEL, '--protocol', 'spinel', '--listen', listen])
    expect(stderr).toMatch(/^s1rig: cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/m)
    expect(code).toBe(4)
  })

  test('a pseudo terminal that cannot be made, and one at a path that is taken', async () => {
    const folder = temporaryFolder()
    const pty = ['dongle', DUAL_FUEL, '--protocol', 'spinel', '--listen', `pty:${join(folder, 'stick')}`]
    const without = await s1rig(pty, { env: { PATH: folder } })
    expect(without.stderr).toMatch(/no pseudo terminal can be made here \(spawn stty ENOENT\)/)
    writeFileSync(join(folder, 'stick'), '')
    const taken = await s1rig(pty)
    expect(taken.stderr).toMatch(/there is something at that path already/)
    expect([without.code, taken.code]).toEqual([4, 4])
  })

  test('captures that would replace others', async () => {
    const out = temporaryFolder()
    mkdirSync(out, { recursive: true })
    writeFileSync(join(out, 'han-home-1.pcap'), '')
    const { code, stderr } = await s1rig(['dongle', DUAL_FUEL, ...SPINEL, '--out', out])
    expect(stderr).toMatch(/there is a file of that name; choose another directory/)
    expect(code).toBe(4)
  })

  test('a state of another stick, and one that another daemon has', async () => {
    const state = temporaryFolder()
    const first = start(['dongle', DUAL_FUEL, ...SPINEL, '--state', state])
    await first.says(/Ctrl-C stops/)
    const second = await s1rig(['dongle', DUAL_FUEL, ...SPINEL, '--state', state])
    expect(second.stderr).toMatch(/in use by another process/)
    first.child.kill('SIGTERM')
    expect((await first.ended).code).toBe(0)
    const other = await s1rig([
      'dongle',
      DUAL_FUEL,
      '--protocol',
      'ezsp',
      '--listen',
      'tcp://127.0.0.1:0',
      '--state',
      state,
    ])
    expect(other.stderr).toMatch(/--state: of protocol "spinel"; "ezsp" expected: choose another folder/)
    expect([second.code, other.code]).toEqual([4, 4])
  })
})

test('people are told what to type and who waits; SIGINT ends it with code 0, captures and keys whole', async () => {
  const out = temporaryFolder()
  const running = start(['dongle', 'rigs/cb-seven-devices.yaml', ...SPINEL, '--out', out])
  await running.says(/Ctrl-C stops/)
  running.child.kill('SIGINT')
  const { code, stdout } = await running.ended
  expect(stdout).toMatch(/^seed 1\nspinel stick on (tcp:\/\/127\.0\.0\.1:\d+)\n/)
  expect(stdout).toMatch(/zigbee-herdsman: serialPort: \{ path: 'tcp:\/\/127\.0\.0\.1:\d+', adapter: 'zoh' \}/)
  expect(stdout).toMatch(/zigbee2mqtt: +serial: \{ port: tcp:\/\/127\.0\.0\.1:\d+, adapter: zoh \}/)
  expect(stdout).toMatch(
    /esme 00db1234567890a3 waits to join \(well-known key; its install code 83fed3407a939723a5c639b26916d505/,
  )
  expect(stdout.match(/waits to join/g)).toHaveLength(5)
  expect(code).toBe(0)
  expect(readdirSync(out).toSorted()).toEqual(['han-home-1.pcap', 'zigbee_pc_keys'])
  expect(readFileSync(join(out, 'zigbee_pc_keys'), 'utf8')).toContain('well-known link key')
})

test('as JSON: one line, with what a host of a home that has joined is configured with', async () => {
  const running = start(['dongle', DUAL_FUEL, ...SPINEL, '--joined', '--json', '--seed', 'a'])
  const [line] = await running.says(/^\{"type":"dongle".*\}$/m)
  expect(JSON.parse(line)).toMatchObject({
    ...{ protocol: 'spinel', installation: 'home-1', application: 'home-automation', joined: true },
    serial: { adapter: 'zoh' },
    network: { panId: 0x1a62, channel: 15 },
  })
  expect(JSON.parse(line).network.networkKey).toHaveLength(16)
  running.child.kill('SIGTERM')
  expect((await running.ended).code).toBe(0)
})

test("the README's line opens the stick that zigbee2mqtt is told of there", async () => {
  const readme = readFileSync('README.md', 'utf8')
  const [, line = ''] = /<!-- dongle -->\n```sh\nnpm run -s s1rig -- (.*)\n```/.exec(readme) ?? []
  const running = start(line.replace(/:\d+$/, ':0').split(' '))
  await running.says(/Ctrl-C stops/)
  running.child.kill('SIGINT')
  const { code, stdout } = await running.ended
  const [, adapter = ''] = /zigbee2mqtt: +serial: \{ port: \S+, adapter: (\w+) \}/.exec(stdout) ?? []
  expect(readme).toContain(`\`serial: { port: ${line.split(' ').at(-1)}, adapter: ${adapter} }\``)
  expect(code).toBe(0)
})
