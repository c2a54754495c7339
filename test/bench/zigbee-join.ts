/** A whole join over the simulated air, from power-on to the link key: what it takes here, and in simulated time. */
import { fromHex } from '../../src/base/bytes.ts'
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import type { CryptoSuite } from '../../src/crypto/koblitz-curve.ts'
import { curveOf } from '../../src/crypto/suites.ts'
import { TestAuthority } from '../../src/crypto/test-authority.ts'
import { ZigbeeCoordinator } from '../../src/zigbee/zigbee-coordinator.ts'
import { ZigbeeNode } from '../../src/zigbee/zigbee-node.ts'
import { zigbeeWorld } from '../helpers/zigbee-world.ts'
import { median, type Row } from './table.ts'

const ROUNDS = 51
const WARM_UP = 20
const HUB: Eui64 = '00db1234567800a1'
const METER: Eui64 = '00db1234567800b1'
const INSTALL_CODE = fromHex('83fed3407a939723a5c639b26916d505c3b5')

export async function zigbeeJoin(): Promise<Row[]> {
  return ([1, 2] as const).map(suite => {
    const joins = Array.from({ length: ROUNDS + WARM_UP }, (_, n) => join(suite, `${n}`)).slice(WARM_UP)
    const wallMs = median(joins.map(({ wallMs }) => wallMs))
    const virtualS = median(joins.map(({ virtualUs }) => virtualUs)) / 1_000_000
    return {
      what: `a join from power-on to the link key, suite ${suite}`,
      measured: `${wallMs.toFixed(1)} ms, ${virtualS.toFixed(2)} s simulated`,
      ...(suite === 1 && { target: '50 ms' }),
    }
  })
}

/** The certificates are there before the clock starts; everything else is in it. */
function join(suite: CryptoSuite, seed: string): { wallMs: number; virtualUs: number } {
  const { kernel, of } = zigbeeWorld(seed)
  const authority = new TestAuthority({ curve: curveOf(suite), random: kernel.random.stream('authority') })
  const world = (eui64: Eui64) => ({
    ...of(eui64),
    channels: [15],
    credentials: { [suite]: { ...authority.issue({ subject: eui64 }), authority } },
  })
  const endpoint = { endpoint: 1, profileId: 0x0109, deviceId: 0x0500, inputClusters: [], outputClusters: [] }
  const hub = new ZigbeeCoordinator(world(HUB))
  hub.addEndpoint(endpoint)
  hub.form({ panId: 0x1a62, extendedPanId: HUB, channel: 15 })
  hub.authorise(METER, INSTALL_CODE)
  const certified = world(METER)
  kernel.runUntil(seconds(1))
  hub.permitJoining(seconds(60))
  kernel.runUntil(seconds(2))
  const [fromMs, fromUs] = [performance.now(), kernel.nowUs()]
  const meter = new ZigbeeNode({ ...certified, role: 'router' })
  meter.addEndpoint(endpoint)
  meter.join(INSTALL_CODE)
  while (!meter.joined) {
    if (kernel.nowUs() > seconds(60)) throw new Error(`suite ${suite}, seed ${seed}: no join within a minute`)
    kernel.runUntil(kernel.nowUs() + milliseconds(10))
  }
  return { wallMs: performance.now() - fromMs, virtualUs: kernel.nowUs() - fromUs }
}
