import { describe, expect, it } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import type { HanNode } from '../../src/ports/han.ts'
import { code, esmeId, house, hubId, otherCode } from './han-memory-house.ts'

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
