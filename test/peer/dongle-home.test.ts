/** zigbee-herdsman over a stick whose home is at hand: what it reads is what the device holds, what it tells is what is shown. */
import { expect, onTestFinished, test } from 'vitest'
import { tcpListener } from '../../src/links/tcp.ts'
import { loadRig } from '../../src/profiles/load-rig.ts'
import { PromptRunClock } from '../../src/rig/clocks/prompt-run-clock.ts'
import { DongleHome } from '../../src/rig/dongles/dongle-home.ts'
import { DONGLE_PROTOCOLS, DONGLES, type DongleProtocol } from '../../src/rig/dongles/dongles.ts'
import { fileDeps } from '../../src/rig/prepare.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { openHerdsman } from './herdsman.ts'
import { showsNotices } from './host-talk.ts'

async function homeBehind(protocol: DongleProtocol) {
  const [record] = loadRig('rigs/cb-seven-devices.yaml', fileDeps).installations
  if (!record) throw new Error('the rig has no installation')
  const link = await tcpListener({ host: '127.0.0.1', port: 0 })
  const running = new DongleHome({
    record: { ...record, han: { ...record.han, application: 'home-automation' } },
    ...{ kind: DONGLES[protocol], link, clock: new PromptRunClock(), seed: protocol, startUnixMs: Date.now() },
    sink: () => {},
  })
  onTestFinished(() => running.stop())
  running.start()
  const path = link.name.replace('tcp-listen:', 'tcp:')
  const host = await openHerdsman({ adapter: DONGLES[protocol].adapter, path, folder: temporaryFolder() })
  return { host, home: running.home, dongle: running.dongle }
}

test.for(DONGLE_PROTOCOLS)(
  'through %s registers, prices and messages are the same at both ends',
  { timeout: 90_000 },
  async protocol => {
    const { host, home } = await homeBehind(protocol)
    const { esme, ppmid } = home.record.devices
    if (!ppmid) throw new Error('the rig has no PPMID')
    await host.interviewAll([esme.deviceId, ppmid.deviceId])

    const meter = host.endpoint(esme.deviceId)
    const held = () => home.devices.esme?.totalWh ?? Number.NaN
    const before = held()
    const { currentSummDelivered, multiplier, divisor } = await meter.read('seMetering', [
      'currentSummDelivered',
      'multiplier',
      'divisor',
    ])
    const read = (Number(currentSummDelivered) * Number(multiplier) * 1_000) / Number(divisor)
    expect(read).toBeGreaterThanOrEqual(before)
    expect(read).toBeLessThanOrEqual(held())

    await showsNotices(host, ppmid.deviceId, () => home.devices.ppmid?.shown)
  },
)
