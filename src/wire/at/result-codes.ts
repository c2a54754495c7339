/** How a command line ends. */

/** Final result codes and their numbers with V0. @source ITU-T V.250, 5.7.1 */
export const RESULT_CODES = {
  OK: 0,
  CONNECT: 1,
  RING: 2,
  'NO CARRIER': 3,
  ERROR: 4,
  'NO DIALTONE': 6,
  BUSY: 7,
  'NO ANSWER': 8,
} as const
export type ResultCode = keyof typeof RESULT_CODES

/** Errors of the equipment and the network. @source 3GPP TS 27.007, 9.2 */
export const CME_ERRORS = {
  0: 'phone failure',
  1: 'no connection to phone',
  3: 'operation not allowed',
  4: 'operation not supported',
  10: 'SIM not inserted',
  11: 'SIM PIN required',
  12: 'SIM PUK required',
  13: 'SIM failure',
  14: 'SIM busy',
  15: 'SIM wrong',
  16: 'incorrect password',
  20: 'memory full',
  21: 'invalid index',
  22: 'not found',
  24: 'text string too long',
  25: 'invalid characters in text string',
  30: 'no network service',
  31: 'network timeout',
  32: 'network not allowed - emergency calls only',
  50: 'Incorrect parameters',
  100: 'unknown',
  103: 'Illegal MS',
  106: 'Illegal ME',
  107: 'GPRS services not allowed',
  111: 'PLMN not allowed',
  112: 'Location area not allowed',
  113: 'Roaming not allowed in this location area',
  126: 'insufficient resources',
  127: 'missing or unknown APN',
  128: 'unknown PDP address or PDP type',
  129: 'user authentication failed',
  131: 'activation rejected, unspecified',
  132: 'service option not supported',
  133: 'requested service option not subscribed',
  134: 'service option temporarily out of order',
  148: 'unspecified GPRS error',
  149: 'PDP authentication failure',
} as const
export type CmeError = keyof typeof CME_ERRORS

/** Errors of short messages. @source 3GPP TS 27.005, 3.2.5; 1 to 127: 3GPP TS 24.011, annex E */
export const CMS_ERRORS = {
  1: 'unassigned (unallocated) number',
  10: 'call barred',
  22: 'memory capacity exceeded',
  28: 'unidentified subscriber',
  38: 'network out of order',
  42: 'congestion',
  300: 'ME failure',
  302: 'operation not allowed',
  303: 'operation not supported',
  304: 'invalid PDU mode parameter',
  305: 'invalid text mode parameter',
  311: 'SIM PIN required',
  313: 'SIM failure',
  316: 'SIM PUK required',
  321: 'invalid memory index',
  322: 'memory full',
  331: 'no network service',
  332: 'network timeout',
  500: 'unknown error',
} as const
export type CmsError = keyof typeof CMS_ERRORS
