/**
 * Rows of the catalogue of service requests, one test each: asked through the broker, and then looked at from three sides, what was
 * said on the HAN, what the device holds, and what was answered. `complete` is the test that none of the rows was left out.
 */
import { expect, test } from 'vitest'
import { minutes, seconds } from '../../src/base/time.ts'
import {
  REQUEST_KINDS,
  type RequestKind,
  SERVICE_REFERENCE_VARIANTS,
  variantsOf,
} from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import { type DeviceType, SERVICE_CATALOGUE } from '../../src/wan/service-catalogue.ts'
import type { RequestHome, Said } from './request-home.ts'
import { covered } from './service-coverage.ts'

/** A gas meter that is asked something stays awake so long at most, from its report on. */
const AWAKE_US = seconds(10)

export interface Row<K extends RequestKind, H = unknown> {
  kind: K
  /** The kind's unless given. */
  variant?: string
  of: DeviceType
  /** Brings about what it takes: a home in prepayment, say. */
  given?: (home: RequestHome) => Promise<unknown>
  /** May follow from what the home is now. */
  asks: NonNullable<Request[K]> | ((home: RequestHome) => NonNullable<Request[K]>)
  /** Whose talk with the hub is heard; the device asked unless given. */
  at?: DeviceType
  /** What hub and device say to each other on these clusters, in order; none for what the hub knows itself. */
  han: readonly Said[]
  /** What the device holds before and after: `after` sees both. */
  holds: (home: RequestHome) => H
  /** Looks at answer and device; `before`: what `holds` gave before it was asked. */
  proves: (result: NonNullable<Response[K]>, held: H, before: H, home: RequestHome) => void
}

/** Registers rows as tests on a home that `home` gives. */
export function requestRows(home: () => RequestHome) {
  const seen = new Set<string>()
  return {
    row: <K extends RequestKind, H>(fact: string, row: Row<K, H>): void => {
      const variant = row.variant ?? SERVICE_REFERENCE_VARIANTS[row.kind]
      seen.add(`${variant} ${row.of}`)
      test(`${variant} of the ${row.of}: ${fact}`, async () => {
        const at = home()
        await row.given?.(at)
        const to = row.at ?? row.of
        // A gas meter that was just heard has fallen asleep by then.
        if (to === 'GSME') await at.pass(minutes(1))
        const before = row.holds(at)
        const asks = typeof row.asks === 'function' ? row.asks(at) : row.asks
        const answer = await at.ask(row.kind, row.of, asks, variant)
        expect(answer, answer.detail).toMatchObject({ code: 'I0' })
        const asked = at.asked(to, ...clustersOf(row))
        expect(asked.map(({ said }) => said)).toEqual(row.han)
        if (to === 'GSME' && asked[0]) expect(whenReached(at, asked[0].atUs)).toBe('when it had woken')
        row.proves(answer[row.kind] as NonNullable<Response[K]>, row.holds(at), before, at)
        covered(variant, row.of, 'I0')
      })
    },
    /** Every row of the catalogue that a device answers, of these variants and by each type of device the homes have, was there. */
    complete: (isMeant: (kind: RequestKind, variant: string) => boolean): void => {
      test('no row of the catalogue was left out', () => {
        const rows = REQUEST_KINDS.flatMap(kind =>
          variantsOf(kind)
            .filter(variant => isMeant(kind, variant))
            .flatMap(variant => SERVICE_CATALOGUE.get(variant)?.devices.map(of => `${variant} ${of}`) ?? []),
        )
        expect(rows.filter(row => !seen.has(row))).toEqual([])
      })
    },
  }
}

/** A gas meter sleeps: what the hub wants of it waits in the hub until it is heard, and reaches it while it stays awake. */
function whenReached(home: RequestHome, reachedUs: number): string {
  const spoken = home.spoken('GSME')
  const heard = spoken.findLast(({ said, atUs }) => said.startsWith('<') && atUs < reachedUs)
  if (!spoken[0]?.said.startsWith('<') || !heard || home.missed('GSME')) return 'before it was heard'
  return reachedUs - heard.atUs < AWAKE_US ? 'when it had woken' : 'when it had fallen asleep again'
}

/** Clusters that a row is about. */
export const clustersOf = ({ han }: Pick<Row<RequestKind>, 'han'>): string[] => [...new Set(han.map(clusterOf))]

/** `> read Metering SupplyStatus` is on Metering, and so is `> Metering.ChangeSupply`. */
const clusterOf = (said: Said): string => {
  const [, first = '', second = ''] = said.split(' ')
  return first.includes('.') ? (first.split('.')[0] ?? '') : second
}
