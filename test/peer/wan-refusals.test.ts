/** What a hub refuses, over the embedded broker and over a mosquitto with our logins and rules. */
import { createHmac } from 'node:crypto'
import { describe, expect, onTestFinished, test } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { type BrokerChoice, chooseBroker } from '../../src/rig/broker-choice.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { Rig } from '../../src/rig/rig.ts'
import { decodeMessage, encodeMessage } from '../../src/wan/messages/codec.ts'
import { requestOf } from '../../src/wan/messages/requests.ts'
import { eventually } from '../helpers/eventually.ts'
import { inMemory } from '../helpers/migration.ts'
import { startMosquitto } from './mosquitto-broker.ts'
import { stranger } from './strangers.ts'

const mosquitto = stranger('mosquitto')
const HUB = '00db1234567890a1'

/** A home that is up at the broker, its hub attached on newcastle, and its SMSO and S1SP before it. */
async function homeAt(choice: BrokerChoice) {
  const prepared = prepare({ rigFile: inMemory() })
  const { rig: record, group } = prepared
  const chosen = await chooseBroker(choice, group.apns)
  const events: TraceEvent[] = []
  const problems: string[] = []
  const rig = new Rig({
    ...{ record, group, seed: '1', faults: [], driven: false, name: `refusals-${process.pid}` },
    clock: new PacedRunClock(60),
    broker: chosen.broker,
    ...(chosen.login('gateway') && { login: chosen.login('gateway') as NonNullable<ReturnType<typeof chosen.login>> }),
    sink: ({ event }) => void events.push(event),
    onProblem: text => void problems.push(text),
  })
  /** Answers of the hub, by the request's id. */
  const answers = new Map<string, string>()
  const join = async (role: 'smso' | 's1sp') => {
    const login = chosen.login(role)
    return chosen.broker.connect({
      clientId: `refusals-${role}`,
      ...(login && { login }),
      onMessage: ({ payload }) => {
        const { message } = decodeMessage(payload)
        if (message.response) answers.set(message.correlationId, message.response.code)
      },
    })
  }
  const [smso, s1sp] = [await join('smso'), await join('s1sp')]
  onTestFinished(async () => {
    await Promise.all([smso.end(), s1sp.end(), rig.stop()])
    await chosen.close()
  })
  await smso.subscribe('wan/newcastle/+/up')
  await rig.start()
  await eventually(() => expect(events.some(({ kind }) => kind === 'wan.attached')).toBe(true))
  const smsoKey = fromHex(record.testKeys.smso)
  /** A request of the SMSO's. */
  const message = (id: string, counter: number, key = smsoKey) =>
    encodeMessage(
      {
        ...{ id, correlationId: '', originator: 'smso', targetDevice: HUB, counter, sentAtMs: 0 },
        request: requestOf('readDeviceLog', {}),
      },
      key,
    )
  /** The same, authentic, with a field of so many octets that the contract does not have. */
  const longer = (octets: Uint8Array, by: number) => {
    const length = Uint8Array.of((by & 0x7f) | 0x80, ((by >> 7) & 0x7f) | 0x80, by >> 14)
    const body = Buffer.concat([octets.subarray(0, -34), Uint8Array.of(0xa2, 0x06), length, Buffer.alloc(by)])
    const code = createHmac('sha256', smsoKey).update(body).digest()
    return Buffer.concat([body, Uint8Array.of(0x7a, 0x20), code])
  }
  const say = (octets: Uint8Array) => smso.publish('wan/newcastle/10.20.0.11/down', octets)
  const answered = (id: string, code: string) => eventually(() => expect(answers.get(id)).toBe(code))
  const refused = (reason: string) =>
    eventually(() =>
      expect(events.filter(event => event.kind === 'wan.refused' && event.reason === reason)).toHaveLength(1),
    )
  return { rig, s1sp, message, longer, say, answered, answers, refused, problems }
}

function hubRefusals(name: string, choose: () => Promise<BrokerChoice>): void {
  describe(`a hub at ${name} refuses`, () => {
    test('a counter that has expired: equal to the last, or below it', async () => {
      const { message, say, answered, rig } = await homeAt(await choose())
      await say(message('first', 50))
      await answered('first', 'I0')
      await say(message('equal', 50))
      await answered('equal', 'S1RIG_REPLAY')
      await say(message('below', 49))
      await answered('below', 'S1RIG_REPLAY')
      expect(rig.installation('home-1').hub.session.originators.memory().counters).toContainEqual(['smso', 50])
      await say(message('above', 51))
      await answered('above', 'I0')
    })

    test('a message under the wrong key, without an answer', async () => {
      const { message, say, answered, answers, refused } = await homeAt(await choose())
      await say(message('forged', 1, new Uint8Array(32).fill(1)))
      await refused('wan.not-authentic')
      await say(message('sound', 1))
      await answered('sound', 'I0')
      expect(answers.has('forged')).toBe(false)
    })

    test('a message longer than 16384 octets, without an answer', async () => {
      const { message, longer, say, answered, answers, refused } = await homeAt(await choose())
      await say(longer(message('short', 1), 15_000))
      await answered('short', 'I0')
      await say(longer(message('long', 2), 16_384))
      await refused('wan.oversized')
      await say(message('sound', 2))
      await answered('sound', 'I0')
      expect(answers.has('long')).toBe(false)
    })

    test('nothing, for a message on the wrong access point does not even come to it', async () => {
      const { message, say, answered, answers, s1sp, problems } = await homeAt(await choose())
      await s1sp.publish('wan/elster/10.20.0.11/down', message('astray', 1))
      await eventually(() => expect(problems.join()).toContain('no hub has this address'))
      await say(message('sound', 1))
      await answered('sound', 'I0')
      expect(answers.has('astray')).toBe(false)
    })
  })
}

hubRefusals('the embedded broker', async () => ({}))
describe.skipIf(!mosquitto.available)('with mosquitto', () => {
  hubRefusals('a mosquitto', async () => {
    const { url, logins, stop } = await startMosquitto(mosquitto.path ?? '')
    onTestFinished(stop)
    return { url, logins }
  })
})
