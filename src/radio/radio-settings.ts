/** What a radio can be told: power-on settings and the bounds of every setting and option. */
import { didYouMean, InvariantError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import type { RadioSettings, TransmitOptions } from '../ports/radio.ts'
import { LONGEST_FRAME } from './mac-frame.ts'
import { FIRST_CHANNEL, LAST_CHANNEL } from './phy.ts'

/** The shortest frame without FCS: frame control and sequence number. */
const SHORTEST_FRAME = 3
const MOST_ATTEMPTS = 16

export const powerOnSettings = (extendedAddress: Eui64): RadioSettings => ({
  channel: FIRST_CHANNEL,
  panId: 0xffff,
  shortAddress: 0xffff,
  extendedAddress,
  panCoordinator: false,
  rxOnWhenIdle: true,
  promiscuous: false,
  sourceMatch: true,
})

const known = Object.keys(powerOnSettings('')) as (keyof RadioSettings)[]

/** @throws InvariantError for an unknown setting or a value out of range */
export function checkSettings(radio: string, changes: Partial<RadioSettings>): void {
  const unknown = Object.keys(changes).find(name => !known.some(each => each === name))
  if (unknown !== undefined) {
    const near = didYouMean(unknown, known)
    throw new InvariantError(`radio ${radio}: no setting "${unknown}"${near ? `; did you mean "${near}"?` : ''}`)
  }
  const { channel, panId, shortAddress, extendedAddress } = changes
  if (channel !== undefined) checkChannel(radio, channel)
  if (panId !== undefined) checkWhole(radio, 'panId', panId, 0, 0xffff)
  if (shortAddress !== undefined) checkWhole(radio, 'shortAddress', shortAddress, 0, 0xffff)
  if (extendedAddress !== undefined) checkExtended(radio, extendedAddress)
  for (const name of ['panCoordinator', 'rxOnWhenIdle', 'promiscuous', 'sourceMatch'] as const) {
    const value: unknown = changes[name]
    if (value !== undefined && typeof value !== 'boolean') {
      throw new InvariantError(`radio ${radio}: ${name} is ${String(value)}, true or false expected`)
    }
  }
}

/** @throws InvariantError for a frame too short or too long, or an option out of range */
export function checkTransmission(radio: string, psdu: Uint8Array, { channel, attempts }: TransmitOptions): void {
  checkWhole(radio, 'frame length without FCS', psdu.length, SHORTEST_FRAME, LONGEST_FRAME)
  if (channel !== undefined) checkChannel(radio, channel)
  if (attempts !== undefined) checkWhole(radio, 'attempts', attempts, 1, MOST_ATTEMPTS)
}

/** @throws InvariantError for a channel or a span out of range */
export function checkScan(radio: string, channel: number, forUs: Micros): void {
  checkChannel(radio, channel)
  checkWhole(radio, 'scan duration', forUs, 1, Number.MAX_SAFE_INTEGER)
}

/** @throws InvariantError for a child that is neither a short nor an extended address */
export function checkChild(radio: string, child: number | Eui64): void {
  if (typeof child === 'number') checkWhole(radio, 'short address of a child', child, 0, 0xffff)
  else checkExtended(radio, child)
}

/** @throws InvariantError when it is no EUI-64 */
export function checkExtended(radio: string, address: string): void {
  if (/^[0-9a-f]{16}$/.test(address)) return
  throw new InvariantError(`radio ${radio}: "${address}" found, an EUI-64 as 16 lower-case hex digits expected`)
}

const checkChannel = (radio: string, channel: number): void =>
  checkWhole(radio, 'channel', channel, FIRST_CHANNEL, LAST_CHANNEL)

function checkWhole(radio: string, name: string, value: number, from: number, to: number): void {
  if (Number.isInteger(value) && value >= from && value <= to) return
  throw new InvariantError(`radio ${radio}: ${name} is ${value}, a whole number ${from}..${to} expected`)
}
