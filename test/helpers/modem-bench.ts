/** A hub's modem before a SIM platform and a gateway, and a terminal on its line, in memory and simulated time. */
import { seconds } from '../../src/base/time.ts'
import { Modem } from '../../src/dongle/modem/modem.ts'
import type { ModemFacts } from '../../src/dongle/modem/works.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { PacketGateway } from '../../src/wan/packet-gateway.ts'
import { SimPlatform } from '../../src/wan/sim-platform.ts'
import { SmsCentre } from '../../src/wan/sms-centre.ts'
import { MemoryLine } from './memory-line.ts'

export const IMSI = '234100123456781'
export const MSISDN = '447700900121'
/** 13 October 2021, 06:00 UTC. */
export const START_UNIX_MS = Date.UTC(2021, 9, 13, 6)
export const FACTS: ModemFacts = {
  manufacturer: 'Maker',
  model: 'M1',
  revision: '7.1',
  imei: '001001000000016',
  technology: 'gsm',
}

const plans = { both: ['newcastle', 'elster'], newcastle: ['newcastle'] }

export interface ModemBenchOptions {
  facts?: Partial<ModemFacts>
  pin?: string
  puk?: string
  plan?: keyof typeof plans
  seed?: string
}

/** Newcastle has an address for the SIM, elster has none. */
export function modemWorld({ facts, plan = 'newcastle', seed = 'modem', ...codes }: ModemBenchOptions = {}) {
  const kernel = new Kernel({ seed, startUnixMs: START_UNIX_MS })
  const sims = new SimPlatform({ plans, allocate: () => '10.60.0.10' })
  const sim = { imsi: IMSI, iccid: '8944110012345678901', msisdn: MSISDN }
  sims.add({ ...sim, account: 'one', plan, addresses: { newcastle: '10.20.0.11' } })
  const outlet = { up: () => {}, session: () => {} }
  const events: TraceEvent[] = []
  const trace = { emit: (event: TraceEvent) => void events.push(event) }
  const gateway = new PacketGateway({ sims, outlet })
  const wan = gateway.link({ installation: 'one', hub: 'hub', imsi: IMSI, timers: kernel, trace, attachUs: seconds(8) })
  const centre = new SmsCentre({ clock: kernel, timers: kernel, trace })
  const line = new MemoryLine(kernel)
  const modem = new Modem({
    ...{ wan, trace, clock: kernel, timers: kernel, link: line.device },
    sms: centre.link(MSISDN, () => wan.standing),
    facts: { ...FACTS, ...facts },
    operator: { plmn: '23410', name: 'Telefonica', area: '00C3', cell: '0001A2B3', smsCentre: '447700900000' },
    sim: { ...sim, ...codes },
  })
  const run = (span: number) => void kernel.runUntil(kernel.nowUs() + span)
  return { kernel, sims, gateway, wan, centre, line, modem, events, run }
}

/** The same with a terminal that has waited until the modem is on the network. */
export function modemBench(options: ModemBenchOptions = {}) {
  const world = modemWorld(options)
  const { line, run } = world
  let heard = ''
  line.host.listen({
    onOctets: octets => {
      heard += Buffer.from(octets).toString('latin1')
    },
  })
  /** What was heard since the last look. */
  const said = () => {
    const text = heard
    heard = ''
    return text
  }
  const type = (text: string | Uint8Array) => void line.host.write(Buffer.from(text as string, 'latin1'))
  /** Types a command line and gives what comes back, without echo and empty lines. */
  const ask = (command: string, withinS = 1): string[] => {
    said()
    type(`${command}\r`)
    run(seconds(withinS))
    return said()
      .split(/[\r\n]+/)
      .filter(found => found !== '' && found !== command)
  }
  run(seconds(6))
  said()
  return { ...world, said, type, ask }
}
