/** Configuration steps each second: the SMSO sets the clocks of many hubs, each of them one request at a time. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { rigUp } from './rig-under-test.ts'
import { smsoOf } from './smso.ts'
import { median, type Row } from './table.ts'

const INSTALLATIONS = 50
const STEPS_EACH = 100
const ROUNDS = 5

export async function configurationSteps(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 's1rig-bench-'))
  const file = join(directory, 'rig.yaml')
  writeFileSync(file, manyHomes())
  const under = await rigUp(new PacedRunClock(1), { file })
  const smso = await smsoOf(under)
  const rates: number[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const from = performance.now()
    await Promise.all(
      under.rig.installations.map(async ({ id }) => {
        for (let n = 0; n < STEPS_EACH; n++) {
          await smso.ask(id, requestOf('synchroniseClock', { setToMs: under.rig.unixMs(id) }))
        }
      }),
    )
    rates.push((INSTALLATIONS * STEPS_EACH) / ((performance.now() - from) / 1_000))
  }
  await smso.end()
  await under.close()
  rmSync(directory, { recursive: true })
  const what = `configuration steps, ${INSTALLATIONS} hubs at a time, embedded broker`
  return [{ what, measured: `${Math.round(median(rates))} /s`, target: '2000 /s' }]
}

/** The electricity-only rig, many times over with identities of their own. */
function manyHomes(): string {
  const rig = parse(readFileSync('rigs/cb-electricity-only.yaml', 'utf8'))
  const [home] = rig.installations
  const digits = (text: string, n: number) => text.slice(0, -4) + String(n).padStart(4, '0')
  const installations = Array.from({ length: INSTALLATIONS }, (_, n) => ({
    ...home,
    id: `home-${n}`,
    mpan: digits(home.mpan, n),
    sim: {
      ...home.sim,
      imsi: digits(home.sim.imsi, n),
      iccid: digits(home.sim.iccid, n),
      msisdn: digits(home.sim.msisdn, n),
      addresses: { newcastle: `10.20.1.${n + 1}` },
    },
    devices: home.devices.map((device: { deviceId: string }, d: number) => ({
      ...device,
      deviceId: `00db12${String(n).padStart(6, '0')}00${String(d).padStart(2, '0')}`,
    })),
  }))
  return stringify({ ...rig, installations }, { aliasDuplicateObjects: false })
}
