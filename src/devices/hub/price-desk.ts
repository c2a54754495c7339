/**
 * What energy costs in this home: each meter tells the hub its price, the hub tells it whoever asks, and when it changes
 * those who have asked before.
 * @source assumed: that the hub passes prices on, and that it knows none of a fuel whose meter was taken off its list
 */
import type { Eui64 } from '../../base/ids.ts'
import type { Trace } from '../../ports/trace.ts'
import type { ZclEndpoint } from '../../zcl/node.ts'
import { Status } from '../../zcl/status.ts'
import type { Peer } from '../../zcl/transactions.ts'
import { type Fuel, fromPublishPrice, type PublishPrice } from '../notices.ts'
import type { DeviceLog } from './device-log.ts'
import { type EsiNotices, priceFlaw } from './esi-notices.ts'
import type { HanDeviceType } from './hub-options.ts'

const PRICE_CLUSTER = 0x0700
const FUEL_OF: Partial<Record<HanDeviceType, Fuel>> = { ESME: 'electricity', GSME: 'gas' }

export interface PriceDeskOptions {
  esi: ZclEndpoint
  notices: EsiNotices
  inventory: ReadonlyMap<Eui64, HanDeviceType>
  deviceLog: Pick<DeviceLog, 'has' | 'isJoined'>
  trace: Trace
}

/** Serves prices and messages at the ESI, and takes prices from meters. */
export function servePrices({ esi, notices, inventory, deviceLog, trace }: PriceDeskOptions): void {
  const isUnlisted = (fuel: Fuel) => {
    const [meter] = [...inventory].find(([, type]) => FUEL_OF[type] === fuel) ?? []
    return meter !== undefined && !deviceLog.has(meter)
  }
  // A gas meter has no use for the price of electricity. @source assumed
  const fuelsFor = (device: Eui64): readonly Fuel[] =>
    inventory.get(device) === 'GSME' ? ['gas'] : ['electricity', 'gas']
  notices.serve(esi, device => fuelsFor(device).filter(fuel => !isUnlisted(fuel)))

  const refuse = ({ device }: Peer, detail: string): number => {
    trace.emit({ kind: 'zcl.malformed', from: device, clusterId: PRICE_CLUSTER, code: 'se.notice', detail })
    return Status.INVALID_VALUE
  }
  const take = (payload: PublishPrice, from: Peer): number => {
    const type = inventory.get(from.device)
    const fuel = type && FUEL_OF[type]
    if (!fuel || !deviceLog.has(from.device)) return Status.NOT_AUTHORIZED
    const published = fromPublishPrice(payload)
    if (typeof published === 'string') return refuse(from, published)
    const { price } = published
    const flaw = published.fuel === fuel ? priceFlaw(price) : `a price of ${published.fuel} of a meter of ${fuel}`
    if (flaw) return refuse(from, flaw)
    if (notices.isPrice(fuel, price)) return Status.SUCCESS
    notices.setPrice(fuel, price)
    tellListeners(fuel)
    return Status.SUCCESS
  }
  /** One that does not hear it asks later. */
  const tellListeners = (fuel: Fuel): void => {
    const price = notices.publishPrice(fuel)
    if (!price) return
    for (const peer of notices.listeners) {
      if (deviceLog.isJoined(peer.device)) esi.send(peer, 'Price', 'PublishPrice', price)
    }
  }
  esi.use('Price', { commands: { PublishPrice: take } })
}
