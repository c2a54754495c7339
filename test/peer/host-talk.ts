/** What an application of zigbee-herdsman does with a home: has values reported, reads and commands clusters it has added. */
import { expect } from 'vitest'
import type { Eui64 } from '../../src/base/ids.ts'
import type { Display } from '../../src/devices/display.ts'
import type { Herdsman } from './herdsman.ts'
import { MESSAGING, PREPAYMENT, PRICE } from './smart-energy-clusters.ts'

/** The meter's register comes by itself, `reports` times, and never less than it was. */
export async function hasReported(host: Herdsman, meter: Eui64, reports: number): Promise<void> {
  const endpoint = host.endpoint(meter)
  const { currentSummDelivered } = await endpoint.read('seMetering', ['currentSummDelivered'])
  expect(currentSummDelivered).toBeGreaterThan(0)
  await endpoint.bind('seMetering', host.here)
  await endpoint.configureReporting('seMetering', [
    { attribute: 'currentSummDelivered', minimumReportInterval: 1, maximumReportInterval: 2, reportableChange: 1 },
  ])
  const said = () => host.said(meter, 'attributeReport', 'seMetering')
  await host.until(() => said().length >= reports, `${reports} reports`)
  for (const { data } of said()) {
    expect(Object(data).currentSummDelivered).toBeGreaterThanOrEqual(currentSummDelivered as number)
  }
  await endpoint.unbind('seMetering', host.here)
}

/** The meter has a cluster that the host does not know by itself. */
export async function hasPrepayment(host: Herdsman, meter: Eui64): Promise<void> {
  host.device(meter).addCustomCluster(PREPAYMENT.name, PREPAYMENT)
  expect(await host.endpoint(meter).read(PREPAYMENT.ID, [0])).toEqual({ paymentControl: 0x0080 })
}

/** A price and a message that the host publishes are on the display's screen, and the message is confirmed as it asks. */
export async function showsNotices(host: Herdsman, display: Eui64, screen: () => Display['shown'] | undefined) {
  const device = host.device(display)
  for (const cluster of [PRICE, MESSAGING]) device.addCustomCluster(cluster.name, cluster)
  const tell = (cluster: number, payload: Record<string, unknown>) =>
    host.endpoint(display).commandResponse(cluster, 0, payload)
  const when = { currentTime: 1_000, startTime: 900, minutes: 0xffff }
  const price = { providerId: 0, rateLabel: Buffer.from('Standard'), eventId: 1, unit: 0, currency: 826, ...when }
  const unused = { priceRatio: 0xff, generationPrice: 0xffffffff, generationPriceRatio: 0xff }
  await tell(PRICE.ID, { ...price, digitsAndTier: 0x41, tiers: 0x11, price: 2_450, ...unused })
  await tell(MESSAGING.ID, { id: 7, control: 0x80, startTime: 0, minutes: 60, text: 'Hello' })
  const confirmed = () => host.said(display, 'commandMessageConfirmation', MESSAGING.name)
  await host.until(() => confirmed().length > 0, 'the message is confirmed')
  expect(confirmed()[0]?.data).toMatchObject({ id: 7 })
  expect(screen()?.price?.electricity).toEqual({ label: 'Standard', price: 2_450, digits: 4, currency: 826 })
  expect(screen()?.message).toEqual({ id: 7, text: 'Hello' })
}
