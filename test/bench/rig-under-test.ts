/** A rig on a broker, without a run folder: for measuring. */
import { TraceHash } from '../../src/evidence/trace-hash.ts'
import type { Broker, BrokerLogin } from '../../src/ports/broker.ts'
import { type ChosenBroker, chooseBroker } from '../../src/rig/broker-choice.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { Rig } from '../../src/rig/rig.ts'
import type { RunClock } from '../../src/rig/run-clock.ts'

export interface RigUnderTest {
  rig: Rig
  broker: Broker
  loginOf: ChosenBroker['login']
  /** Records traced so far. */
  traced: () => number
  close: () => Promise<void>
}

export async function rigUp(clock: RunClock, options: { file?: string; url?: string } = {}): Promise<RigUnderTest> {
  const prepared = prepare({ rigFile: options.file ?? 'rigs/cb-dual-fuel.yaml' })
  const chosen = await chooseBroker(options.url === undefined ? {} : { url: options.url }, prepared.group.apns)
  const hash = new TraceHash()
  let traced = 0
  const login: BrokerLogin | undefined = chosen.login('gateway')
  const rig = new Rig({
    record: prepared.rig,
    group: prepared.group,
    seed: '1',
    clock,
    broker: chosen.broker,
    ...(login && { login }),
    driven: false,
    faults: [],
    name: `bench-${process.pid}`,
    sink: record => {
      traced++
      hash.add(record)
    },
    onProblem: text => console.error(text),
  })
  await rig.start()
  return {
    rig,
    broker: chosen.broker,
    loginOf: chosen.login,
    traced: () => traced,
    close: async () => {
      await rig.stop()
      await chosen.close()
    },
  }
}
