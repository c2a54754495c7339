/** The hardware of an installation as the rig holds it: lines into simulated time, relays, what is away. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { ByteLink, ByteLinkListener } from '../../src/ports/byte-link.ts'
import { Bench } from '../../src/rig/bench/bench.ts'
import { Relay } from '../../src/rig/bench/relay.ts'
import { StickLine } from '../../src/rig/bench/stick-line.ts'
import { chooseClock } from '../../src/rig/clocks/choose-clock.ts'
import { BROKER_PATIENCE, Flights } from '../../src/rig/clocks/flights.ts'
import type { Arrival } from '../../src/rig/clocks/inlet.ts'
import { type RunClock, type Timeline, VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { temporaryFolder } from '../helpers/migration.ts'

const timelineOf = (): Timeline => ({
  id: 'bench-1',
  kernel: new Kernel({ seed: 'bench', startUnixMs: 0 }),
  flights: new Flights({ patience: BROKER_PATIENCE }),
  lines: new Map(),
})

describe('the line to a stick', () => {
  function line() {
    const arrivals: string[] = []
    const timeline = timelineOf()
    class NotingClock extends VirtualRunClock {
      override inject(at: Timeline, name: string, fire: () => void, arrival?: Arrival): void {
        if (arrival?.from === 'line') arrivals.push(`${arrival.part} ${arrival.event.on}`)
        super.inject(at, name, fire)
      }
    }
    const made = new StickLine({ part: 'rcp', address: 'pty:/rcp', clock: new NotingClock(), timeline })
    const told: string[] = []
    made.listen({
      onOctets: octets => told.push(`octets ${octets}`),
      onUp: () => told.push('up'),
      onDown: why => told.push(`down ${why}`),
    })
    const pass = () => timeline.kernel.runUntil(timeline.kernel.nowUs() + 1)
    return { line: made, link: new Wire(), arrivals, told, pass }
  }

  it('tells nothing outside simulated time, and keeps octets whose owner goes on writing', () => {
    const { line: at, link, arrivals, told, pass } = line()
    at.attach(link)
    link.listener.onUp?.()
    const octets = Uint8Array.of(1, 2)
    link.listener.onOctets(octets)
    octets.fill(9)
    expect([told, at.up]).toEqual([[], false])
    pass()
    expect([told, at.up]).toEqual([['up', 'octets 1,2'], true])
    expect(arrivals).toEqual(['rcp up', 'rcp octets'])
  })

  it('tells once why it is down, however often the machine says so, and again when that changes', () => {
    const { line: at, link, told, pass } = line()
    for (const why of ['no such file', 'no such file', 'permission denied']) at.wentDown(why)
    pass()
    expect([told, at.why]).toEqual([['down no such file', 'down permission denied'], 'permission denied'])
    at.attach(link)
    link.listener.onUp?.()
    pass()
    link.listener.onDown?.('unplugged')
    pass()
    expect([at.up, at.why]).toEqual([false, 'unplugged'])
  })

  it('writes to the machine at once', () => {
    const { line: at, link } = line()
    expect(at.write(Uint8Array.of(7))).toBe(false)
    at.attach(link)
    at.write(Uint8Array.of(8))
    expect(link.written).toEqual(['8'])
  })
})

class Wire implements ByteLink {
  readonly name = 'wire'
  readonly up = false
  readonly written: string[] = []
  listener: ByteLinkListener = { onOctets: () => {} }
  listen(listener: ByteLinkListener): void {
    this.listener = listener
  }
  write(octets: Uint8Array): boolean {
    this.written.push(String(octets))
    return true
  }
  close(): void {}
}

describe('a relay', () => {
  /** A program that notes what it was called with. */
  function program(body = ''): { path: string; calls: () => string[] } {
    const folder = temporaryFolder()
    const [path, notes] = [join(folder, 'relay'), join(folder, 'notes')]
    writeFileSync(path, `#!/bin/sh\n${body}\necho "$@" >> ${notes}\n`)
    chmodSync(path, 0o755)
    const calls = () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n') : [])
    return { path, calls }
  }

  it('runs its programs one after the other, as they are written, without a shell', async () => {
    const { path, calls } = program('sleep 0.05')
    const problems: string[] = []
    const power = { off: [path, 'off', '$HOME; true'], on: [path, 'on'] }
    const relay = new Relay({ name: 'bench-1 esme', power, onProblem: text => problems.push(text) })
    const lift = relay.powerCut.add()
    lift()
    await relay.restore()
    expect([calls(), problems]).toEqual([['off $HOME; true', 'on'], []])
  })

  it('leaves nobody dark: a part without power at the end of a run gets it back', async () => {
    const { path, calls } = program()
    const relay = new Relay({ name: 'esme', power: { off: [path, 'off'], on: [path, 'on'] }, onProblem: () => {} })
    relay.powerCut.add()
    await relay.restore()
    await relay.restore()
    expect(calls()).toEqual(['off', 'on'])
  })

  it('says what the program said when it fails, and when it is not there', async () => {
    const { path } = program('echo "no relay at port 3" >&2; exit 4')
    const problems: string[] = []
    const power = { off: [path], on: ['/no/such/program'] }
    const relay = new Relay({ name: 'bench-1 esme', power, onProblem: text => problems.push(text) })
    relay.powerCut.add()()
    await relay.restore()
    expect(problems).toEqual([
      `bench-1 esme: power not switched off: ${path}: no relay at port 3`,
      expect.stringMatching(/^bench-1 esme: power not switched on: .*ENOENT/),
    ])
  })
})

describe('a bench', () => {
  function bench(clock: RunClock = new VirtualRunClock()) {
    const [record] = prepare({ rigFile: 'rigs/bench-cb.yaml' }).rig.installations
    if (!record) throw new Error('no installation')
    const timeline = timelineOf()
    const made = new Bench({ record, clock, timeline, onChange: () => {}, onProblem: () => {} })
    return { bench: made, record, timeline }
  }

  it('says by name which stick is away: the one of the hub counts for every device', () => {
    const { bench: one, record } = bench()
    const line = record.sticks[0]?.link
    const why = `stick rcp: line ${line} is down: the other side has not opened it yet`
    expect(one.away([record.devices.esme.deviceId])).toBe(why)
    expect(one.away([record.devices.chf.deviceId])).toBe(why)
    // The hub itself is here.
    expect(one.away([])).toBeUndefined()
    expect(one.absent({ coordinators: true })).toHaveLength(2)
  })

  it('learns from its line that a stick is away, and why', () => {
    const { bench: one, timeline, record } = bench()
    const away = () => one.away([record.devices.esme.deviceId])
    timeline.lines.get('rcp')?.({ on: 'down', reason: 'no such device' })
    expect(away()).toMatch(/is down: no such device$/)
    timeline.lines.get('rcp')?.({ on: 'up' })
    expect(away()).toMatch(/is up, and no RCP answers$/)
  })

  it('switches the power of real parts that have a relay, and of no others', () => {
    const { bench: one, record } = bench()
    const { esme, gsme, chf } = record.devices
    expect(one.powerOf(esme.deviceId)).toBeDefined()
    expect([gsme?.deviceId ?? '', chf.deviceId].map(id => one.powerOf(id))).toEqual([undefined, undefined])
  })
})

describe('the clock of a run', () => {
  const { rig: bench } = prepare({ rigFile: 'rigs/bench-cb.yaml' })
  const { rig: emulated } = prepare({ rigFile: 'rigs/cb-dual-fuel.yaml' })

  it('is real for real parts when nothing was said, and the usual one for others', () => {
    expect(chooseClock(bench, undefined, 'virtual').mode).toBe('real')
    expect(chooseClock(emulated, undefined, 'virtual').mode).toBe('virtual')
    expect(chooseClock(emulated, 'x60', 'real').mode).toBe('x60')
  })

  it.each(['virtual', 'x2'])('is not %s for real parts', asked => {
    expect(() => chooseClock(bench, asked, 'virtual')).toThrow(
      `clock ${asked}: bench-1 has real parts, which live by the wall clock; real expected`,
    )
  })
})
