import { describe, expect, it } from 'vitest'
import { milliseconds, minutes, seconds } from '../../src/base/time.ts'
import { code, esmeId, house, hubId, otherCode } from './han-memory-house.ts'

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
