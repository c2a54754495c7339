import { describe, expect, it } from 'vitest'
import { milliseconds, minutes, seconds } from '../../src/base/time.ts'
import { esmeId, gsmeId, house, hubId } from './han-memory-house.ts'

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
