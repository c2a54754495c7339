/** Responses and callbacks over a line that loses, changes and delays octets: all of them, once and in order. */
import { expect, test } from 'vitest'
import { milliseconds, seconds } from '../../src/base/time.ts'
import { NcpLine } from '../../src/dongle/ezsp/ncp-line.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { AshHost } from '../helpers/ash-host.ts'
import { octetSource } from '../helpers/disturbed-octets.ts'
import { MemoryLine } from '../helpers/memory-line.ts'

const POWER_ON = 2

function bench() {
  const kernel = new Kernel({ seed: 'ash', startUnixMs: 0 })
  const line = new MemoryLine(kernel)
  const commands: string[] = []
  const restarts = { n: 0 }
  const ncp: NcpLine = new NcpLine(
    { link: line.device, clock: kernel, timers: kernel },
    {
      onCommand: body => {
        commands.push(Buffer.from(body).toString())
        ncp.respond(Uint8Array.from([...body, 0x21]))
      },
      onRestart: () => void restarts.n++,
    },
  )
  ncp.start(POWER_ON)
  const host = new AshHost(line.host, kernel)
  const run = (forUs: number) => kernel.runUntil(kernel.nowUs() + forUs)
  return { kernel, line, ncp, host, commands, restarts, run }
}
const text = (word: string) => new Uint8Array(Buffer.from(word))
const words = (host: AshHost) => host.told.map(body => Buffer.from(body).toString())

test('whatever the line does, each command and each callback arrives once, in order', () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const { line, ncp, host, commands, restarts, run } = bench()
    run(milliseconds(100))
    const { next, bytes } = octetSource(seed)
    line.disturb = octets => {
      const cut = next(octets.length + 1)
      switch (next(12)) {
        case 0:
          return []
        case 1:
          octets.set([next(256)], next(octets.length))
          return [octets]
        case 2:
          return [octets.slice(0, cut)]
        case 3:
          return [bytes(next(8)).map(octet => octet & 0x6f), octets]
        default:
          return [octets.slice(0, cut), octets.slice(cut)]
      }
    }
    const [asked, called]: string[][] = [[], []]
    for (let n = 0; n < 300; n++) {
      if (next(2) === 0) asked?.push(`ask ${n}`)
      else if (ncp.callBack(text(`call ${n}`))) called?.push(`call ${n}`)
      if (asked?.at(-1) === `ask ${n}`) host.send(text(`ask ${n}`))
      run(milliseconds(next(400)))
    }
    line.disturb = octets => [octets]
    run(seconds(30))
    expect([restarts.n, ncp.counts.failures, ncp.counts.lost], `seed ${seed}`).toEqual([1, 0, 0])
    expect(commands, `seed ${seed}`).toEqual(asked)
    expect(words(host).filter(word => word.startsWith('call'))).toEqual(called)
    expect(words(host).filter(word => word.startsWith('ask'))).toEqual(asked?.map(word => `${word}!`))
    expect(ncp.counts.retransmitted).toBeGreaterThan(20)
    expect(ncp.line.damaged).toBeGreaterThan(20)
  }
})

test('a host that acknowledges nothing ends the connection, until it resets the NCP', () => {
  const { ncp, host, restarts, run } = bench()
  run(milliseconds(100))
  host.mute = true
  ncp.callBack(text('anybody?'))
  run(seconds(12))
  expect(ncp.counts).toMatchObject({ failures: 1, lost: 1, retransmitted: 3 })
  expect(host.frames.at(-1)).toEqual({ type: 'error', version: 2, code: 0x51 })
  expect(ncp.callBack(text('anybody?'))).toBe(false)
  host.mute = false
  run(seconds(2))
  expect(restarts.n).toBe(2)
  expect(ncp.callBack(text('at last'))).toBe(true)
  run(milliseconds(100))
  expect(words(host).at(-1)).toBe('at last')
})

test('callbacks wait for a host that is not ready, answers do not; what there is no room for is lost and counted', () => {
  const { ncp, host, run } = bench()
  run(milliseconds(100))
  host.notReady = true
  host.acknowledge()
  run(milliseconds(10))
  for (let n = 0; n < 70; n++) ncp.callBack(text(`call ${n}`))
  host.send(text('ask'))
  run(milliseconds(100))
  expect(words(host)).toEqual(['ask!'])
  expect([ncp.waitingCallbacks, ncp.counts.lost]).toEqual([64, 6])
  host.notReady = false
  host.acknowledge()
  run(milliseconds(500))
  expect(words(host)).toHaveLength(65)
  expect(words(host).at(-1)).toBe('call 63')
})

test('a host that is not ready has to say so again', () => {
  const { ncp, host, run } = bench()
  run(milliseconds(100))
  host.notReady = true
  host.acknowledge()
  run(milliseconds(10))
  ncp.callBack(text('call'))
  run(milliseconds(900))
  expect(host.told).toHaveLength(0)
  run(milliseconds(200))
  expect(words(host)).toEqual(['call'])
})

test('a new host on the line begins with a reset; nothing of the one before reaches it', () => {
  const { line, ncp, host, restarts, run } = bench()
  run(milliseconds(100))
  line.cut('gone')
  ncp.callBack(text('for the first'))
  run(milliseconds(500))
  line.mend()
  host.reset()
  run(seconds(2))
  expect(restarts.n).toBe(2)
  expect(words(host)).toEqual([])
  ncp.callBack(text('for the second'))
  run(milliseconds(100))
  expect(words(host)).toEqual(['for the second'])
  expect(ncp.counts).toMatchObject({ resets: 2, lost: 0 })
})
