/** Whether a modem is there, with the SIM of the rig, and known to the network. */
import { milliseconds } from '../../base/time.ts'
import { ModemInterview, type ModemReport } from '../../host/modem/interview.ts'
import { Kernel } from '../../kernel/kernel.ts'
import { openLink } from '../../links/open-link.ts'
import type { RigModem, RigSim } from '../../profiles/rig.ts'
import { StickLine } from '../bench/stick-line.ts'
import { BROKER_PATIENCE, Flights } from '../clocks/flights.ts'
import { PacedRunClock } from '../clocks/paced-run-clock.ts'
import { absent, lineDown, notOpened, type Seen } from './seen.ts'

export interface ModemPatience {
  /** A line to come up, milliseconds. */
  lineMs: number
  /** A modem to tell all it is asked. */
  modemMs: number
}

export async function lookAtModem({ link }: RigModem, sim: RigSim, patience: ModemPatience): Promise<Seen> {
  const clock = new PacedRunClock(1)
  const kernel = new Kernel({ seed: 'doctor', startUnixMs: 0 })
  const timeline = { id: 'doctor', kernel, flights: new Flights({ patience: BROKER_PATIENCE }), lines: new Map() }
  const line = new StickLine({ part: 'modem', address: link, clock, timeline })
  const interview = new ModemInterview({ link: line, timers: kernel })
  try {
    line.attach(await openLink(link, { onTrouble: reason => line.wentDown(reason) }))
    await clock.waitFor(timeline, () => line.up || line.why !== '', milliseconds(patience.lineMs))
    if (!line.up) return lineDown(link, line.why)
    await clock.waitFor(timeline, () => interview.report !== undefined, milliseconds(patience.modemMs))
    const { report } = interview
    if (report !== undefined && report !== 'strange') return judged(report, sim)
    return absent(
      'opened, and no modem answers',
      'check baud rate and flow control; another of its ports may be for AT',
    )
  } catch (error) {
    return notOpened(error)
  } finally {
    line.close()
    clock.stop()
  }
}

function judged({ identity, lock, standing, signalDbm }: ModemReport, sim: RigSim): Seen {
  const { manufacturer, model, revision, imei, imsi } = identity
  const names = [manufacturer, model, revision].flatMap(name => name ?? [])
  const who = [names.join(' ') || 'a modem', imei && `IMEI ${imei}`].filter(Boolean).join(', ')
  if (lock !== undefined) {
    // Its PIN is tried by a run, once.
    const known = /wants a PIN/.test(lock) && sim.pin !== undefined
    return known
      ? { verdict: 'there', found: `${who}; the SIM wants its PIN, which was not tried` }
      : absent(`${who}; ${lock}`, 'put a SIM in that can be read, or give its PIN as `pin` of `sim`')
  }
  if (imsi !== undefined && imsi !== sim.imsi) {
    return absent(`${who}; its SIM has IMSI ${imsi}`, `put the SIM ${sim.imsi} in, or correct \`sim\``)
  }
  const signal = signalDbm === undefined ? 'no signal told' : `${signalDbm} dBm`
  const whose = imsi === undefined ? 'its SIM tells no IMSI' : `SIM ${imsi}`
  switch (standing) {
    case 'denied':
      return absent(`${who}; ${whose}; the network denies it`, 'ask its operator whether the SIM is active')
    case 'no-coverage':
    case undefined:
      return absent(`${who}; ${whose}; no network, ${signal}`, 'check the antenna; a modem may need a minute')
    case 'welcome':
      return { verdict: 'there', found: `${who}; ${whose}; registered, ${signal}` }
    default:
      return standing satisfies never
  }
}
