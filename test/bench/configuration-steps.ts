/** Configuration steps each second: the SMSO sets the clocks of many hubs, each of them one request at a time. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { writeFleet } from '../helpers/fleet.ts'
import { rigUp } from './rig-under-test.ts'
import { smsoOf } from './smso.ts'
import { median, type Row } from './table.ts'

const INSTALLATIONS = 50
const STEPS_EACH = 100
const ROUNDS = 5

export async function configurationSteps(): Promise<Row[]> {
  const directory = mkdtempSync(join(tmpdir(), 's1rig-bench-'))
  const { file } = writeFleet(directory, INSTALLATIONS)
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
