import { describe, expect, it } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { hours, minutes } from '../../src/base/time.ts'
import { Joining } from '../../src/devices/joining.ts'
import { MemoryHan } from '../../src/han/memory-han.ts'
import { Kernel } from '../../src/kernel/kernel.ts'

const code = fromHex('83fed3407a939723a5c639b26916d505c3b5')

/** A device beside a hub that does not know it; `attempts` are when it tried to join, seconds. */
function device() {
  const kernel = new Kernel({ seed: 'joining', startUnixMs: 0 })
  const air = { clock: kernel, timers: kernel, random: kernel.random.stream('han'), trace: { emit: () => {} } }
  const han = new MemoryHan(air)
  const hub = han.coordinator('00db1234567800a1')
  hub.form({ panId: 1, extendedPanId: '00db1234567800a1', channel: 15 })
  const node = han.node('00db1234567800b1', 'router')
  const attempts: number[] = []
  const join = node.join.bind(node)
  node.join = installCode => {
    attempts.push(kernel.nowUs() / 1_000_000)
    join(installCode)
  }
  const joining = new Joining({ han: node, timers: kernel, random: kernel.random.stream('joining'), installCode: code })
  node.listen({
    onData: () => {},
    onJoined: () => joining.joined(),
    onJoinFailed: () => joining.again(),
    onLeft: () => joining.again(),
  })
  const gaps = () => attempts.slice(1).map((at, i) => at - (attempts[i] ?? 0))
  return { kernel, hub, node, joining, attempts, gaps, run: (us: number) => void kernel.runUntil(kernel.nowUs() + us) }
}

describe('a device that looks for its network', () => {
  it('tries at once, each minute for a quarter of an hour, then about hourly, without end', () => {
    const { joining, run, attempts, gaps } = device()
    joining.start()
    run(hours(240))
    expect(attempts[0]).toBe(0)
    const eager = gaps().slice(0, 15)
    const patient = gaps().slice(15)
    expect(Math.min(...eager)).toBeGreaterThanOrEqual(45)
    expect(Math.max(...eager)).toBeLessThan(75 + 15)
    expect(patient.length).toBeGreaterThan(150)
    expect(Math.min(...patient)).toBeGreaterThanOrEqual(30 * 60)
    expect(Math.max(...patient)).toBeLessThan(90 * 60 + 15)
  })

  it('stops when it has joined, and is eager again when it is taken off', () => {
    const { joining, run, attempts, hub, node } = device()
    joining.start()
    run(hours(10))
    hub.authorise(node.eui64, code)
    hub.permitJoining(hours(2))
    run(hours(2))
    expect(node.joined).toBe(true)
    const joined = attempts.length
    run(hours(48))
    expect(attempts).toHaveLength(joined)
    hub.remove(node.eui64)
    run(minutes(10))
    expect(attempts.length - joined).toBeGreaterThanOrEqual(6)
  })
})
