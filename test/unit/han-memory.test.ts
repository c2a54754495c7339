import { describe, expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { milliseconds, minutes, seconds } from '../../src/base/time.ts'
import { MemoryHan } from '../../src/han/memory-han.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { Tracer } from '../../src/kernel/tracer.ts'
import type { ApsPayload, DeliveryOutcome, HanNode } from '../../src/ports/han.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'

const hubId = '00db1234567800a1'
const esmeId = '00db1234567800b1'
const gsmeId = '00db1234567800c1'
const code = fromHex('83fed3407a939723a5c639b26916d505c3b5')
const otherCode = fromHex('83fed3407a932b70')

const frame = (mark: number): ApsPayload => ({
  profileId: 0x0109,
  clusterId: 0x0702,
  sourceEndpoint: 1,
  destinationEndpoint: 2,
  security: 'link',
  asdu: Uint8Array.of(mark, 0xab),
})

/** A formed HAN with an ESME and a GSME that joined before anything gets lost. */
function house(options: { seed?: string; loss?: number } = {}) {
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

describe('building a memory HAN', () => {
  it('refuses a second coordinator, a second node of one EUI-64, and what is no EUI-64', () => {
    const { han } = house()
    expect(() => han.coordinator('00db1234567800a2')).toThrow(`HAN: ${hubId} coordinates already`)
    expect(() => han.node(esmeId, 'router')).toThrow(`HAN: there is a node ${esmeId} already`)
    expect(() => han.node('00DB1234567800A9', 'router')).toThrow(/16 lower-case hex digits expected/)
  })

  it.each([-0.1, 1.1, Number.NaN])('refuses a loss of %d', loss => {
    expect(() => house({ loss })).toThrow(/a share from 0 to 1 expected/)
  })

  it('refuses to silence a node it does not have, and says which it has', () => {
    const { han } = house()
    expect(() => han.silence('00db1234567800ff')).toThrow(`no node 00db1234567800ff; there are ${hubId}, ${esmeId}`)
    expect(() => han.hear('00db1234567800ff')).toThrow(/no node/)
  })
})

describe('joining the memory HAN', () => {
  it('a join begun anew takes the place of the one under way', () => {
    const { esme, hub, run, log } = house()
    esme.leave()
    run(seconds(1))
    hub.permitJoining(minutes(2))
    log.length = 0
    esme.join(otherCode)
    run(seconds(5))
    esme.join(code)
    run(minutes(1))
    expect(log).toEqual(['esme joined'])
  })

  it('a node that leaves while it is joining does not join', () => {
    const { esme, hub, run, log } = house()
    esme.leave()
    hub.permitJoining(minutes(2))
    esme.join(code)
    run(seconds(2))
    esme.leave()
    run(minutes(1))
    expect(esme.joined).toBe(false)
    expect(log).not.toContain('esme joined')
  })

  it.each(['remove', 'silence'] as const)('a node that meets %s while the key is under way is refused', upset => {
    const { han, esme, hub, run, log } = house()
    esme.leave()
    run(seconds(1))
    hub.permitJoining(minutes(2))
    esme.join(code)
    run(milliseconds(16 * 138 + 100))
    if (upset === 'remove') hub.remove(esmeId)
    else han.silence(esmeId)
    run(minutes(1))
    expect(esme.joined).toBe(false)
    expect(log).toContain('esme failed no-key')
  })

  it('may be tried again from inside the refusal', () => {
    const { esme, hub, run } = house()
    esme.leave()
    let refusals = 0
    esme.listen({
      onData: () => {},
      onJoinFailed: () => {
        refusals++
        esme.join(code)
      },
    })
    esme.join(code)
    run(minutes(1))
    expect(refusals).toBeGreaterThan(10)
    hub.permitJoining(minutes(1))
    run(seconds(10))
    expect(esme.joined).toBe(true)
  })

  it('the coordinator itself joins nobody', () => {
    const { hub, run, log } = house()
    hub.permitJoining(minutes(1))
    hub.join(code)
    run(minutes(1))
    expect([log, hub.joined]).toEqual([['hub failed no-network'], true])
  })

  it('a coordinator that is told twice to form does so once, and not at all when it leaves first', () => {
    const { hub, run, log } = house()
    const network = { panId: 0x1a62, extendedPanId: '00db1234567800aa', channel: 15 }
    hub.form(network)
    hub.form(network)
    run(seconds(1))
    hub.form(network)
    hub.leave()
    run(seconds(1))
    expect([log, hub.joined]).toEqual([['hub joined', 'hub left'], false])
  })

  it('a coordinator that forms again keeps its nodes', () => {
    const { hub, esme, run, send } = house()
    hub.form({ panId: 0x1a62, extendedPanId: '00db1234567800aa', channel: 15 })
    run(seconds(1))
    const outcomes = send(esme, hubId, 1)
    run(seconds(1))
    expect(outcomes).toEqual(['delivered'])
  })

  it('a coordinator that leaves ends the network: its nodes learn of it once there is a new one', () => {
    const { hub, esme, run, send, log } = house()
    hub.leave()
    run(seconds(1))
    expect(log).toEqual(['hub left'])
    const outcomes = [send(esme, hubId, 1), send(hub, esmeId, 2)]
    run(minutes(1))
    expect(outcomes).toEqual([['unknown-destination'], ['not-joined']])
    hub.form({ panId: 0x1a63, extendedPanId: '00db1234567800ab', channel: 20 })
    run(seconds(1))
    outcomes.push(send(esme, hubId, 3))
    run(minutes(1))
    expect(outcomes.at(-1)).toEqual(['not-joined'])
    expect(esme.joined).toBe(false)
  })
})

describe('a node out of reach', () => {
  it('is removed without hearing of it, and learns when it next speaks', () => {
    const { han, hub, esme, run, send, log } = house()
    han.silence(esmeId)
    hub.remove(esmeId)
    run(minutes(1))
    const unheard = send(esme, hubId, 1)
    run(minutes(1))
    expect([esme.joined, log, unheard]).toEqual([true, [`hub lost ${esmeId}`], ['no-ack']])
    han.hear(esmeId)
    const heard = send(esme, hubId, 1)
    run(minutes(1))
    expect([esme.joined, log, heard]).toEqual([false, [`hub lost ${esmeId}`, 'esme left'], ['not-joined']])
  })

  it('was removed without hearing of it: it is not discovered, and learns when it asks itself', () => {
    const { han, hub, esme, run } = house()
    const query = { profileId: 0x0109, clusterId: 0x0702 }
    esme.addEndpoint({ endpoint: 1, ...query, deviceId: 0x0501, inputClusters: [0x0702], outputClusters: [] })
    const found: string[][] = []
    const ask = (node: HanNode) => {
      node.discover(query, endpoints => found.push(endpoints.map(({ device }) => device)))
      run(seconds(1))
    }
    ask(hub)
    han.silence(esmeId)
    hub.remove(esmeId)
    run(seconds(1))
    han.hear(esmeId)
    ask(hub)
    expect([found, esme.joined]).toEqual([[[esmeId], []], true])
    ask(esme)
    expect([found.at(-1), esme.joined]).toEqual([[], false])
  })

  it('leaves without the coordinator hearing of it, and gets nothing more', () => {
    const { han, hub, esme, run, send, log } = house()
    han.silence(esmeId)
    esme.leave()
    run(minutes(1))
    han.hear(esmeId)
    const outcomes = send(hub, esmeId, 1)
    run(minutes(1))
    expect([log, outcomes]).toEqual([['esme left'], ['no-ack']])
  })

  it('was removed: a join it begins when it is turned away takes the place of the one under way', () => {
    const { han, hub, esme, run } = house()
    han.silence(esmeId)
    hub.remove(esmeId)
    run(seconds(1))
    han.hear(esmeId)
    hub.authorise(esmeId, otherCode)
    hub.permitJoining(minutes(1))
    const log: string[] = []
    esme.listen({
      onData: () => {},
      onJoined: () => log.push('joined'),
      onJoinFailed: reason => log.push(reason),
      onLeft: () => {
        log.push('left')
        esme.join(otherCode)
      },
    })
    esme.join(code)
    run(minutes(1))
    expect(log).toEqual(['left', 'joined'])
  })

  it('was removed and listed again: it is turned away, then joins as a newcomer', () => {
    const { han, hub, esme, run, log } = house()
    han.silence(esmeId)
    hub.remove(esmeId)
    run(minutes(1))
    han.hear(esmeId)
    hub.authorise(esmeId, otherCode)
    hub.permitJoining(minutes(1))
    log.length = 0
    esme.join(otherCode)
    run(seconds(10))
    expect(log).toEqual(['esme left', 'esme joined'])
  })
})

describe('a lossy memory HAN', () => {
  it('delivers a frame once however often its acknowledgement is lost', () => {
    const seen = { deliveredUnconfirmed: 0, repeated: 0 }
    for (let seed = 0; seed < 200; seed++) {
      const { hub, esme, gsme, run, send, log } = house({ seed: `ack ${seed}`, loss: 0.6 })
      if (!esme.joined || !gsme.joined) throw new Error('joining is not subject to loss')
      const started = log.length
      const outcomes = send(hub, esmeId, 1)
      run(seconds(1))
      const early = [...outcomes]
      run(minutes(1))
      const arrived = log.slice(started).filter(line => line === 'esme got 1').length
      expect(arrived).toBeLessThanOrEqual(1)
      if (outcomes[0] === 'delivered') expect(arrived).toBe(1)
      if (outcomes[0] === 'no-ack' && arrived === 1) seen.deliveredUnconfirmed++
      if (outcomes[0] === 'delivered' && early.length === 0) seen.repeated++
    }
    expect(seen.deliveredUnconfirmed).toBeGreaterThan(5)
    expect(seen.repeated).toBeGreaterThan(5)
  })

  it('keeps a frame for the sleeper when the poll or the frame itself is lost', () => {
    const seen = { pollLost: 0, frameLost: 0, collectedLater: 0 }
    for (let seed = 0; seed < 50; seed++) {
      const { hub, gsme, run, send } = house({ seed: `poll ${seed}`, loss: 0.5 })
      let heard = 0
      let got = 0
      hub.listen({ onData: () => {}, onHeard: () => heard++ })
      gsme.listen({ onData: () => got++ })
      const outcomes = send(hub, gsmeId, 1)
      for (let polls = 1; polls <= 7 && got === 0; polls++) {
        heard = 0
        gsme.poll()
        run(seconds(1))
        if (heard === 0) seen.pollLost++
        else if (got === 0) seen.frameLost++
        else if (polls > 1) seen.collectedLater++
      }
      run(minutes(1))
      expect(got).toBeLessThanOrEqual(1)
      expect(outcomes).toEqual([got === 1 ? 'delivered' : 'expired'])
    }
    expect(Math.min(...Object.values(seen))).toBeGreaterThan(5)
  })

  it('may lose the word that a node was removed: the node learns when it next speaks', () => {
    let late = 0
    for (let seed = 0; seed < 20; seed++) {
      const { hub, esme, run, send } = house({ seed: `remove ${seed}`, loss: 0.5 })
      hub.remove(esmeId)
      run(minutes(1))
      if (esme.joined) late++
      send(esme, hubId, 1)
      run(minutes(1))
      expect(esme.joined).toBe(false)
    }
    expect(late).toBeGreaterThan(2)
  })
})

describe('polling the memory HAN', () => {
  it.each(Array.from({ length: 20 }, (_, seed) => `${seed}`))('keeps order under impatient polls (seed %s)', seed => {
    const { hub, gsme, run, send, log } = house({ seed })
    for (const mark of [1, 2, 3, 4, 5, 6]) send(hub, gsmeId, mark)
    for (let i = 0; i < 6; i++) gsme.poll()
    run(seconds(5))
    expect(log).toEqual([1, 2, 3, 4, 5, 6].map(mark => `gsme got ${mark}`))
  })

  it('is over for frames of a sleeper that was removed: they expire at once', () => {
    const { hub, run, send } = house()
    const outcomes = send(hub, gsmeId, 1)
    hub.remove(gsmeId)
    expect(outcomes).toEqual([])
    run(milliseconds(1))
    expect(outcomes).toEqual(['expired'])
  })

  it('is not answered with a frame when the sleeper leaves between poll and frame', () => {
    for (let seed = 0; seed < 20; seed++) {
      const { kernel, hub, gsme, run, send, log } = house({ seed: `leave ${seed}` })
      send(hub, gsmeId, 1)
      let heard = 0
      hub.listen({ onData: () => {}, onHeard: () => heard++ })
      gsme.poll()
      kernel.runUntil(kernel.nowUs() + seconds(1), () => heard > 0)
      gsme.leave()
      run(seconds(1))
      expect(log).toEqual(['gsme left'])
    }
  })

  it('stops when the sleeper leaves in the middle of it', () => {
    const { hub, gsme, run, send } = house()
    const got: (number | undefined)[] = []
    const answers: boolean[] = []
    gsme.listen({
      onData: (_, payload) => {
        got.push(payload.asdu[0])
        gsme.leave()
      },
    })
    const outcomes = [1, 2].map(mark => send(hub, gsmeId, mark))
    gsme.poll(received => answers.push(received))
    run(minutes(1))
    expect([got, answers]).toEqual([[1], [true]])
    expect(outcomes).toEqual([['delivered'], ['expired']])
  })
})

describe('the trace of the memory HAN', () => {
  it('holds the octets of what arrived and the reason of what did not', () => {
    const { han, hub, esme, run, send, events } = house()
    send(esme, hubId, 0x18)
    run(seconds(1))
    han.silence(esmeId)
    send(hub, esmeId, 0x19)
    run(seconds(30))
    const addresses = { profileId: 0x0109, clusterId: 0x0702, sourceEndpoint: 1, destinationEndpoint: 2 }
    expect(events).toEqual([
      { kind: 'han.frame', from: esmeId, to: hubId, ...addresses, asdu: '18ab' },
      { kind: 'han.frame-lost', from: hubId, to: esmeId, clusterId: 0x0702, reason: 'no-ack' },
    ])
  })

  it('is the same for the same seed and another for another', () => {
    const run = (seed: string) => {
      const { kernel, hub, gsme, esme, run: pass, send, events } = house({ seed, loss: 0.3 })
      const at: number[] = []
      for (let i = 0; i < 20; i++) {
        send(hub, esmeId, i)
        send(esme, gsmeId, i)
        gsme.poll(() => at.push(kernel.nowUs()))
        pass(seconds(1))
      }
      return { events, at }
    }
    expect(run('one')).toEqual(run('one'))
    expect(run('one').at).not.toEqual(run('two').at)
  })
})
