/** A mosquitto with persistence, killed and started again fifty times in one run of six homes. */
import { readFileSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { fromHex } from '../../src/base/bytes.ts'
import { SeededRandom } from '../../src/kernel/random.ts'
import { story } from '../helpers/broker-story.ts'
import { freePort } from '../helpers/free-port.ts'
import { DUAL_FUEL, home, migrateRig, temporaryFolder, writeRig } from '../helpers/migration.ts'
import { kill, runMosquitto } from '../helpers/mosquitto.ts'
import { Outsider } from '../helpers/outsider.ts'
import { needs } from '../peer/strangers.ts'

const RESTARTS = 50
const KEY = '5a'.repeat(32)
/** Of the first home. */
const HUB = '00db1234567870a1'
const AT = [
  { apn: 'newcastle', ip: '10.20.70.11' },
  { apn: 'elster', ip: '10.60.0.10' },
]
const DEVICE_LOG_CHANGED = '8F12'

test(`a broker killed ${RESTARTS} times changes no verdict, and nothing is lost or done twice`, async context => {
  const program = needs(context, 'mosquitto')
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const { testKeys } = parse(readFileSync(DUAL_FUEL, 'utf8'))
  const rig = writeRig(
    ids.map((id, i) => ({ ...home(id, 70 + i), han: { kind: 'aps', panId: '0x0007', channel: 15 } })),
    { settleMin: 30, testKeys: { ...testKeys, others: { outsider: KEY } } },
  )
  const calm = await migrateRig({ rig })
  const [port, cwd] = [await freePort(), temporaryFolder()]
  // Written at each change: what it acknowledged is on the disk, or nearly so, when it is killed.
  const persistence = `persistence true\npersistence_location ${cwd}/\nautosave_on_changes true\nautosave_interval 1\n`
  const access = `user ${userInfo().username}\nlistener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`
  writeFileSync(join(cwd, 'conf'), persistence + access)
  const again = () => runMosquitto(program, { conf: 'conf', port, cwd })
  let broker = await again()
  const url = `mqtt://127.0.0.1:${port}`
  const outsider = await Outsider.at({ url, originator: 'outsider', key: fromHex(KEY), hub: HUB, at: AT })
  const working = outsider.work()
  let [restarts, ended, busy] = [0, 0, false]
  const random = new SeededRandom('broker kills').stream('moments')
  const run = await migrateRig({
    rig,
    broker: { url, patience: { deliveryMs: 2_000, outageMs: 30_000 } },
    listener: {
      stepEnded: () => {
        ended++
        if (busy || restarts >= RESTARTS || ended < restarts * 4 + random.int(4)) return
        busy = true
        restarts++
        kill(broker)
          .then(again)
          .then(child => {
            broker = child
            busy = false
          })
      },
    },
  })
  outsider.abandon()
  await working
  outsider.check(
    run.rig
      .installation('a')
      .hub.deviceLog.list()
      .map(({ deviceId }) => deviceId),
  )
  await outsider.end()
  const { answered, sentAgain, said } = outsider
  console.log(`${restarts} kills of the broker in a run of ${ended} steps`, { answered, sentAgain, said: said.size })
  expect(restarts).toBe(RESTARTS)
  for (const id of ids) {
    const [now, before] = [story(run, id), story(calm, id)]
    // Somebody else's changes are in the log of the first hub.
    const own = (events: readonly string[]) => events.filter(text => !text.includes(DEVICE_LOG_CHANGED))
    if (id === 'a') expect({ ...now, hub: own(now.hub) }).toEqual({ ...before, hub: own(before.hub) })
    else expect(now).toEqual(before)
  }
}, 900_000)
