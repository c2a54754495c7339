/** An SMSO at the broker that asks hubs and waits for each answer: the load of the WAN figures. */
import { setTimeout as sleep } from 'node:timers/promises'
import { decodeMessage, encodeMessage } from '../../src/wan/messages/codec.ts'
import type { Request } from '../../src/wan/messages/wan-types.generated.ts'
import { downTopic } from '../../src/wan/topics.ts'
import type { RigUnderTest } from './rig-under-test.ts'

export interface Smso {
  /** Asks one hub; resolves with its answer, the milliseconds it took. */
  ask(installation: string, request: Request): Promise<number>
  end(): Promise<void>
}

/** Resolves once every hub is attached. */
export async function smsoOf({ rig, broker, loginOf }: RigUnderTest): Promise<Smso> {
  const login = loginOf('smso')
  const waiting = new Map<string, () => void>()
  const client = await broker.connect({
    clientId: 'bench-smso',
    ...(login && { login }),
    onMessage: ({ payload }) => waiting.get(decodeMessage(payload).message.correlationId)?.(),
  })
  await client.subscribe('wan/newcastle/+/up')
  while (!rig.installations.every(({ link }) => link.session)) await sleep(100)
  await sleep(500)
  let counter = 0
  return {
    end: () => client.end(),
    ask: async (installation, request) => {
      const { hub, record } = rig.installation(installation)
      const key = hub.session.originators.keyOf('smso') ?? new Uint8Array()
      const id = `bench-${++counter}`
      const header = { id, correlationId: '', originator: 'smso', targetDevice: hub.deviceId, counter, sentAtMs: 0 }
      const answered = new Promise<void>(resolve => waiting.set(id, resolve))
      const from = performance.now()
      client.publish(
        downTopic('newcastle', record.sim.addresses.newcastle ?? ''),
        encodeMessage({ ...header, request }, key),
      )
      await answered
      waiting.delete(id)
      return performance.now() - from
    },
  }
}
