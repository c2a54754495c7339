/** Which service reference variant goes with which parameters. */
import type { Request, Response } from './wan-types.generated.ts'

/** A kind of request: the name its parameters and its result have in the contract. */
export type RequestKind = Exclude<keyof Request, 'serviceReferenceVariant'> & keyof Response

/**
 * SRV of each kind of request. Those beginning with `S1RIG.` are ours: the operations belong to the SMSO's own systems
 * and no public document names a service request for them.
 * @source DCC User Interface Specification, service reference variants
 */
export const SERVICE_REFERENCE_VARIANTS: Readonly<Record<RequestKind, string>> = {
  readIdentity: '6.2.4',
  readFirmwareVersion: '11.2',
  readDeviceLog: '8.9',
  updateDeviceLog: '8.11',
  synchroniseClock: '6.11',
  commissionDevice: '8.1.1',
  readImportRegisters: '4.1.1',
  readImportProfile: '4.8.1',
  readLog: '6.13',
  setApn: 'S1RIG.SET_APN',
  rotateCredentials: 'S1RIG.ROTATE_CREDENTIALS',
  updateFirmware: '11.1',
  readDistribution: 'S1RIG.READ_DISTRIBUTION',
  activateFirmware: '11.3',
  discardFirmware: 'S1RIG.DISCARD_FIRMWARE',
  readImportTou: '4.1.2',
  readImportTouBlocks: '4.1.3',
  readImportBlockCounters: '4.1.4',
  readExportRegisters: '4.2',
  readBillingDataLog: '4.4.2',
  readImportDailyLog: '4.6.1',
  readExportDailyLog: '4.6.2',
  readReactiveImportProfile: '4.8.2',
  readExportProfile: '4.8.3',
  readNetworkData: '4.10',
  readTariff: '4.11.1',
  readLoadLimitData: '4.15',
  readActivePowerImport: '4.16',
  readDailyConsumption: '4.17',
  updateMeterBalance: '1.5',
  updatePaymentMode: '1.6',
  updatePrepayConfiguration: '2.1',
  topUpDevice: '2.2',
  updateDebt: '2.3',
  activateEmergencyCredit: '2.5',
  updateTariff: '1.1.1',
  updatePrice: '1.2.1',
  resetBlockCounters: '1.7',
  readPrepayValues: '4.3',
  readPrepayConfiguration: '4.13',
  readPrepayDailyLog: '4.14',
  readMeterBalance: '4.18',
  displayMessage: '3.1',
  restrictAccess: '3.2',
  clearEventLog: '3.3',
  updateSupplierName: '3.4',
  disablePrivacyPin: '3.5',
  readVoltageSettings: '6.2.1',
  readRandomisation: '6.2.2',
  readBillingCalendar: '6.2.3',
  readPowerThresholds: '6.2.5',
  readMpxn: '6.2.7',
  readGasSettings: '6.2.8',
  readPaymentMode: '6.2.9',
  readEventBehaviours: '6.2.10',
  setLoadLimit: '6.4.1',
  resetLoadLimitCounter: '6.4.2',
  setVoltageSettings: '6.5',
  setGasConversion: '6.6',
  setGasFlow: '6.7',
  setBillingCalendar: '6.8',
  setPowerThresholds: '6.12',
  updateCredentials: '6.15.1',
  setImportMpxn: '6.20.1',
  setExportMpan: '6.20.2',
  requestHandover: '6.21',
  setEventBehaviours: '6.22',
  changeSupplier: '6.23',
  readCredentials: '6.24.1',
  setTamperPolicy: '6.25',
  setBlockCounterReset: '6.26',
  resetVoltageCounters: '6.27',
  enableSupply: '7.1',
  disableSupply: '7.2',
  armSupply: '7.3',
  readSupplyStatus: '7.4',
  joinDevice: '8.7.1',
  unjoinDevice: '8.8.1',
  requestCustomerIdentification: '9.1',
}

/** Where one kind carries several variants: those besides the one above. */
const FURTHER_VARIANTS: Readonly<Partial<Record<RequestKind, readonly string[]>>> = {
  joinDevice: ['8.7.2'],
  unjoinDevice: ['8.8.2'],
  readBillingDataLog: ['4.4.3', '4.4.4', '4.4.5'],
}

export const REQUEST_KINDS = Object.keys(SERVICE_REFERENCE_VARIANTS) as readonly RequestKind[]

const kinds: ReadonlyMap<string, RequestKind> = new Map(
  REQUEST_KINDS.flatMap(kind => variantsOf(kind).map(variant => [variant, kind] as const)),
)

/** Every variant that a kind of request carries, the first one first. */
export function variantsOf(kind: RequestKind): readonly string[] {
  return [SERVICE_REFERENCE_VARIANTS[kind], ...(FURTHER_VARIANTS[kind] ?? [])]
}

/** The kind of request that carries a variant; undefined while there is none. */
export function kindOfVariant(variant: string): RequestKind | undefined {
  return kinds.get(variant)
}

/** The kind of a request, or of a response that carries a result; undefined when it has neither. */
export function kindOf(body: Request | Response): RequestKind | undefined {
  return REQUEST_KINDS.find(kind => body[kind] !== undefined)
}

/** A request with its service reference variant: `requestOf('setApn', { apn: 'elster' })`. */
export function requestOf<K extends RequestKind>(
  kind: K,
  parameters: NonNullable<Request[K]>,
  variant = SERVICE_REFERENCE_VARIANTS[kind],
): Request {
  return { serviceReferenceVariant: variant, [kind]: parameters }
}

/** A response of success with its result. */
export function resultOf<K extends RequestKind>(
  kind: K,
  result: NonNullable<Response[K]>,
  variant = SERVICE_REFERENCE_VARIANTS[kind],
): Response {
  return { serviceReferenceVariant: variant, code: 'I0', detail: '', [kind]: result }
}
