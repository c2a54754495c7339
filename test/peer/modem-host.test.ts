/** Our host of modems on real lines: a socket, and a serial device as the operating system has it. */
import { EventEmitter, once } from 'node:events'
import { join } from 'node:path'
import { expect, onTestFinished, type TestContext, test } from 'vitest'
import { minutes } from '../../src/base/time.ts'
import { AtModem } from '../../src/host/modem/at-modem.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import { openLink } from '../../src/links/open-link.ts'
import { BROKER_PATIENCE, Flights } from '../../src/rig/clocks/flights.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { HostLine } from '../../src/rig/dongles/host-line.ts'
import { start } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/migration.ts'
import { needsSerial } from '../helpers/serialport.ts'

/** `s1rig modem` in a process of its own, and a host of ours on the other end of its line. */
async function hostOf(listen: string, open: (line: string) => string) {
  const running = start(['modem', '--listen', listen, '--clock', 'x20'])
  const [, line = ''] = await running.says(/modem of home-1 on (\S+)/)
  await running.says(/"name":"registration","value":"home"/)
  const link = await openLink(open(line), { quiet: true })
  const kernel = new Kernel({ seed: 'host', startUnixMs: 0 })
  const clock = new PacedRunClock(1)
  const timeline = { id: 'host', kernel, flights: new Flights({ patience: BROKER_PATIENCE }), lines: new Map() }
  const hostLine = new HostLine({ link, clock, timeline, part: 'modem', onHost: () => {} })
  const host = new AtModem({ link: hostLine, timers: kernel })
  const happened = new EventEmitter()
  host.listen({
    onAttached: ({ apn, ip }) => happened.emit('outcome', `attached ${apn} ${ip}`),
    onAttachRefused: (apn, reason) => happened.emit('outcome', `refused ${apn} ${reason}`),
    onDetached: () => happened.emit('outcome', 'detached'),
    onMessage: () => {},
  })
  clock.add(timeline)
  onTestFinished(() => {
    clock.stop()
    link.close()
  })
  const attach = async (apn: string): Promise<unknown> => {
    const outcome = once(happened, 'outcome')
    clock.inject(timeline, 'attach', () => host.attach(apn))
    return (await outcome)[0]
  }
  await clock.waitFor(timeline, () => host.state.is === 'ready', minutes(1))
  return { host, attach, running, happened }
}

async function attachesOver({ host, attach, running, happened }: Awaited<ReturnType<typeof hostOf>>) {
  expect([host.state, host.identity.imsi, host.standing]).toEqual([{ is: 'ready' }, '234100123456781', 'welcome'])
  expect(await attach('newcastle')).toBe('attached newcastle 10.20.0.11')
  expect(await attach('elster')).toBe('refused elster plan')
  expect(await attach('newcastle')).toBe('attached newcastle 10.20.0.11')
  const gone = once(happened, 'outcome')
  running.child.kill('SIGKILL')
  expect(await gone).toEqual(['detached'])
}

test('over TCP it attaches the modem, learns of refusals, and of its end', { timeout: 60_000 }, async () => {
  await attachesOver(await hostOf('tcp://127.0.0.1:0', line => line))
})

test('over a serial device it does the same', { timeout: 60_000 }, async (context: TestContext) => {
  await needsSerial(context)
  const folder = temporaryFolder()
  const path = join(folder, 'modem')
  await attachesOver(await hostOf(`pty:${path}`, () => `serial:${path}?baud=115200`))
})
