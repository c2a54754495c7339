/**
 * The events a SMETS1 home may tell of: what each code means and which log it stands in. Which of them a model raises is a fact of
 * its profile.
 * @source GBCS alert codes, as read in public parsers of GBCS messages; which log: assumed
 */

/** The two logs of a meter. */
export type LogName = 'EVENT' | 'SECURITY'

/** Code, 4 upper-case hex digits; in which log; for people. */
type Row = readonly [code: string, log: 'e' | 's', text: string]

// biome-ignore format: a table, one row a line
const ROWS = [
  // HAN and hub
  ['8F12', 'e', 'CHF device log changed'],
  ['8071', 'e', 'GPF device log changed'],
  ['8183', 'e', 'device joined SMHAN'],
  ['8F48', 's', 'joining failed'],
  ['8F49', 's', 'joining succeeded'],
  ['8F4A', 's', 'unjoining failed'],
  ['8F4B', 's', 'unjoining succeeded'],
  ['819D', 'e', 'GSME command not retrieved'],
  ['8F84', 'e', 'message to the device could not be delivered'],
  // Firmware
  ['8F1B', 's', 'firmware verification failed at power-on'],
  ['8F1C', 's', 'firmware verification failed'],
  ['8F72', 's', 'firmware verification successful'],
  ['8F43', 'e', 'executing firmware version changed'],
  ['8F89', 'e', 'firmware transfer failed'],
  ['8F8A', 'e', 'firmware transfer succeeded'],
  // Security and identity
  ['8F69', 'e', 'device commissioned'],
  ['8F70', 's', 'security credentials updated'],
  ['8F30', 's', 'source lacks authority'],
  ['8F3D', 's', 'trusted source authentication failure'],
  ['8F3E', 's', 'unauthorised communication access'],
  ['8F53', 's', 'other failed authentication'],
  ['8F60', 's', 'unusual numbers of malformed or unexpected commands'],
  ['8F52', 's', 'event log cleared'],
  // Tamper
  ['8F3F', 's', 'tamper detected'],
  ['8F73', 's', 'battery cover removed'],
  ['8F74', 's', 'meter cover removed'],
  ['8F75', 's', 'strong magnetic field'],
  ['8F76', 's', 'terminal cover removed'],
  ['8F77', 's', 'second terminal cover removed'],
  ['8F78', 's', 'other tamper'],
  ['81A1', 's', 'battery cover closed'],
  ['81B9', 's', 'meter cover closed'],
  ['81BC', 's', 'magnetic field gone'],
  ['81C1', 's', 'terminal cover closed'],
  // Supply and power
  ['8F32', 'e', 'supply armed'],
  ['8F33', 'e', 'supply disabled then armed by load limit'],
  ['8F34', 'e', 'supply enabled after load limit restoration period'],
  ['8F35', 'e', 'supply outage restored'],
  ['8F36', 'e', 'supply outage restored, 3 minutes or longer'],
  ['8F57', 'e', 'supply interrupted'],
  ['8F1D', 'e', 'power supply loss'],
  ['8F1F', 'e', 'low battery'],
  ['8F82', 'e', 'battery capacity reset'],
  ['81BD', 'e', 'supply connection failed'],
  ['81BE', 's', 'supply locked by tamper state'],
  ['81BF', 's', 'supply armed by uncontrolled gas flow'],
  ['81C0', 'e', 'supply disconnection failed'],
  // Prepayment
  ['810D', 'e', 'credit below low credit threshold'],
  ['810E', 'e', 'credit added locally'],
  ['8119', 'e', 'emergency credit available'],
  ['8168', 'e', 'supply armed, emergency credit triggered'],
  ['81A7', 'e', 'debt 1 paid off'],
  ['81A8', 'e', 'debt 2 paid off'],
  ['81A9', 'e', 'payment-based debt paid off'],
  ['81AA', 'e', 'emergency credit exhausted'],
  ['81AB', 'e', 'emergency credit activated'],
  ['8F0F', 'e', 'credit below disablement threshold'],
  ['8F83', 'e', 'disablement suspended'],
  ['8F47', 'e', 'credit would exceed maximum balance'],
  ['8F51', 's', 'duplicate UTRN'],
  ['8F5B', 's', 'UTRN exceeds maximum credit'],
  ['8F63', 's', 'UTRN not authentic'],
  ['8F64', 's', 'UTRN not for this device'],
  ['81C4', 's', 'manual entry of UTRN suspended'],
  ['81C5', 's', 'UTRN rejected, locked out'],
  // Clock
  ['8F0C', 's', 'clock not adjusted, more than 10 s out'],
  ['8145', 'e', 'clock adjusted within tolerance'],
  ['81C6', 's', 'clock not adjusted, outside tolerance'],
  // Metering and gas
  ['8F01', 'e', 'active power import above load limit threshold'],
  ['8F0A', 'e', 'billing data log updated'],
  ['81B4', 'e', 'excess gas flow'],
  ['81B6', 'e', 'reverse gas flow'],
  ['81BB', 'e', 'reverse current'],
  // Voltage
  ['8002', 'e', 'average RMS voltage above threshold'],
  ['8006', 'e', 'average RMS voltage below threshold'],
  ['8020', 'e', 'RMS voltage above extreme over-voltage threshold'],
  ['8024', 'e', 'RMS voltage below extreme under-voltage threshold'],
  ['8028', 'e', 'RMS voltage above swell threshold'],
  ['802C', 'e', 'RMS voltage below sag threshold'],
  ['8085', 'e', 'average RMS voltage below over-voltage threshold again'],
  ['8089', 'e', 'average RMS voltage above under-voltage threshold again'],
  // User interface
  ['8154', 'e', 'HAN command actioned'],
  ['8155', 'e', 'HAN command not actioned'],
  ['8161', 'e', 'user interface command actioned'],
  ['8162', 'e', 'user interface command not actioned'],
  ['8F66', 'e', 'future-dated command actioned'],
  ['8F67', 'e', 'future-dated command not actioned'],
  ['81A6', 'e', 'message acknowledged'],
] as const satisfies readonly Row[]

/** A code that devices of ours know the meaning of. */
export type AlertCode = (typeof ROWS)[number][0]

interface AlertKind {
  log: LogName
  text: string
}

const KINDS: ReadonlyMap<string, AlertKind> = new Map(
  ROWS.map(([code, log, text]) => [code, { log: log === 's' ? 'SECURITY' : 'EVENT', text }] as const),
)

/** All codes of the table. */
export const ALERT_CODES = ROWS.map(([code]) => code)
/** Undefined for a code that is not in the table. */
export const alertKind = (code: string): AlertKind | undefined => KINDS.get(code)
/** For people; a code that nobody knows stands for itself. */
export const alertText = (code: string): string => KINDS.get(code)?.text ?? `event ${code}`
