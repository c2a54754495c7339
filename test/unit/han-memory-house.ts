/** A small home on the memory HAN, for the tests of what the HanNode contract leaves open. */
import { fromHex } from '../../src/base/bytes.ts'
import { minutes, seconds } from '../../src/base/time.ts'
import { MemoryHan } from '../../src/han/memory-han.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { Tracer } from '../../src/kernel/tracer.ts'
import type { ApsPayload, DeliveryOutcome, HanNode } from '../../src/ports/han.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'

export const hubId = '00db1234567800a1'
export const esmeId = '00db1234567800b1'
export const gsmeId = '00db1234567800c1'
export const code = fromHex('83fed3407a939723a5c639b26916d505c3b5')
export const otherCode = fromHex('83fed3407a932b70')

const frame = (mark: number): ApsPayload => ({
  profileId: 0x0109,
  clusterId: 0x0702,
  sourceEndpoint: 1,
  destinationEndpoint: 2,
  security: 'link',
  asdu: Uint8Array.of(mark, 0xab),
})

/** A formed HAN with an ESME and a GSME that joined before anything gets lost. */
export function house(options: { seed?: string; loss?: number } = {}) {
  const kernel = new Kernel({ seed: options.seed ?? 'memory', startUnixMs: 0 })
  const events: TraceEvent[] = []
  const tracer = new Tracer({ clock: kernel, installation: 'house', sink: record => events.push(record.event) })
  const han = new MemoryHan({
    clock: kernel,
    timers: kernel,
    random: kernel.random.stream('han'),
    trace: tracer.part('han'),
    ...(options.loss === undefined ? {} : { loss: options.loss }),
  })
  const hub = han.coordinator(hubId)
  const esme = han.node(esmeId, 'router')
  const gsme = han.node(gsmeId, 'sleepy-end-device')
  const run = (forUs: number) => void kernel.runUntil(kernel.nowUs() + forUs)
  const log: string[] = []
  const hear = (name: string, node: HanNode) =>
    node.listen({
      onData: (_, payload) => log.push(`${name} got ${payload.asdu[0]}`),
      onJoined: () => log.push(`${name} joined`),
      onJoinFailed: reason => log.push(`${name} failed ${reason}`),
      onLeft: () => log.push(`${name} left`),
      onDeviceLeft: device => log.push(`${name} lost ${device}`),
    })
  hear('hub', hub)
  hear('esme', esme)
  hear('gsme', gsme)
  hub.form({ panId: 0x1a62, extendedPanId: '00db1234567800aa', channel: 15 })
  hub.permitJoining(seconds(30))
  for (const node of [esme, gsme]) {
    hub.authorise(node.eui64, code)
    node.join(code)
  }
  run(minutes(1))
  log.length = 0
  events.length = 0
  const send = (from: HanNode, to: string, mark: number) => {
    const outcomes: DeliveryOutcome[] = []
    from.send(to, frame(mark), outcome => outcomes.push(outcome))
    return outcomes
  }
  return { kernel, han, hub, esme, gsme, run, log, events, send }
}
