/** The broker goes away in the middle of a migration and does not come back, or comes back without its memory. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PacedRunClock } from '../../src/rig/clocks/paced-run-clock.ts'
import { freePort } from '../helpers/free-port.ts'
import { type Attempt, type Migrated, migrateRig, temporaryFolder } from '../helpers/migration.ts'
import { kill, runMosquitto } from '../helpers/mosquitto.ts'
import { observedBroker } from '../helpers/observed-broker.ts'
import { needs } from '../peer/strangers.ts'

/** With a broker that is away, not with one that is slow on a busy machine. */
const IMPATIENT = { deliveryMs: 10_000, outageMs: 400, endMs: 200 }

/** Does something once, as a step begins. */
function asBegins(step: string, act: () => void): Attempt['listener'] {
  let done = false
  return {
    stepStarted: started => {
      if (started.step !== step || done) return
      done = true
      act()
    },
  }
}

const blocked = ({ verdicts }: Migrated) => verdicts.filter(({ verdict }) => verdict === 'BLOCKED')

describe('a broker that is gone for good', () => {
  test.each([
    ['CB-PRE-REACH', 'newcastle'],
    ['CB-NET-PLAN', 'newcastle'],
    ['CB-APN-SWITCH', 'newcastle'],
    ['CB-CHK-GT01', 'elster'],
    ['CB-KEY-ROTATE', 'elster'],
    ['CB-COM-ALERT', 'elster'],
    ['CB-POST-SILENT', 'elster'],
  ])('from %s on blocks that step and skips the rest, and the home was last seen at %s', async (step, attached) => {
    const { broker, choice } = await observedBroker()
    const listener = asBegins(step, () => void broker.close())
    const run = await migrateRig({ broker: { ...choice, patience: IMPATIENT }, ...(listener && { listener }) })
    expect(run.exitCode).toBe(1)
    expect(blocked(run)).toMatchObject([
      { step, reason: expect.stringMatching(/^the broker was out of reach for 0\.4 s/) },
    ])
    const after = run.verdicts.slice(run.verdicts.findIndex(({ verdict }) => verdict === 'BLOCKED') + 1)
    expect(new Set(after.map(({ verdict }) => verdict))).toEqual(new Set(['SKIPPED']))
    expect(run.conditions).toMatchObject([
      { attached, means: expect.stringMatching(/^as last seen, for the broker was/) },
    ])
    expect(JSON.parse(readFileSync(join(run.directory, 'manifest.json'), 'utf8')).complete).toBe(true)
  })

  test('during ordinary life blocks the first step', async () => {
    const { broker, choice } = await observedBroker()
    const run = await migrateRig({
      broker: { ...choice, patience: IMPATIENT },
      listener: { note: () => void broker.close() },
    })
    expect(run.exitCode).toBe(1)
    expect(blocked(run)).toMatchObject([{ step: 'CB-PRE-REACH' }])
  })

  test('under a paced clock ends the run as well', async () => {
    const { broker, choice } = await observedBroker()
    const listener = asBegins('CB-PRE-KEYS', () => void broker.close())
    const run = await migrateRig({
      broker: { ...choice, patience: IMPATIENT },
      clock: new PacedRunClock(3_600),
      // At this pace a second of a busy machine is an hour.
      settings: ['clock.toleranceS=3600', 'wan.answerWithinS=7200', 'wan.sessionWithinS=7200'],
      ...(listener && { listener }),
    })
    expect(run.exitCode).toBe(1)
    expect(blocked(run)).toMatchObject([
      { step: 'CB-PRE-KEYS', reason: expect.stringMatching(/did not take|out of reach/) },
    ])
  })
})

describe('a mosquitto', () => {
  async function mosquitto(context: Parameters<typeof needs>[0]) {
    const program = needs(context, 'mosquitto')
    const [port, cwd] = [await freePort(), temporaryFolder()]
    writeFileSync(join(cwd, 'conf'), `listener ${port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n`)
    const run = () => runMosquitto(program, { conf: 'conf', port, cwd })
    return { url: `mqtt://127.0.0.1:${port}`, child: await run(), run }
  }

  test('in the place of our own broker leaves the trace hash as it is', async context => {
    const { url } = await mosquitto(context)
    const [ours, theirs] = [await migrateRig(), await migrateRig({ broker: { url } })]
    expect(theirs.exitCode).toBe(0)
    expect(theirs.traceHash).toBe(ours.traceHash)
  })

  test.each(['CB-PRE-REACH', 'CB-NET-PLAN', 'CB-APN-SWITCH', 'CB-CHK-GT01', 'CB-KEY-ROTATE', 'CB-CLO-PLAN'])(
    'killed as %s begins, and started again without its memory, changes no verdict',
    async (step, ...rest) => {
      const [context] = rest as unknown as [Parameters<typeof needs>[0]]
      const { url, child, run: again } = await mosquitto(context)
      const listener = asBegins(step, () => void kill(child).then(again))
      const patience = { deliveryMs: 1_000, outageMs: 25_000 }
      const run = await migrateRig({ broker: { url, patience }, ...(listener && { listener }) })
      expect(run.exitCode, JSON.stringify(blocked(run))).toBe(0)
      const events = run.rig.installation('home-1').hub.alerts.eventLog.newest(100)
      expect(events.filter(({ code }) => code === 'APN_SET')).toHaveLength(1)
      expect(events.filter(({ code }) => code === '8F70')).toHaveLength(3)
    },
  )

  test('that hangs blocks the step, and the run ends', async context => {
    const { url, child } = await mosquitto(context)
    const listener = asBegins('CB-CHK-GT01', () => void child.kill('SIGSTOP'))
    const patience = { ...IMPATIENT, deliveryMs: 3_000 }
    const run = await migrateRig({ broker: { url, patience }, ...(listener && { listener }) })
    expect(run.exitCode).toBe(1)
    expect(blocked(run)).toMatchObject([{ step: 'CB-CHK-GT01', reason: expect.stringContaining('did not deliver') }])
  })
})
