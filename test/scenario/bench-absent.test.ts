/** A bench whose hardware is not there: nothing runs, and it is said what is missing. */
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { exitCodeOf } from '../../src/cli/exit.ts'
import { HardwareAwayError } from '../../src/ports/rig-control.ts'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { homeOnStick } from '../helpers/bench.ts'
import { migrateRig } from '../helpers/migration.ts'
import { Wall } from '../helpers/wall.ts'

/** What a run ends with whose stick is at this line; the wait for it passes quickly. */
async function errorOf(link: string): Promise<unknown> {
  const rig = homeOnStick('spinel')
  writeFileSync(rig, readFileSync(rig, 'utf8').replace('tcp://127.0.0.1:1', link))
  const wall = new Wall()
  const passing = setInterval(() => wall.pass(200), 10)
  onTestFinished(() => clearInterval(passing))
  return migrateRig({ rig, clock: new PacedRunClock(1, wall) }).then(
    () => undefined,
    error => error,
  )
}

test('without the stick nothing runs, and the exit code is 5', async () => {
  const error = await errorOf('tcp://127.0.0.1:1')
  expect(error).toBeInstanceOf(HardwareAwayError)
  expect(String(error)).toMatch(/bench-1: stick stick: line tcp:\/\/127\.0\.0\.1:1 is down: .*ECONNREFUSED/)
  expect(exitCodeOf(error)).toBe(5)
})

test('nor does it where something else is plugged in', async () => {
  const server = createServer(socket => socket.on('error', () => {}).resume())
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  expect(String(await errorOf(`tcp://127.0.0.1:${port}`))).toMatch(/is up, and no RCP answers$/)
})

test('nor where this machine cannot open such a line', async () => {
  const error = await errorOf('pty:/proc')
  expect(error).toBeInstanceOf(HardwareAwayError)
  expect(String(error)).toMatch(/stick stick: pty:\/proc: there is something at that path already/)
})
