/**
 * Rows of the catalogue that change something. Besides the good case: what is wrong with a request is named, and a critical one that is
 * not authenticated is not carried out; both change nothing, say nothing on the HAN and are written down. A gas meter is ordered when it
 * wakes, and has changed nothing before.
 */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type RequestKind, SERVICE_REFERENCE_VARIANTS } from '../../src/wan/messages/requests.ts'
import type { Request } from '../../src/wan/messages/wan-types.generated.ts'
import { type DeviceType, SERVICE_CATALOGUE } from '../../src/wan/service-catalogue.ts'
import { ASKERS, type Asker, type RequestHome, type RequestHomeSetup, requestHome } from './request-home.ts'
import { clustersOf, type Row, requestRows } from './request-rows.ts'
import { covered } from './service-coverage.ts'

type Params<K extends RequestKind> = NonNullable<Request[K]>

type Refusals<K extends RequestKind> = readonly (readonly [detail: string, parameters: Params<K>, by?: 'the device'])[]

export interface Order<K extends RequestKind, H = unknown> extends Row<K, H> {
  /** What cannot be asked, and how that is told: the field by its name in the contract; by the hub unless given. */
  refuses?: Refusals<K> | ((home: RequestHome) => Refusals<K>)
}

export interface OrderSetup extends RequestHomeSetup {
  /** Commissioned before the first test; what is critical wants that of others than the SMSO. */
  commissioned?: readonly DeviceType[]
}

/** How each attempt is answered, and written down. Whoever holds no key is not answered. */
const UNAUTHENTICATED = [
  ['a wrong key', undefined, '8F3D'],
  ['a name that holds no key', undefined, '8F3E'],
  ['no authentication of the DCO', 'S1RIG_AUTHENTICATION', '8F30'],
  ['a wrong authentication of the DCO', 'S1RIG_AUTHENTICATION', '8F3D'],
] as const satisfies readonly (readonly [Asker, string | undefined, string])[]

/** One home for all tests of a file, and what registers its rows. */
export function serviceOrders({ commissioned = ['GPF', 'ESME', 'GSME'], ...setup }: OrderSetup = {}) {
  let home: RequestHome
  beforeAll(async () => {
    home = await requestHome({ rig: 'rigs/cb-seven-devices.yaml', dco: true, ...setup })
    for (const of of commissioned) expect(await home.ask('commissionDevice', of, {})).toMatchObject({ code: 'I0' })
  })
  afterAll(() => home.close())
  const rows = requestRows(() => home)

  return {
    home: () => home,
    complete: rows.complete,
    order: <K extends RequestKind, H>(fact: string, row: Order<K, H>): void => {
      const variant = row.variant ?? SERVICE_REFERENCE_VARIANTS[row.kind]
      if (SERVICE_CATALOGUE.get(variant)?.critical) refusesStrangers(variant, row)
      if (row.refuses) refusesNonsense(variant, row, row.refuses)
      if (row.of === 'GSME' && row.han.length > 0) rows.row(fact, whenItWakes(row))
      else rows.row(fact, row)
    },
  }

  function refusesStrangers<K extends RequestKind, H>(variant: string, row: Order<K, H>): void {
    test(`${variant} of the ${row.of} is not carried out when it is not authenticated`, async () => {
      await row.given?.(home)
      const before = row.holds(home)
      const asks = typeof row.asks === 'function' ? row.asks(home) : row.asks
      for (const [asker, code, alert] of UNAUTHENTICATED) {
        const answer = await home.askAs(asker, row.kind, row.of, asks, variant)
        expect([asker, answer?.code]).toEqual([asker, code])
        expectNothing(row, before)
        expect(await newest('SECURITY')).toMatchObject({
          code: alert,
          text: expect.stringMatching(new RegExp(`^${variant} of ${ASKERS[asker].originator}: .*${home.idOf(row.of)}`)),
        })
      }
      covered(variant, row.of, 'S1RIG_AUTHENTICATION')
    })
  }

  function refusesNonsense<K extends RequestKind, H>(
    variant: string,
    row: Order<K, H>,
    refusals: NonNullable<Order<K, H>['refuses']>,
  ): void {
    test(`${variant} of the ${row.of} is refused as a whole when a parameter is wrong, and names it`, async () => {
      await row.given?.(home)
      const before = row.holds(home)
      for (const [detail, parameters, by] of typeof refusals === 'function' ? refusals(home) : refusals) {
        const answer = await home.ask(row.kind, row.of, parameters, variant)
        expect(answer).toMatchObject({ code: 'S1RIG_PARAMETER', detail: expect.stringContaining(detail) })
        if (by === 'the device') expect(row.holds(home)).toEqual(before)
        else expectNothing(row, before)
        const text = expect.stringContaining(`${variant} ${detail}`.slice(0, 100))
        expect(await newest('EVENT')).toMatchObject({ code: '8155', text })
      }
      covered(variant, row.of, 'S1RIG_PARAMETER')
    })
  }

  /** Nothing is ordered, and nothing has changed. */
  function expectNothing<K extends RequestKind, H>(row: Order<K, H>, before: unknown): void {
    const orders = home.asked(row.at ?? row.of, ...clustersOf(row))
    expect(
      orders.map(({ said }) => said).filter(said => said.startsWith('>') && !/^> (read|\w+\.Get)/.test(said)),
    ).toEqual([])
    expect(row.holds(home)).toEqual(before)
  }

  /** The newest entry of the hub's log. */
  async function newest(log: 'EVENT' | 'SECURITY') {
    return (await home.ask('readLog', 'CHF', { log, maxEntries: 1 })).readLog?.entries[0]
  }

  /** The row of a device that sleeps: it sleeps when it is asked, and speaks before it is ordered. */
  function whenItWakes<K extends RequestKind, H>(row: Order<K, H>): Order<K, H> {
    let asleep: unknown
    let woke: { held: unknown } | undefined
    return {
      ...row,
      asks: at => {
        const asks = typeof row.asks === 'function' ? row.asks(at) : row.asks
        asleep = row.holds(at)
        woke = undefined
        at.atNextWord(row.of, () => {
          woke = { held: row.holds(at) }
        })
        return asks
      },
      proves: (result, held, before, at) => {
        expect(woke?.held).toEqual(asleep)
        row.proves(result, held, before, at)
      },
    }
  }
}
