/** What the doctor says of each state of a bench. Sticks are at the other end of TCP lines. */
import { chmodSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SpinelDongle } from '../../src/dongle/spinel/spinel-dongle.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { tcpListener } from '../../src/links/tcp.ts'
import type { Rig, RigStick } from '../../src/profiles/rig.ts'
import { Air } from '../../src/radio/air.ts'
import { examine } from '../../src/rig/doctor/examine.ts'
import { remedyFor } from '../../src/rig/doctor/remedies.ts'
import { ezsp } from '../../src/rig/dongles/ezsp.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { coordinatorHardware } from '../helpers/bench.ts'
import { inProcess } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { homeWithModem, modemLine } from '../helpers/modem-rig.ts'

const BENCH = 'rigs/bench-cb.yaml'
const QUICK = { lineMs: 2_000, radioMs: 2_000, coordinatorMs: 200, modemMs: 2_000 }

const stick = (changes: Partial<RigStick>): RigStick => ({
  ...{ id: 'rcp', driver: 'spinel', link: 'tcp://127.0.0.1:1', carries: 'hub' },
  ...changes,
})
/** The bench with this one stick, and its devices or none. */
function bench(one: Partial<RigStick>, devices = false): Pick<Rig, 'installations'> {
  const [home] = prepare({ rigFile: BENCH }).rig.installations
  if (!home) throw new Error('no installation')
  const { chf, gpf, esme } = home.devices
  const emulated = { chf, gpf, esme: { ...esme, kind: 'emulated' as const } }
  return { installations: [{ ...home, devices: devices ? home.devices : emulated, sticks: [stick(one)] }] }
}

/** A stick at `tcp://…` that answers what it is asked, octets as hex. */
async function answering(answers: Record<string, string>): Promise<string> {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.on('data', octets => {
      const asked = octets.toString('hex')
      for (const [question, answer] of Object.entries(answers)) {
        if (asked.includes(question)) socket.write(Buffer.from(answer, 'hex'))
      }
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return `tcp://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`
}
// RST and RSTACK as UG101 prints them; SYS_PING, SYS_VERSION and their answers as the Monitor and Test API has them.
const EZSP = { c038bc7e: 'c1020b0a527e' }
const ZNP = { fe00210120: 'fe02610179051e', fe00210223: 'fe0961020201020701bbd7340134' }

const ZSTACK = 'a Z-Stack co-processor, product 1, 2.7.1, revision 20240315'

describe('the doctor', () => {
  it('tells firmware and address of an RCP that answers', async () => {
    const { link, close } = await rcp()
    onTestFinished(close)
    const [found] = await examine(bench({ link }), QUICK)
    expect(found).toMatchObject({ part: 'stick rcp', verdict: 'there', what: `spinel ${link} carries hub` })
    expect(found?.found).toMatch(/, 00db12345678ffff$/)
  })

  it('tells protocol and stack of an EZSP co-processor that answers', async () => {
    const rig = prepare({ rigFile: await coordinatorHardware(ezsp) }).rig
    const [found] = await examine(rig, { ...QUICK, coordinatorMs: 2_000 })
    expect(found).toMatchObject({ part: 'stick stick', verdict: 'there' })
    expect(found?.found).toMatch(/^an EZSP co-processor, protocol 1[34], EmberZNet \d\.\d\.\d\.\d$/)
  })

  it('names the firmware that answered where no RCP did, and the driver for it', async () => {
    const [ezsp] = await examine(bench({ link: await answering(EZSP) }), { ...QUICK, radioMs: 200 })
    expect(ezsp).toMatchObject({
      verdict: 'absent',
      found: 'an EZSP co-processor answers, no RCP',
      todo: expect.stringContaining('driver: ember'),
    })
    const [znp] = await examine(bench({ link: await answering(ZNP) }), { ...QUICK, radioMs: 200 })
    expect(znp?.found).toBe(`${ZSTACK} answers, no RCP`)
  })

  it('says so when nobody answers at all', async () => {
    const [found] = await examine(bench({ link: await answering({}) }), { ...QUICK, radioMs: 200 })
    expect(found).toMatchObject({ verdict: 'absent', found: 'no RCP answers' })
  })

  it.each([
    ['ember', EZSP, 'there', 'an EZSP co-processor', undefined],
    ['zstack', ZNP, 'there', ZSTACK, undefined],
    ['zstack', EZSP, 'absent', 'an EZSP co-processor answers', 'say driver: ember'],
    ['ember', {}, 'absent', 'opened, no answer', expect.stringContaining('baud')],
    ['deconz', {}, 'not checked', 'opened; nothing was asked of it', undefined],
  ] as const)('asks a stick of driver %s in its own words: %j', async (driver, answers, verdict, found, todo) => {
    const [seen] = await examine(bench({ driver, link: await answering(answers) }), QUICK)
    expect(seen).toMatchObject({ verdict, found })
    expect(seen?.todo).toEqual(todo)
  })

  it.each(['spinel', 'ember'] as const)(
    'says what to do about a line of a %s stick that does not open',
    async driver => {
      const [found] = await examine(bench({ driver, link: 'tcp://127.0.0.1:1' }), QUICK)
      expect(found).toMatchObject({ verdict: 'absent', found: expect.stringContaining('ECONNREFUSED') })
      expect(found?.todo).toContain('nobody listens there')
    },
  )

  it('says that nobody has opened a line that waits for its other side', async () => {
    const [found] = await examine(bench({ link: 'tcp-listen://127.0.0.1:0' }), { ...QUICK, lineMs: 50 })
    expect(found).toMatchObject({ verdict: 'absent', found: 'nobody has opened the line' })
  })

  it('looks whether the program that switches a part exists, and does not run it', async () => {
    const folder = temporaryFolder()
    const relay = join(folder, 'relay')
    writeFileSync(relay, `#!/bin/sh\ntouch ${folder}/switched\n`)
    const powered = (program: string) => {
      const { installations } = bench({ link: 'tcp://127.0.0.1:1' }, true)
      const power = { off: [program, 'off'], on: [program, 'on'] }
      return {
        installations: installations.map(one => ({
          ...one,
          devices: { ...one.devices, esme: { ...one.devices.esme, power } },
        })),
      }
    }
    const esme = async (program: string) => (await examine(powered(program), QUICK)).find(({ part }) => part === 'esme')
    expect(await esme(relay)).toMatchObject({ verdict: 'absent', found: `no program ${relay}` })
    chmodSync(relay, 0o755)
    expect(await esme(relay)).toMatchObject({
      verdict: 'not checked',
      found: expect.stringContaining(`${relay} switches it`),
    })
    expect(await esme('sh')).toMatchObject({ verdict: 'not checked' })
    expect(() => chmodSync(join(folder, 'switched'), 0o644)).toThrow('ENOENT')
  })

  it.each([
    ['Error: No such file or directory, cannot open /dev/ttyUSB7', /plug it in/],
    ['Error: Permission denied, cannot open /dev/ttyUSB0', /dialout/],
    ['Error: Error Resource temporarily unavailable Cannot lock port', /another program/],
    ['listen EADDRINUSE: address already in use 127.0.0.1:6638', /another port/],
    ['getaddrinfo ENOTFOUND bench', /name of the host/],
  ])('knows what to do about "%s"', (reason, todo) => {
    expect(remedyFor(reason)).toMatch(todo)
  })
})

describe('s1rig doctor', () => {
  it('ends with 5 when hardware is absent, and says which', async () => {
    const { code, stdout, last } = await inProcess(['doctor', BENCH])
    expect(code).toBe(5)
    expect(stdout).toMatch(/^bench-1 stick rcp {2}absent/m)
    expect(stdout).toMatch(/-> plug it in|needs the package serialport/)
    expect(last).toMatch(/^\d there, \d absent$/)
  })

  it('prints one JSON object a line when asked to', async () => {
    const { stdout } = await inProcess(['doctor', BENCH, '--json'])
    const lines = stdout
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>)
    expect(lines.map(({ type }) => type)).toEqual(['part', 'part', 'part', 'part', 'ended'])
    expect(lines[0]).toMatchObject({ installation: 'bench-1', part: 'stick rcp', verdict: 'absent' })
  })

  it('has nothing to look for in a rig without real parts', async () => {
    const { code, last } = await inProcess(['doctor', 'rigs/cb-dual-fuel.yaml'])
    expect([code, last]).toEqual([0, 'cb-dual-fuel has no real parts: nothing to look for'])
  })

  it('ends with 4 for a bad file', async () => {
    expect((await inProcess(['doctor', 'rigs/nowhere.yaml'])).code).toBe(4)
  })
})

/** An emulated RCP behind a TCP line of its own, in real time. */
async function rcp(): Promise<{ link: string; close: () => void }> {
  const kernel = new Kernel({ seed: 'rcp', startUnixMs: 0 })
  const air = new Air({ clock: kernel, timers: kernel, random: kernel.random, trace: { emit: () => {} } })
  const beganMs = performance.now()
  const ticking = setInterval(
    () => kernel.runUntil(Math.max(kernel.nowUs(), Math.floor((performance.now() - beganMs) * 1_000))),
    5,
  )
  const line = await tcpListener({ host: '127.0.0.1', port: 0 })
  new SpinelDongle({
    link: line,
    radio: air.radio('rcp', '00db12345678ffff'),
    clock: kernel,
    timers: kernel,
    random: kernel.random.stream('rcp'),
  })
  return {
    link: line.name.replace('tcp-listen', 'tcp'),
    close: () => {
      clearInterval(ticking)
      line.close()
    },
  }
}

describe('the doctor, asked about a modem', () => {
  const QUICKLY = { ...QUICK, modemMs: 10_000 }

  /** What it says of a home whose modem has this SIM and stands before this network. */
  async function seen(
    options: { faults?: string[]; sim?: Record<string, string>; home?: Record<string, string> } = {},
  ) {
    const { link, nowMs } = await modemLine(options.faults, options.sim)
    // It boots, and looks for its network.
    await expect.poll(() => nowMs(), { timeout: 10_000 }).toBeGreaterThan(12_000)
    const [found] = await examine(prepare({ rigFile: homeWithModem(link, options.home) }).rig, QUICKLY)
    return found
  }

  it('tells who made it, whose SIM it has, and that the network knows it', async () => {
    const found = await seen()
    expect(found).toMatchObject({ part: 'modem', verdict: 'there' })
    expect(found?.found).toMatch(/^s1rig SM WAN modem 1\.0, IMEI \d{15}; SIM 234100123456781; registered, -83 dBm$/)
  })

  it('says whose SIM is in it where it is another', async () => {
    const found = await seen({ sim: { imsi: '234100123456799' } })
    expect(found).toMatchObject({ verdict: 'absent', todo: expect.stringContaining('put the SIM 234100123456781 in') })
    expect(found?.found).toMatch(/; its SIM has IMSI 234100123456799$/)
  })

  it('tries no PIN: one that the rig has is said to be wanted, one that it has not is missing', async () => {
    const sim = { pin: '1234' }
    expect(await seen({ sim, home: sim })).toMatchObject({
      verdict: 'there',
      found: expect.stringMatching(/the SIM wants its PIN, which was not tried$/),
    })
    expect(await seen({ sim })).toMatchObject({ verdict: 'absent', todo: expect.stringContaining('`pin`') })
  })

  it.each([
    ['sim.state=suspended', 'the network denies it'],
    ['hub.wan=down', 'no network, no signal told'],
  ])('says what the network makes of it: %s', async (fault, words) => {
    const found = await seen({ faults: [fault] })
    expect(found).toMatchObject({ verdict: 'absent', found: expect.stringContaining(words) })
  })

  it('says so where what answers is no modem, and where nobody is on the line', async () => {
    const stranger = prepare({ rigFile: homeWithModem(await answering({})) }).rig
    const [silent] = await examine(stranger, { ...QUICK, modemMs: 300 })
    expect(silent).toMatchObject({ verdict: 'absent', found: 'opened, and no modem answers' })
    const [nobody] = await examine(prepare({ rigFile: homeWithModem('tcp://127.0.0.1:1') }).rig, QUICK)
    expect(nobody).toMatchObject({ verdict: 'absent', todo: expect.stringContaining('nobody listens there') })
  })
})
