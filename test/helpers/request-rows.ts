/**
 * Rows of the catalogue of service requests, one test each: asked through the broker, and then looked at from three sides, what was
 * said on the HAN, what the device holds, and what was answered. `complete` is the test that none of the rows was left out.
 */
import { expect, test } from 'vitest'
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

export interface Row<K extends RequestKind> {
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
  holds: (home: RequestHome) => unknown
  /** Looks at answer and device; `before`: what `holds` gave before it was asked. */
  proves: (result: NonNullable<Response[K]>, held: unknown, before: unknown, home: RequestHome) => void
}

/** Registers rows as tests on a home that `home` gives. */
export function requestRows(home: () => RequestHome) {
  const seen = new Set<string>()
  return {
    row: <K extends RequestKind>(fact: string, row: Row<K>): void => {
      const variant = row.variant ?? SERVICE_REFERENCE_VARIANTS[row.kind]
      seen.add(`${variant} ${row.of}`)
      test(`${variant} of the ${row.of}: ${fact}`, async () => {
        const at = home()
        await row.given?.(at)
        const before = row.holds(at)
        const asks = typeof row.asks === 'function' ? row.asks(at) : row.asks
        const answer = await at.ask(row.kind, row.of, asks, variant)
        expect(answer, answer.detail).toMatchObject({ code: 'I0' })
        const said = at.said(row.at ?? row.of, ...clustersOf(row))
        expect(said.filter(isOfRequest)).toEqual(row.han)
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

/** What a gas meter reports of itself at a wake-up belongs to no request. */
const isOfRequest = (said: Said): boolean => !said.startsWith('< ReportAttributes')

/** Clusters that a row is about. */
export const clustersOf = ({ han }: Pick<Row<RequestKind>, 'han'>): string[] => [...new Set(han.map(clusterOf))]

/** `> read Metering SupplyStatus` is on Metering, and so is `> Metering.ChangeSupply`. */
const clusterOf = (said: Said): string => {
  const [, first = '', second = ''] = said.split(' ')
  return first.includes('.') ? (first.split('.')[0] ?? '') : second
}
