/** Numbers by which a modem and its terminal speak of the network. */
import type { CmeError } from './result-codes.ts'

/** `<stat>` of +CREG, +CGREG and +CEREG. @source 3GPP TS 27.007, 7.2 */
export const REGISTRATION = { idle: 0, home: 1, searching: 2, denied: 3, unknown: 4, roaming: 5 } as const
export type RegistrationState = keyof typeof REGISTRATION

/** `<AcT>`. @source 3GPP TS 27.007, 7.3 */
export const ACCESS_TECHNOLOGY = { gsm: 0, lte: 7 } as const
export type Technology = keyof typeof ACCESS_TECHNOLOGY

/** `<rssi>` of +CSQ; 99: not known. @source 3GPP TS 27.007, 8.5 */
export function toCsq(signalDbm: number | undefined): number {
  return signalDbm === undefined ? 99 : Math.max(0, Math.min(31, Math.round((signalDbm + 113) / 2)))
}

/** dBm; undefined when it is not known. */
export const fromCsq = (rssi: number): number | undefined => (rssi >= 0 && rssi <= 31 ? rssi * 2 - 113 : undefined)

/**
 * How a refusal of the SM WAN (AttachRefusal) is told. @source 3GPP TS 27.007, 9.2.2 (causes 33, 28, 34, 3 of TS 24.008); which
 * cause a network gives for which refusal: assumed
 */
export const REFUSALS = {
  plan: 133,
  'no-address': 128,
  'apn-down': 134,
  sim: 103,
  'no-coverage': 30,
} as const satisfies Record<string, CmeError>
