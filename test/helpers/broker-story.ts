/** What of a migration must not depend on the broker. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Migrated } from './migration.ts'

/** Verdicts, and what the hub and the operator did. */
export function story({ verdicts, rig, directory }: Migrated, id = 'home-1') {
  const trace = readFileSync(join(directory, 'trace.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  const mine = trace.filter(({ installation }) => installation === id).map(({ event }) => event)
  const orders = mine.filter(({ kind }) => kind === 'csp.request').map(({ verb }) => verb)
  const events = rig.installation(id).hub.alerts.eventLog.newest(100).reverse()
  return {
    verdicts: verdicts
      .filter(({ installation }) => installation === id)
      .map(({ step, deviceType, verdict }) => [step, deviceType, verdict].filter(Boolean).join(' ')),
    hub: events.map(({ code, text }) => `${code} ${text}`).filter(text => !text.includes('joined')),
    orders,
  }
}
