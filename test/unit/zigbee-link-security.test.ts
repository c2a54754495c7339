/** Key establishment between two nodes' link security over a link of octets: which suite in the end, and from which endpoint. */
import { describe, expect, it } from 'vitest'
import type { Eui64 } from '../../src/base/ids.ts'
import { milliseconds, minutes, seconds } from '../../src/base/time.ts'
import type { CryptoSuite } from '../../src/crypto/koblitz-curve.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import { LinkKeys } from '../../src/zigbee/aps/link-keys.ts'
import { type Credentials, type Ends, LinkSecurity } from '../../src/zigbee/link-security.ts'
import { Bench, HUB, METER } from './key-establishment-bench.ts'

const SERVED_AT: Record<Eui64, number> = { [HUB]: 42, [METER]: 7 }

/** A hub and a meter, and the link between them. */
function pair(suites: Record<Eui64, readonly CryptoSuite[]> = { [HUB]: [1, 2], [METER]: [1, 2] }) {
  const bench = new Bench()
  const { kernel } = bench
  const link = { longest: 200, finds: (_n: number): boolean => true, loses: (_: (typeof sent)[number]) => false }
  const found: { by: Eui64; atUs: number }[] = []
  const sent: (Ends & { from: Eui64; command: number | undefined })[] = []
  const nodes = new Map<Eui64, { security: LinkSecurity; linkKeys: LinkKeys; events: TraceEvent[]; hopeless: number }>()
  for (const [eui64, held] of Object.entries(suites)) {
    const credentials = Object.fromEntries(
      held.map(suite => {
        const authority = bench.authority(suite)
        return [suite, { ...authority.issue({ subject: eui64 }), authority }]
      }),
    ) as Credentials
    const linkKeys = new LinkKeys()
    const events: TraceEvent[] = []
    const security = new LinkSecurity({
      eui64,
      side: eui64 === HUB ? 'trust-centre' : 'joiner',
      credentials,
      timers: kernel,
      random: kernel.random.stream(eui64),
      trace: { emit: event => events.push(event) },
      linkKeys,
      endpoint: () => SERVED_AT[eui64] ?? 1,
      admits: () => true,
      find: (device, onFound) => {
        found.push({ by: eui64, atUs: kernel.nowUs() })
        const there = link.finds(found.length)
        kernel.after(milliseconds(5), 'find', () => onFound(there ? SERVED_AT[device] : undefined))
      },
      transmit: (ends, asdu, onOutcome) => {
        const flight = { ...ends, from: eui64, command: asdu[2] }
        sent.push(flight)
        const arrives = asdu.length <= link.longest && !link.loses(flight)
        kernel.after(milliseconds(5), 'link', () => {
          const { here, endpoint } = ends
          if (arrives) nodes.get(ends.device)?.security.receive({ device: eui64, endpoint: here, here: endpoint }, asdu)
          onOutcome(arrives)
        })
      },
      onEstablished: () => {},
      onHopeless: () => {
        node.hopeless++
      },
    })
    const node = { security, linkKeys, events, hopeless: 0 }
    nodes.set(eui64, node)
  }
  const at = (eui64: Eui64) => nodes.get(eui64)!
  const run = (forUs: number) => kernel.runUntil(kernel.nowUs() + forUs)
  const agreed = () =>
    at(METER).events.flatMap(event => (event.kind === 'han.link-key' ? [event.suite] : [])) satisfies CryptoSuite[]
  const failures = () => at(METER).events.flatMap(event => (event.kind === 'han.link-key-failed' ? [event.reason] : []))
  return { kernel, link, found, sent, at, run, agreed, failures }
}

describe('a joiner', () => {
  it('talks from its own endpoint to the one it was told, and is answered there', () => {
    const { at, run, sent, agreed } = pair()
    at(METER).security.begin(HUB)
    run(seconds(30))
    expect(agreed()).toEqual([2])
    const ways = new Set(
      sent.map(({ from, here, endpoint }) => `${from === HUB ? 'hub' : 'meter'} ${here} > ${endpoint}`),
    )
    expect(ways).toEqual(new Set(['meter 7 > 42', 'hub 42 > 7']))
    for (const [one, other] of [
      [HUB, METER],
      [METER, HUB],
    ] as const) {
      expect(at(one).linkKeys.get(other)?.state).toBe('verified')
    }
  })

  it('falls back on suite 1 when the long messages of suite 2 do not arrive', () => {
    const { at, run, link, agreed, failures } = pair()
    link.longest = 60
    at(METER).security.begin(HUB)
    run(seconds(30))
    expect([failures(), agreed()]).toEqual([['not-delivered'], [1]])
  })

  it('asks nobody for suites when it has only one', () => {
    const { at, run, sent, agreed } = pair({ [HUB]: [1, 2], [METER]: [1] })
    at(METER).security.begin(HUB)
    run(seconds(30))
    expect([sent.length, agreed()]).toEqual([6, [1]])
  })

  it('looks for the endpoint ten times, at least 10 s apart, then after 15 min again', () => {
    const { at, run, link, found, agreed } = pair()
    link.finds = n => n > 10
    at(METER).security.begin(HUB)
    run(minutes(14))
    expect(found).toHaveLength(10)
    const gaps = found.slice(1).map(({ atUs }, n) => atUs - (found[n]?.atUs ?? 0))
    for (const gap of gaps) expect([gap >= seconds(10), gap <= seconds(12) + milliseconds(5)]).toEqual([true, true])
    run(minutes(4))
    expect([found.length, agreed()]).toEqual([11, [2]])
  })

  it('off the network does nothing more, and begins again when it is back', () => {
    const { at, run, link, found, sent, agreed } = pair()
    link.finds = () => false
    at(METER).security.begin(HUB)
    run(seconds(1))
    at(METER).security.abandon()
    run(minutes(60))
    expect([found.length, sent.length]).toEqual([1, 0])
    link.finds = () => true
    at(METER).security.begin(HUB)
    run(seconds(30))
    expect(agreed()).toEqual([2])
  })
})

describe('a trust centre', () => {
  it('makes a new key with a device when told, and gives up on one that does not answer', () => {
    const { at, run, found, agreed } = pair()
    at(HUB).security.renew(METER)
    run(seconds(30))
    expect([found.length, agreed()]).toEqual([1, [2]])
    const mute = pair({ [HUB]: [1, 2] })
    mute.at(HUB).security.renew(METER)
    mute.run(minutes(60))
    expect(mute.found).toHaveLength(10)
  })

  it('whose last answer got lost, when the device has the new key already, comes to the same key in the end', () => {
    const { at, run, link } = pair()
    let lost = 0
    link.loses = ({ from, command }) => from === METER && command === 0x02 && lost++ === 0
    at(HUB).security.renew(METER)
    run(seconds(60))
    const [there, here] = [at(HUB).linkKeys.get(METER), at(METER).linkKeys.get(HUB)]
    expect([lost, there?.state]).toEqual([2, 'verified'])
    expect(there?.equals(here?.octets('data') ?? new Uint8Array())).toBe(true)
  })

  it('does not begin while an exchange is under way', () => {
    const { at, run, failures, agreed } = pair()
    at(METER).security.begin(HUB)
    run(seconds(1))
    at(HUB).security.renew(METER)
    run(seconds(30))
    expect([failures(), agreed()]).toEqual([[], [2]])
  })
})
