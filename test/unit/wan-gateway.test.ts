import { describe, expect, it } from 'vitest'
import { seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { PacketGateway } from '../../src/wan/packet-gateway.ts'
import { SimPlatform } from '../../src/wan/sim-platform.ts'

const plans = { both: ['newcastle', 'elster'], newcastle: ['newcastle'], elster: ['elster'] }
const ONE = '234100123456781'
const TWO = '234100123456782'

/** Two SIMs, each in a modem that takes 8 s to attach; both may use newcastle and elster. */
function network() {
  const kernel = new Kernel({ seed: 'gateway', startUnixMs: 0 })
  const sims = new SimPlatform({ plans, allocate: () => undefined })
  const log: string[] = []
  const events: TraceEvent[] = []
  const gateway = new PacketGateway({
    sims,
    outlet: {
      up: ({ hub, apn, ip }, octets) => log.push(`${hub} at ${apn} ${ip} sends ${octets}`),
      session: ({ hub, apn, ip }, state, reason) =>
        log.push(`${hub} ${state} at ${apn} ${ip}${reason ? ` (${reason})` : ''}`),
    },
  })
  const modem = (hub: string, imsi: string, number: number) => {
    const addresses = { newcastle: `10.20.0.${number}`, elster: `10.30.0.${number}` }
    sims.add({ imsi, iccid: '', msisdn: '', account: '', plan: 'both', addresses })
    const trace = { emit: (event: TraceEvent) => void events.push(event) }
    const link = gateway.link({ installation: hub, hub, imsi, timers: kernel, trace, attachUs: seconds(8) })
    link.listen({
      onAttached: ({ apn, ip }) => log.push(`${hub} attached ${apn} ${ip}`),
      onAttachRefused: (apn, reason) => log.push(`${hub} refused ${apn} (${reason})`),
      onDetached: reason => log.push(`${hub} detached (${reason})`),
      onMessage: octets => log.push(`${hub} got ${octets}`),
    })
    return link
  }
  const one = modem('one', ONE, 1)
  const two = modem('two', TWO, 2)
  const run = (forUs: number) => void kernel.runUntil(kernel.nowUs() + forUs)
  /** What happened since the last look. */
  const seen = () => log.splice(0)
  const say = (apn: string, ip: string) => gateway.down(apn, ip, Uint8Array.of(7))
  return { gateway, sims, one, two, run, seen, say, events }
}

/** As `network`, with the first hub attached on newcastle. */
function attached() {
  const net = network()
  net.one.attach('newcastle')
  net.run(seconds(8))
  net.seen()
  net.events.length = 0
  return net
}

describe('attaching', () => {
  it('takes the time it takes, and is announced with its address', () => {
    const { one, run, seen } = network()
    one.attach('newcastle')
    run(seconds(7.999))
    expect([seen(), one.session]).toEqual([[], undefined])
    run(seconds(0.001))
    expect(seen()).toEqual(['one up at newcastle 10.20.0.1', 'one attached newcastle 10.20.0.1'])
    expect(one.session).toEqual({ apn: 'newcastle', ip: '10.20.0.1' })
  })

  it('is refused where the plan does not list the access point', () => {
    const { one, sims, run, seen, events } = network()
    sims.handle('plan.set', { imsi: ONE, plan: 'newcastle' })
    one.attach('elster')
    run(seconds(8))
    expect(seen()).toEqual(['one refused elster (plan)'])
    expect(events).toEqual([{ kind: 'wan.attach-refused', apn: 'elster', reason: 'plan' }])
  })

  it('the plan that counts is the one in force when the modem gets there', () => {
    const { one, sims, run, seen } = network()
    sims.handle('plan.set', { imsi: ONE, plan: 'newcastle' })
    one.attach('elster')
    run(seconds(4))
    sims.handle('plan.set', { imsi: ONE, plan: 'elster' })
    run(seconds(4))
    expect(seen().at(-1)).toBe('one attached elster 10.30.0.1')
  })

  it('asked twice, it attaches once, where it was asked last', () => {
    const { one, run, seen } = network()
    one.attach('newcastle')
    run(seconds(4))
    one.attach('elster')
    run(seconds(60))
    expect(seen()).toEqual(['one up at elster 10.30.0.1', 'one attached elster 10.30.0.1'])
  })

  it('a modem that detaches while it attaches does not attach', () => {
    const { one, run, seen } = network()
    one.attach('newcastle')
    one.detach()
    run(seconds(60))
    expect(seen()).toEqual([])
  })

  it('without coverage it is refused, and goes through once there is some', () => {
    const { one, run, seen } = network()
    one.setCoverage(false)
    one.attach('newcastle')
    run(seconds(8))
    expect(seen()).toEqual(['one refused newcastle (no-coverage)'])
    one.setCoverage(true)
    one.attach('newcastle')
    run(seconds(8))
    expect(seen()).toHaveLength(2)
  })

  it('a SIM is in one modem only', () => {
    const { gateway } = network()
    const kernel = new Kernel({ seed: '', startUnixMs: 0 })
    const options = { installation: 'x', hub: 'x', imsi: ONE, timers: kernel, trace: { emit: () => {} }, attachUs: 0 }
    expect(() => gateway.link(options)).toThrow(`SIM ${ONE} is in a modem already`)
  })
})

describe('one session at a time', () => {
  it('a hub that attaches elsewhere is let go where it was', () => {
    const { one, run, seen, say, events } = attached()
    one.attach('elster')
    expect(seen()).toEqual(['one down at newcastle 10.20.0.1 (detached)'])
    run(seconds(8))
    seen()
    events.length = 0
    say('newcastle', '10.20.0.1')
    expect(seen()).toEqual([])
    expect(events).toEqual([
      { kind: 'wan.refused', reason: 'no-session', detail: 'nobody is attached at newcastle 10.20.0.1' },
    ])
    say('elster', '10.30.0.1')
    expect(seen()).toEqual(['one got 7'])
  })

  it('asking again for the same access point is a session begun anew', () => {
    const { one, run, seen } = attached()
    one.attach('newcastle')
    run(seconds(8))
    expect(seen()).toEqual([
      'one down at newcastle 10.20.0.1 (detached)',
      'one up at newcastle 10.20.0.1',
      'one attached newcastle 10.20.0.1',
    ])
  })
})

describe('messages', () => {
  it('reach the hub at its address, and carry its address when it sends', () => {
    const { one, say, seen, events } = attached()
    say('newcastle', '10.20.0.1')
    expect(one.send(Uint8Array.of(9))).toBe(true)
    expect(seen()).toEqual(['one got 7', 'one at newcastle 10.20.0.1 sends 9'])
    expect(events).toEqual([
      { kind: 'wan.down', apn: 'newcastle', ip: '10.20.0.1', octets: '07' },
      { kind: 'wan.up', apn: 'newcastle', ip: '10.20.0.1', octets: '09' },
    ])
  })

  it.each([
    ['its address on another access point', 'elster', '10.30.0.1'],
    ['an address of a hub that is not attached', 'newcastle', '10.20.0.2'],
  ])('for %s are refused and traced', (_, apn, ip) => {
    const { say, seen, events } = attached()
    say(apn, ip)
    expect(seen()).toEqual([])
    expect(events).toMatchObject([{ kind: 'wan.refused', reason: 'no-session' }])
  })

  it('for an address of nobody reach nobody', () => {
    const { gateway, say, seen, events } = attached()
    say('newcastle', '10.20.0.3')
    say('elster', '10.20.0.1')
    expect([seen(), events]).toEqual([[], []])
    expect(gateway.ownerOf('elster', '10.20.0.1')).toBeUndefined()
  })

  it('the owner of an address is known whether its hub is attached or not', () => {
    const { gateway, one, two } = attached()
    expect(gateway.ownerOf('newcastle', '10.20.0.1')).toBe(one)
    expect(gateway.ownerOf('elster', '10.30.0.1')).toBe(one)
    expect(gateway.ownerOf('newcastle', '10.20.0.2')).toBe(two)
  })

  it('a hub that is not attached sends nothing', () => {
    const { two, seen } = attached()
    expect(two.send(Uint8Array.of(9))).toBe(false)
    expect(seen()).toEqual([])
  })
})

describe('the end of a session', () => {
  it('comes when the plan no longer allows the access point', () => {
    const { sims, one, seen, say } = attached()
    sims.handle('plan.set', { imsi: ONE, plan: 'elster' })
    expect(seen()).toEqual(['one down at newcastle 10.20.0.1 (plan)', 'one detached (plan)'])
    expect(one.send(Uint8Array.of(9))).toBe(false)
    say('newcastle', '10.20.0.1')
    expect(seen()).toEqual([])
  })

  it('does not come with a plan that still allows it, nor with another SIM’s plan', () => {
    const { sims, seen } = attached()
    sims.handle('plan.set', { imsi: ONE, plan: 'newcastle' })
    sims.handle('plan.set', { imsi: TWO, plan: 'elster' })
    expect(seen()).toEqual([])
  })

  it('comes at once with a pinned plan that does not allow it', () => {
    const { sims, seen } = attached()
    sims.pinPlan(ONE, 'elster')
    expect(seen()).toContain('one detached (plan)')
  })

  it('comes with the end of coverage, once', () => {
    const { one, seen } = attached()
    one.setCoverage(false)
    one.setCoverage(false)
    expect(seen()).toEqual(['one down at newcastle 10.20.0.1 (no-coverage)', 'one detached (no-coverage)'])
  })

  it('asked for, it is not told back to the hub', () => {
    const { one, seen } = attached()
    one.detach()
    one.detach()
    expect(seen()).toEqual(['one down at newcastle 10.20.0.1 (detached)'])
  })
})

describe('what the network makes of a SIM', () => {
  it('is seen whether the modem is attached or not, and told when it changes', () => {
    const { one, sims, events } = network()
    const seen: unknown[] = []
    one.watchStanding(() => seen.push([one.standing, one.signalDbm]))
    sims.handle('plan.set', { imsi: ONE, plan: 'newcastle' })
    sims.handle('sim.suspend', { imsi: ONE })
    one.setCoverage(false)
    sims.handle('sim.resume', { imsi: ONE })
    one.setCoverage(true)
    expect(seen).toEqual([
      ['denied', -83],
      ['no-coverage', undefined],
      ['welcome', -83],
    ])
    expect(events).toEqual([])
  })

  it('a session ends when its SIM is suspended', () => {
    const { sims, seen, one, run } = attached()
    sims.handle('sim.suspend', { imsi: ONE })
    expect(seen()).toEqual(['one down at newcastle 10.20.0.1 (sim)', 'one detached (sim)'])
    one.attach('newcastle')
    run(seconds(8))
    expect(seen()).toEqual(['one refused newcastle (sim)'])
  })
})
