import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import { esmeId, gsmeId, house, hubId } from './han-memory-house.ts'

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
