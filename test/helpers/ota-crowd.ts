/** A hub and any number of electricity meters, more than a home has, that are upgraded together. */
import { toHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { days, minutes } from '../../src/base/time.ts'
import { Esme } from '../../src/devices/esme.ts'
import { Hub } from '../../src/devices/hub/hub.ts'
import { testTrust } from '../../src/firmware/test-signing.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import type { EsmeProfile } from '../../src/profiles/profile.ts'
import { homeNetwork } from '../../src/rig/home-network.ts'
import { codeOf } from '../../src/rig/home-record.ts'
import { home, ID } from '../unit/device-home.ts'
import { HandLink } from '../unit/wan-session-bench.ts'
import { LATER, otaImage, shelve } from './ota-home.ts'

export interface CrowdOptions {
  count: number
  inMemory?: boolean
  seed?: string
  /** Of the image. */
  octets?: number
  /** What of the meters' profile is otherwise. */
  ota?: Partial<EsmeProfile['ota']>
  onCapture?: (octets: Uint8Array) => void
}

/** Everybody has joined; the image is on the shelf and not offered yet. */
export function crowd({ count, inMemory = false, seed = 'crowd', octets = 6_000, ota, onCapture }: CrowdOptions) {
  const { installation } = home()
  const { record } = installation
  const kernel = new Kernel({ seed, startUnixMs: Date.parse('2021-10-13T06:00:00Z') })
  const events: TraceEvent[] = []
  const trace = { emit: (event: TraceEvent) => void (event.kind === 'zcl.malformed' && events.push(event)) }
  const han = homeNetwork({
    han: { ...record.han, kind: inMemory ? 'aps' : 'radio' },
    deviceOf: () => undefined,
    ...{ clock: kernel, timers: kernel, random: kernel.random, innate: kernel.innate, trace, onCapture },
  })
  const around = (deviceId: Eui64) => ({
    ...{ deviceId, clock: kernel, timers: kernel, trace },
    random: { stream: (label: string) => kernel.random.stream(`${deviceId}/${label}`) },
  })
  const ids = Array.from({ length: count }, (_, index) => `00db12345678${(0xb000 + index).toString(16)}`)
  const chf = record.devices.chf.profile
  const hub = new Hub(
    { ...around(ID.CHF), han: han.coordinator(ID.CHF) },
    { ...chf, whitelist: { capacity: 16 } },
    {
      gpfId: ID.GPF,
      inventory: new Map(ids.map(id => [id, 'ESME'])),
      network: { panId: record.han.panId, channel: record.han.channel },
      link: new HandLink(),
      operators: { newcastle: 'smso' },
      wanMemory: {
        ...{ apn: 'newcastle', counters: [], ownCounter: 0 },
        keys: [['smso', toHex(new Uint8Array(32).fill(1))]],
      },
    },
  )
  const booted: Eui64[] = []
  const { profile } = record.devices.esme
  const trust = testTrust()
  const meters = ids.map(id => {
    const works = { trust: () => trust, outcome: () => ({ upgradesFrom: [] }), boot: () => void booted.push(id) }
    const surroundings = { ...around(id), han: han.node(id, 'router'), works }
    const installCode = codeOf(record.devices.esme)
    const esi = { device: ID.CHF, endpoint: 1 }
    const made: EsmeProfile = { ...profile, ota: { ...profile.ota, ...ota } }
    return new Esme(surroundings, made, { installCode, esi })
  })
  hub.start()
  for (const id of ids) hub.whitelist.add(id, codeOf(record.devices.esme))
  hub.whitelist.open(minutes(10))
  for (const meter of meters) meter.start()
  const joined = () => ids.every(id => hub.deviceLog.isJoined(id))
  kernel.runUntil(minutes(10), joined)
  kernel.runUntil(kernel.nowUs() + minutes(2))
  const image = otaImage({ ...LATER.esme, octets })
  const run = (forUs: number, until?: () => boolean) => kernel.runUntil(kernel.nowUs() + forUs, until)
  return {
    ...{ kernel, han, hub, ids, meters, booted, events, run },
    /** Offers the image to all and waits until all start it; how long that took, us. */
    upgrade(withinUs = days(4)): number {
      const fromUs = kernel.nowUs()
      shelve({ hub }, LATER.esme, { to: ids, octets: image })
      run(withinUs, () => booted.length === count)
      return kernel.nowUs() - fromUs
    },
  }
}
