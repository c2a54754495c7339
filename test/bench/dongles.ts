/** zigbee-herdsman opens an emulated home through each kind of stick, each side in a process of its own. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Controller, setLogger } from 'zigbee-herdsman'
import type { Endpoint } from 'zigbee-herdsman/dist/controller/model/index.js'
import { DONGLE_PROTOCOLS, DONGLES, type DongleProtocol } from '../../src/rig/dongles/dongles.ts'
import { percentile, type Row } from './table.ts'

const root = fileURLToPath(new URL('../..', import.meta.url))
const RIG = 'rigs/cb-seven-devices.yaml'
const METER = '0x00db1234567890a3'
/** ESME, PPMID, IHD and CAD; the gas meter sleeps. */
const AWAKE = 4
const READS = 1_000
/** Both processes run for months: what is compiled while they begin is not measured. It is done after some thousand reads. */
const WARM_UP = 5_000
const IN_FLIGHT = 16
/** About as many as a read is on the line. */
const OCTETS = Buffer.alloc(32)
const TARGET: Record<string, string> = { spinel: '1.5 ms', ezsp: '0.5 ms', znp: '0.5 ms' }

export async function dongles(): Promise<Row[]> {
  const silent = () => {}
  setLogger({ debug: silent, info: silent, warning: silent, error: silent })
  const rows: Row[] = [await bareLine()]
  for (const protocol of DONGLE_PROTOCOLS) rows.push(...(await measure(protocol)))
  return rows
}

/** What the machine itself takes: octets to another process over TCP and back, and nothing done with them. */
async function bareLine(): Promise<Row> {
  const echo = `require('node:net').createServer({ noDelay: true }, s => s.pipe(s)).listen(0, '127.0.0.1', function () {
    process.send(this.address().port)
  })`
  const child = spawn(process.execPath, ['-e', echo], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  try {
    const [port] = (await once(child, 'message')) as [number]
    const line = connect({ port, host: '127.0.0.1', noDelay: true })
    const thereAndBack = () =>
      new Promise(resolve => {
        line.once('data', resolve)
        line.write(OCTETS)
      })
    for (let n = 0; n < READS; n++) await thereAndBack()
    const times: number[] = []
    for (let n = 0; n < READS; n++) times.push(await timed(thereAndBack))
    line.destroy()
    const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)].map(ms => ms.toFixed(2))
    return {
      what: 'for comparison: octets to another process over TCP and back',
      measured: `p50 ${p50} ms, p95 ${p95} ms`,
    }
  } finally {
    child.kill()
  }
}

async function measure(protocol: DongleProtocol): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 's1rig-bench-'))
  const { child, path } = await dongle(protocol)
  const controller = host(protocol, path, folder)
  try {
    const startMs = await timed(() => controller.start())
    const joinMs = await timed(() => interviewed(controller, AWAKE))
    const meter = controller.getDeviceByIeeeAddr(METER)?.getEndpoint(1)
    if (!meter) throw new Error(`${protocol}: the host has not found the meter`)
    const read = () => meter.read('seMetering', ['currentSummDelivered'])
    for (let n = 0; n < WARM_UP; n++) await read()
    const times: number[] = []
    for (let n = 0; n < READS; n++) times.push(await timed(read))
    const wallMs = await timed(() => readMany(meter, READS))
    const [p50, p95] = [percentile(times, 0.5), percentile(times, 0.95)].map(ms => ms.toFixed(2))
    const target = TARGET[protocol]
    return [
      {
        what: `a read by zigbee-herdsman through a ${protocol} stick`,
        measured: `p50 ${p50} ms, p95 ${p95} ms`,
        ...(target && { target }),
      },
      { what: `the same, ${IN_FLIGHT} at a time`, measured: `${Math.round((READS / wallMs) * 1_000)} /s` },
      { what: `the host's start on a new ${protocol} stick`, measured: `${Math.round(startMs)} ms` },
      {
        what: `devices joined and interviewed through ${protocol}`,
        measured: `${((AWAKE / joinMs) * 1_000).toFixed(1)} /s`,
      },
    ]
  } finally {
    await controller.stop()
    child.kill()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** `s1rig dongle`, once it listens. */
function dongle(protocol: DongleProtocol): Promise<{ child: ChildProcess; path: string }> {
  const args = ['dongle', RIG, '--protocol', protocol, '--listen', 'tcp://127.0.0.1:0']
  const child = spawn(process.execPath, [join(root, 'src/cli/main.ts'), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return new Promise((resolve, reject) => {
    let said = ''
    child.once('close', code => reject(new Error(`${protocol} ended with ${code}: ${said}`)))
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const path = /stick on (tcp:\S+)/.exec(said)?.[1]
      if (path) resolve({ child, path })
    })
  })
}

const host = (protocol: DongleProtocol, path: string, folder: string): Controller =>
  new Controller({
    network: {
      panID: 0x1a62,
      extendedPanID: [0, 0xdb, 0x12, 0x34, 0x56, 0x78, 0, 0xaa],
      channelList: [15],
      networkKey: [0x6b, 0x2f, 0x1c, 0x0d, 0x9e, 0x8a, 0x77, 0x65, 0x4c, 0x3b, 0x2a, 0x19, 0x08, 0xf7, 0xe6, 0xd5],
    },
    serialPort: { path, adapter: DONGLES[protocol].adapter },
    databasePath: join(folder, 'database.db'),
    databaseBackupPath: join(folder, 'database.db.backup'),
    backupPath: join(folder, 'coordinator.json'),
    adapter: { disableLED: false },
    acceptJoiningDeviceHandler: async () => true,
  })

/** Opens the network until so many devices were interviewed. */
async function interviewed(controller: Controller, count: number): Promise<void> {
  const all = new Promise<void>(resolve => {
    let done = 0
    controller.on('deviceInterview', ({ status }) => {
      if (status === 'successful' && ++done === count) resolve()
    })
  })
  await controller.permitJoin(254)
  await all
}

async function readMany(meter: Endpoint, count: number): Promise<void> {
  let left = count
  const reader = async () => {
    while (left-- > 0) await meter.read('seMetering', ['currentSummDelivered'])
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, reader))
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}
