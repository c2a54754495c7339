/** A rig on a broker, without a run folder: for measuring. */
import { TraceHash } from '../../src/evidence/trace-hash.ts'
import type { Broker, BrokerLogin } from '../../src/ports/broker.ts'
import type { TraceRecord } from '../../src/ports/trace.ts'
import type { Rig as RigRecord } from '../../src/profiles/rig.ts'
import { type ChosenBroker, chooseBroker } from '../../src/rig/broker-choice.ts'
import type { RunClock } from '../../src/rig/clocks/run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { Rig } from '../../src/rig/rig.ts'

export interface RigUnderTest {
  rig: Rig
  broker: Broker
  loginOf: ChosenBroker['login']
  /** Records traced so far. */
  traced: () => number
  close: () => Promise<void>
}

export async function rigUp(
  clock: RunClock,
  options: { file?: string; url?: string; inMemory?: boolean; onRecord?: (record: TraceRecord) => void } = {},
): Promise<RigUnderTest> {
  const prepared = prepare({ rigFile: options.file ?? 'rigs/cb-dual-fuel.yaml' })
  const rig = options.inMemory === true ? withHanInMemory(prepared.rig) : prepared.rig
  const chosen = await chooseBroker(options.url === undefined ? {} : { url: options.url }, prepared.group.apns)
  const hash = new TraceHash()
  let traced = 0
  const login: BrokerLogin | undefined = chosen.login('gateway')
  const running = new Rig({
    record: rig,
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
      options.onRecord?.(record)
    },
    onProblem: text => console.error(text),
  })
  await running.start()
  return {
    rig: running,
    broker: chosen.broker,
    loginOf: chosen.login,
    traced: () => traced,
    close: async () => {
      await running.stop()
      await chosen.close()
    },
  }
}

/** The same rig without frames on the air. */
export const withHanInMemory = (rig: RigRecord): RigRecord => ({
  ...rig,
  installations: rig.installations.map(one => ({ ...one, han: { ...one.han, kind: 'aps' } })),
})
