/** A mosquitto with persistence, killed and started again fifty times in one run of six homes. */
import { writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { SeededRandom } from '../../src/kernel/random.ts'
import { story } from '../helpers/broker-story.ts'
import { freePort } from '../helpers/free-port.ts'
import { home, migrateRig, temporaryFolder, writeRig } from '../helpers/migration.ts'
import { kill, runMosquitto } from '../helpers/mosquitto.ts'
import { needs } from '../peer/strangers.ts'

const RESTARTS = 50

test(`a broker killed ${RESTARTS} times changes no verdict, and nothing is lost or done twice`, async context => {
  const program = needs(context, 'mosquitto')
  const ids = ['a', 'b', 'c', 'd', 'e', 'f']
  const rig = writeRig(
    ids.map((id, i) => ({ ...home(id, 70 + i), han: { kind: 'aps', panId: '0x0007', channel: 15 } })),
    { settleMin: 30 },
  )
  const calm = await migrateRig({ rig })
  const [port, cwd] = [await freePort(), temporaryFolder()]
  // Written at each change: what it acknowledged is on the disk, or nearly so, when it is killed.
  const persistence = `persistence true\npersistence_location ${cwd}/\nautosave_on_changes true\nautosave_interval 1\n`
  const access = `user ${userInfo().username}\nlistener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`
  writeFileSync(join(cwd, 'conf'), persistence + access)
  const again = () => runMosquitto(program, { conf: 'conf', port, cwd })
  let broker = await again()
  let [restarts, ended, busy] = [0, 0, false]
  const random = new SeededRandom('broker kills').stream('moments')
  const run = await migrateRig({
    rig,
    broker: { url: `mqtt://127.0.0.1:${port}`, patience: { deliveryMs: 2_000, outageMs: 30_000 } },
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
  console.log(`${restarts} kills of the broker in a run of ${ended} steps`)
  expect(restarts).toBe(RESTARTS)
  for (const id of ids) expect(story(run, id)).toEqual(story(calm, id))
}, 900_000)
