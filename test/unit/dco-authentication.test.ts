import { describe, expect, test } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import { minutes } from '../../src/base/time.ts'
import { encodeMessage } from '../../src/wan/messages/codec.ts'
import { type RequestKind, requestOf } from '../../src/wan/messages/requests.ts'
import type { Request } from '../../src/wan/messages/wan-types.generated.ts'
import { covered } from '../helpers/service-coverage.ts'
import { ID, restarted, settledHome } from './device-home.ts'

const S1SP = '51'.repeat(32)
const DCO = 'dc'.repeat(32)
const STRANGER = fromHex('00'.repeat(32))

/** A home whose hub asks for the DCO's authentication and holds its key. */
function guarded(options: Parameters<typeof settledHome>[0] = {}) {
  const home = settledHome({ asksDco: true, otherKeys: { s1sp: S1SP, dco: DCO }, ...options })
  for (const device of [ID.ESME, ID.GSME, ID.GPF]) home.installation.hub.commissioned.add(device)
  let counter = 0
  /** What the S1SP's head-end would be told; the hub answers under a key we do not listen to, so the outcome is seen at the device. */
  const order = <K extends RequestKind>(
    kind: K,
    device: string,
    parameters: NonNullable<Request[K]>,
    dcoKey?: Uint8Array,
  ) => {
    const id = `s1sp-${++counter}`
    const sentAtMs = home.kernel.unixMs()
    const request = requestOf(kind, parameters)
    const message = { id, correlationId: '', originator: 's1sp', targetDevice: device, counter, sentAtMs, request }
    home.down(encodeMessage(message, fromHex(S1SP), dcoKey))
    home.run(minutes(1))
  }
  const refused = (device: string) =>
    home
      .ask('readLog', device, { log: 'SECURITY', maxEntries: 10 })
      ?.readLog?.entries.map(({ code, text }) => `${code} ${text}`)
  return { home, order, refused, supply: () => home.installation.devices.esme?.supply.state }
}

describe('where the Group asks for the DCO', () => {
  test('a critical request that it has authenticated is carried out', () => {
    const { order, supply, refused } = guarded()
    order('disableSupply', ID.ESME, {}, fromHex(DCO))
    expect([supply(), refused(ID.ESME)]).toEqual(['OFF', []])
  })

  test.each([
    ['without its authentication', undefined, '8F30 7.2 of s1sp: the DCO has not authenticated it'],
    ['with another key', STRANGER, "8F3D 7.2 of s1sp: the DCO's authentication does not match"],
  ])('a critical request %s is refused, stands in the security log, and changes nothing', (_, dcoKey, entry) => {
    const { home, order, supply, refused } = guarded()
    order('disableSupply', ID.ESME, {}, dcoKey)
    expect(supply()).toBe('ON')
    expect(refused(ID.ESME)).toEqual([entry])
    expect(refused(ID.GPF)).toEqual([])
    expect(home.installation.devices.esme?.events.log('EVENT')).toEqual([])
    const alerts = home.events('device.event').filter(({ code }) => code === entry.slice(0, 4))
    expect(alerts).toHaveLength(1)
    covered('7.2', 'ESME', 'S1RIG_AUTHENTICATION')
  })

  test('what is not critical needs no authentication of the DCO', () => {
    const { home, order, refused } = guarded()
    order('updateSupplierName', ID.ESME, { name: 'Example Energy' })
    expect(home.installation.devices.esme?.settings.get('supplierName')).toBe('Example Energy')
    expect(refused(ID.ESME)).toEqual([])
  })

  test('the SMSO commands its own without it', () => {
    const { home, supply } = guarded()
    expect(home.ask('disableSupply', ID.ESME, {})?.code).toBe('I0')
    expect(supply()).toBe('OFF')
  })

  test('a hub that does not hold its key refuses everything critical', () => {
    const { order, supply, refused } = guarded({ otherKeys: { s1sp: S1SP } })
    order('disableSupply', ID.ESME, {}, fromHex(DCO))
    expect(supply()).toBe('ON')
    expect(refused(ID.ESME)).toHaveLength(1)
  })

  test('what was refused is remembered over a killed process', () => {
    const { home, order } = guarded()
    order('disableSupply', ID.ESME, {})
    const after = restarted(home)
    after.run(minutes(1))
    const log = after.ask('readLog', ID.ESME, { log: 'SECURITY', maxEntries: 10 })?.readLog
    expect(log?.entries.map(({ code }) => code)).toEqual(['8F30'])
  })
})

test('where the Group does not ask for the DCO, nobody misses it', () => {
  const { order, supply } = guarded({ asksDco: false })
  order('disableSupply', ID.ESME, {})
  expect(supply()).toBe('OFF')
})
