/** Faults of the devices of a home and of its line to the outside. */
import { parseSpan } from '../../base/time.ts'
import type { Part } from '../../profiles/parts.ts'
import type { Installation } from '../installation.ts'
import type { FaultEffect, FaultKind, FaultProblem } from './fault-kind.ts'
import { moment } from './fault-words.ts'

const expected = (what: string, found: string): FaultProblem => ({ problem: `${what} expected, found "${found}"` })

/** Done to the hub's line, wherever that is. */
const onLine = (does: NonNullable<FaultEffect['onLine']>): Pick<FaultEffect, 'onLine' | 'inject'> => ({
  onLine: does,
  inject: ({ record, hubHere }, { sims }) => does({ imsi: record.sim.imsi, wanOutage: hubHere?.wanOutage }, sims),
})

const firmware = (part: Part, what: string, set: (installation: Installation, value: string) => void): FaultKind => ({
  value: 'VERSION[,at:MOMENT]',
  to: { inside: part },
  does: `the ${what} runs and reports this firmware version, from power-on unless said otherwise`,
  effect(value, context) {
    const [, version = value, at] = /^(.*?)(?:,at:(.*))?$/.exec(value) ?? []
    if (!/^[\x20-\x7e]{1,16}$/.test(version)) return expected('a version of 1 to 16 printable characters', version)
    const when = at === undefined ? { sets: 'power-on' as const } : moment.read(at, context)
    if (!when) return { problem: `at: ${moment.form} expected, found "${at}"` }
    return {
      ...when,
      parts: [part],
      inject(installation) {
        set(installation, version)
        return undefined
      },
    }
  },
})

export const HOME_FAULTS: Readonly<Record<string, FaultKind>> = {
  'gsme.silent': {
    to: 'the air',
    value: 'SPAN such as 30h',
    does: 'the gas meter is unheard for SPAN before the migration begins and until the device checks are over',
    effect: value => {
      const lastsUs = parseSpan(value)
      if (!lastsUs) return expected('a span such as 30h, 90min or 2d', value)
      return {
        sets: 'settled',
        lifts: 'phase:credentials',
        lastsUs,
        parts: ['gsme'],
        inject({ han, record }) {
          const meter = record.devices.gsme?.deviceId ?? ''
          han.silence(meter)
          return () => han.hear(meter)
        },
      }
    },
  },
  'gsme.whitelist': {
    to: { inside: 'hub' },
    value: 'absent',
    does: 'the hub loses the gas meter from its whitelist after pre-migration configuration',
    effect: value =>
      value === 'absent'
        ? {
            sets: 'phase:apn-switch',
            parts: ['gsme'],
            inject({ hub, record }) {
              hub.whitelist.remove(record.devices.gsme?.deviceId ?? '')
              return undefined
            },
          }
        : expected('absent', value),
  },
  'sim.plan': {
    to: { inside: 'hub' },
    value: 'PLAN of the Group file, such as newcastle-only',
    does: 'whatever plan is ordered, the network goes on enforcing this one',
    effect: (value, { plans }) =>
      plans.includes(value)
        ? {
            sets: 'settled',
            ...onLine(({ imsi }, sims) => {
              sims.pinPlan(imsi, value)
              return undefined
            }),
          }
        : expected(`one of ${plans.join(', ')}`, value),
  },
  'hub.firmware': firmware('hub', 'hub', ({ hub }, value) => {
    hub.firmware = value
  }),
  'esme.firmware': firmware('esme', 'electricity meter', ({ devices: { esme } }, value) => {
    if (esme) esme.firmware = value
  }),
  'gsme.firmware': firmware('gsme', 'gas meter', ({ devices: { gsme } }, value) => {
    if (gsme) gsme.firmware = value
  }),
  'ppmid.firmware': firmware('ppmid', 'PPMID', ({ devices: { ppmid } }, value) => {
    if (ppmid) ppmid.firmware = value
  }),
}
