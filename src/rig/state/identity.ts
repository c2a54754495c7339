/** What a state is of: nothing else can go on with it. */
import { UsageError } from '../../base/errors.ts'
import type { Rig } from '../../profiles/rig.ts'
import { HOME_PARTS } from '../home-record.ts'

/** Facts by what they are of; all have to be the same in every life. */
export type Identity = Readonly<Record<string, string>>

/** Of a rig and what is done with it: who is in it and how its devices have come to know each other. */
export function identityOf(command: 'up' | 'migrate', { rig, seed }: { rig: Rig; seed: string }): Identity {
  const homes = rig.installations.map(({ id, sim, devices, han }) => {
    const { chf, gpf } = devices
    const devicesThere = HOME_PARTS.flatMap(part => devices[part] ?? [])
    return [
      [`SIM of ${id}`, sim.imsi],
      [`HAN of ${id}`, `${han.kind}, ${han.application}`],
      [`devices of ${id}`, [chf, gpf, ...devicesThere].map(({ deviceId }) => deviceId).join(', ')],
    ] as const
  })
  return {
    ...{ command, rig: rig.name, Group: rig.group, seed },
    installations: rig.installations.map(({ id }) => id).join(', '),
    ...Object.fromEntries(homes.flat()),
  }
}

/** @throws UsageError that names the first fact in which they differ */
export function refuseOther(where: string, found: unknown, expected: Identity): void {
  const known: Readonly<Record<string, unknown>> = Object(found)
  for (const what of new Set([...Object.keys(expected), ...Object.keys(known)])) {
    if (known[what] === expected[what]) continue
    const [there, here] = [known[what], expected[what]].map(value => (value === undefined ? 'none' : `"${value}"`))
    throw new UsageError(`--state ${where}: ${what}: ${here} expected, found ${there}; choose another folder`)
  }
}
