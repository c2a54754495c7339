/** The readings of the catalogue by the test file that proves them; test/scenario/service-readings.test.ts sees that none is missing. */
import type { RequestKind } from '../../src/wan/messages/requests.ts'

export const READINGS = {
  registers: ['4.1.1', '4.1.2', '4.1.3', '4.1.4', '4.11.1'],
  logs: ['4.4.2', '4.4.3', '4.6.1', '4.6.2', '4.17'],
  profiles: ['4.8.1', '4.8.2', '4.8.3', '4.10'],
  prepayment: ['4.3', '4.4.4', '4.4.5', '4.13', '4.14', '4.18', '6.2.9'],
  supply: ['4.2', '4.15', '4.16', '6.2.1', '6.2.5', '7.4'],
  configuration: ['6.2.2', '6.2.3', '6.2.7', '6.2.8', '6.2.10', '6.24.1'],
  identity: ['6.2.4', '6.13', '8.9', '11.2', 'S1RIG.READ_DISTRIBUTION'],
} as const satisfies Record<string, readonly string[]>

/** Of one of the files. */
export const isOneOf =
  (variants: readonly string[]) =>
  (_kind: RequestKind, variant: string): boolean =>
    variants.includes(variant)
