/** What every CellularLink does about attaching, whatever carries it: the gateway's own link, or a modem on a line. */
import { describe, expect, it } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import type { CellularLink } from '../../src/ports/wan.ts'
import type { HubLink } from '../../src/wan/hub-link.ts'
import type { PacketGateway } from '../../src/wan/packet-gateway.ts'
import type { SimPlatform } from '../../src/wan/sim-platform.ts'
import { IMSI } from '../helpers/modem-bench.ts'

/** The SIM may use newcastle, where it has 10.20.0.11. Elster is not in its plan; 10.60.0.10 is free there. */
export interface CellularBench {
  link: CellularLink
  /** The network's side of it. */
  wan: HubLink
  gateway: PacketGateway
  sims: SimPlatform
  run(span: number): void
}

/** Longer than any link takes for anything. */
const WHILE = minutes(3)

export function cellularLinkContract(name: string, make: () => CellularBench): void {
  const bench = () => {
    const made = make()
    const { link, run } = made
    const log: string[] = []
    link.listen({
      onAttached: ({ apn, ip }) => log.push(`attached ${apn} ${ip}`),
      onAttachRefused: (apn, reason) => log.push(`refused ${apn} ${reason}`),
      onDetached: () => log.push('detached'),
      onMessage: () => log.push('message'),
    })
    link.watchStanding(() => log.push(link.standing))
    const seen = () => log.splice(0)
    const after = (act: () => void) => {
      act()
      run(WHILE)
      return seen()
    }
    return { ...made, seen, after }
  }
  const attached = () => {
    const made = bench()
    expect(made.after(() => made.link.attach('newcastle'))).toEqual(['attached newcastle 10.20.0.11'])
    return made
  }

  describe(`${name} as a cellular link`, () => {
    it('attaches, and is told its address', () => {
      const { link, wan } = attached()
      expect(wan.session).toEqual({ apn: 'newcastle', ip: '10.20.0.11' })
      expect([link.standing, link.signalDbm]).toEqual(['welcome', -83])
    })

    it('is told why it is refused, and nothing of it stays', () => {
      const { link, sims, wan, after } = bench()
      expect(after(() => link.attach('elster'))).toEqual(['refused elster plan'])
      sims.handle('plan.set', { imsi: IMSI, plan: 'both' })
      expect(after(() => link.attach('elster'))).toEqual(['refused elster no-address'])
      sims.handle('address.allocate', { imsi: IMSI, apn: 'elster' })
      expect(after(() => link.attach('elster'))).toEqual(['attached elster 10.60.0.10'])
      expect(wan.session).toEqual({ apn: 'elster', ip: '10.60.0.10' })
    })

    it('moves from one access point to another, without being told that it left', () => {
      const { link, sims, wan, after } = attached()
      sims.handle('plan.set', { imsi: IMSI, plan: 'both' })
      sims.handle('address.allocate', { imsi: IMSI, apn: 'elster' })
      expect(after(() => link.attach('elster'))).toEqual(['attached elster 10.60.0.10'])
      expect(wan.session?.apn).toBe('elster')
    })

    it('detaches without a word, and attaches again', () => {
      const { link, wan, after } = attached()
      expect(after(() => link.detach())).toEqual([])
      expect(wan.session).toBeUndefined()
      expect(after(() => link.attach('newcastle'))).toEqual(['attached newcastle 10.20.0.11'])
    })

    it('of attachments that are asked for one upon the other only the last counts', () => {
      const { link, wan, after, run } = bench()
      link.attach('elster')
      run(1_000_000)
      link.attach('newcastle')
      run(4_000_000)
      expect(after(() => link.attach('newcastle'))).toEqual(['attached newcastle 10.20.0.11'])
      expect(after(() => link.detach())).toEqual([])
      link.attach('newcastle')
      run(2_000_000)
      expect(after(() => link.detach())).toEqual([])
      expect(wan.session).toBeUndefined()
    })

    it('loses its session with its coverage, and is refused until it is back', () => {
      const { link, wan, after } = attached()
      expect(after(() => wan.setCoverage(false)).sort()).toEqual(['detached', 'no-coverage'])
      expect(link.signalDbm).toBeUndefined()
      expect(after(() => link.attach('newcastle'))).toEqual(['refused newcastle no-coverage'])
      expect(after(() => wan.setCoverage(true))).toEqual(['welcome'])
      expect(after(() => link.attach('newcastle'))).toEqual(['attached newcastle 10.20.0.11'])
    })

    it('loses its session when the SIM is suspended, and is refused until it is resumed', () => {
      const { link, sims, after } = attached()
      const told = after(() => sims.handle('sim.suspend', { imsi: IMSI }))
      expect(told).toContain('detached')
      expect(link.standing).toBe('denied')
      expect(after(() => link.attach('newcastle'))).toEqual(['refused newcastle sim'])
      after(() => sims.handle('sim.resume', { imsi: IMSI }))
      expect(link.standing).toBe('welcome')
      expect(after(() => link.attach('newcastle'))).toEqual(['attached newcastle 10.20.0.11'])
    })

    it('loses its session when the plan allows it no more', () => {
      const { link, sims, after } = bench()
      sims.handle('plan.set', { imsi: IMSI, plan: 'both' })
      sims.handle('address.allocate', { imsi: IMSI, apn: 'elster' })
      after(() => link.attach('elster'))
      expect(after(() => sims.handle('plan.set', { imsi: IMSI, plan: 'newcastle' }))).toEqual(['detached'])
      expect(link.standing).toBe('welcome')
    })
  })
}
