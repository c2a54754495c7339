/**
 * A home whose emulated hub goes to the SM WAN through a modem on a line, and the modem at its other end, which stands before a
 * network of its own. A wall clock that runs ahead of the machine's drives both.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import { parse, stringify } from 'yaml'
import { tcpListener } from '../../src/links/tcp.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { ModemHome } from '../../src/rig/dongles/modem-home.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { inMemory } from './migration.ts'
import { TcpRelay } from './tcp-relay.ts'
import { Wall } from './wall.ts'

export const IMSI = '234100123456781'
/** What the network at the other end gives the SIM on the access point after. */
export const ELSTER_ADDRESS = '10.60.0.10'

type Plain = Record<string, unknown>

/** Life before the migration, long enough for the half hour that is read. */
const LIFE_MIN = 65

/** The dual-fuel home in memory, with the hub's modem at a line or none; its file. */
export function homeWithModem(link: string | undefined, { settleMin = LIFE_MIN, ...sim }: Plain = {}): string {
  const file = inMemory()
  const rig = parse(readFileSync(file, 'utf8')) as Plain & { installations: (Plain & { sim: Plain })[] }
  const installations = rig.installations.map(one => ({
    ...one,
    sim: { ...one.sim, staticAddress: { elster: ELSTER_ADDRESS }, ...sim },
    ...(link !== undefined && { modem: { link } }),
  }))
  writeFileSync(file, stringify({ ...rig, settleMin, installations }))
  return file
}
export const SETTINGS = ['profile.halfHours=1']

export interface ModemLine {
  /** As a rig names it. */
  link: string
  modem: ModemHome
  /** A clock for the rig, of one time with the modem. */
  clock: PacedRunClock
  /** By its wall clock, which began at 1000. */
  nowMs: () => number
  pull: () => void
  plugIn: () => void
}

/**
 * Milliseconds that pass at a time; fewer while the rig finds out about the modem and its SIM, and fewest while the line is pulled,
 * for it comes back in the machine's own time.
 */
const FAST_MS = 400
const BEGINNING_MS = 50
const SLOW_MS = 5

/** A modem that is switched on; `faults` are those of its network. */
export async function modemLine(faults = ['sim.plan=newcastle-and-elster'], sim: Plain = {}): Promise<ModemLine> {
  const wall = new Wall()
  let pulled = false
  const listener = await tcpListener({ host: '127.0.0.1', port: 0 })
  const relay = await TcpRelay.start(Number(/:(\d+)$/.exec(listener.name)?.[1]))
  const far = prepare({ rigFile: homeWithModem(undefined, sim), faults })
  const [record] = far.rig.installations
  if (!record) throw new Error('no installation')
  const modem = new ModemHome({
    ...{ record, group: far.group, faults: far.faults, seed: 'network', startUnixMs: Date.now(), sink: () => {} },
    ...{ link: listener, clock: new PacedRunClock(1, wall) },
    onHost: gone => {
      if (gone === undefined) pulled = false
    },
  })
  modem.start()
  const passMs = () => (modem.wan.session ? FAST_MS : BEGINNING_MS)
  // Octets pass between two of these: what the machine has to do besides makes nothing late.
  const passing = setInterval(() => wall.pass(pulled ? SLOW_MS : passMs()), 1)
  onTestFinished(() => {
    clearInterval(passing)
    modem.stop()
    relay.close()
  })
  return {
    ...{ link: `tcp://127.0.0.1:${relay.port}`, modem, clock: new PacedRunClock(1, wall) },
    nowMs: wall.nowMs,
    pull() {
      pulled = true
      relay.cut()
    },
    plugIn: () => relay.mend(),
  }
}
