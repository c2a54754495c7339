/** Generated from wan.proto by `npm run generate`. Do not edit. uint64 fields are at most 2^53 - 1. */

/**
 * One message in either direction.
 *
 * Authentication: the last 34 octets of every message are field 15, that is 0x7a 0x20 and 32 octets of HMAC-SHA-256
 * under the originator's key over all octets before those 34. Encode the message without field 15, compute the code
 * over what came out, append the field.
 */
export interface WanMessage {
  /**
   * Unique per originator, 1 to 64 characters. A message sent again is the same octets: it is carried out once and
   * answered as before. Another message under an id in use is answered S1RIG_REFUSED.
   */
  id: string
  /** In a response: the id of the request it answers. Empty otherwise. */
  correlationId: string
  /** Party role id such as "smso" or "s1sp"; in a hub's own messages the hub's EUI-64. */
  originator: string
  /** Device the request is for, or the response or alert is from: EUI-64. */
  targetDevice: string
  /** Originator counter. Refused unless greater than the last one accepted from this originator. */
  counter: number
  /** When the originator sent it, Unix ms. */
  sentAtMs: number
  /**
   * From a party to a hub.
   * One of `body`.
   */
  request?: Request
  /**
   * From a hub to the party whose request it answers.
   * One of `body`.
   */
  response?: Response
  /**
   * From a hub to the party in control of it.
   * One of `body`.
   */
  alert?: Alert
  /**
   * The DCO's HMAC-SHA-256, 32 octets, over all octets before this field, under the DCO's key. Where the Group asks for it, a
   * critical request carries it: the octets 0x72 0x20 and the code, right before field 15, whose code covers them too.
   */
  dcoAuthenticationCode?: Uint8Array
  /** HMAC-SHA-256, 32 octets. Always the last field on the wire. */
  authenticationCode: Uint8Array
}

/** What a party asks of a device. */
export interface Request {
  /** SRV, e.g. "8.9"; names the same request as the parameters do. */
  serviceReferenceVariant: string
  /**
   * 6.2.4 Read Device Configuration (Identity Exc MPxN).
   * One of `parameters`.
   */
  readIdentity?: ReadIdentity
  /**
   * 11.2 Read Firmware Version.
   * One of `parameters`.
   */
  readFirmwareVersion?: ReadFirmwareVersion
  /**
   * 8.9 Read Device Log.
   * One of `parameters`.
   */
  readDeviceLog?: ReadDeviceLog
  /**
   * 8.11 Update HAN Device Log.
   * One of `parameters`.
   */
  updateDeviceLog?: UpdateDeviceLog
  /**
   * 6.11 Synchronise Clock.
   * One of `parameters`.
   */
  synchroniseClock?: SynchroniseClock
  /**
   * 8.1.1 Commission Device.
   * One of `parameters`.
   */
  commissionDevice?: CommissionDevice
  /**
   * 4.1.1 Read Instantaneous Import Registers.
   * One of `parameters`.
   */
  readImportRegisters?: ReadImportRegisters
  /**
   * 4.8.1 Read Active Import Profile Data.
   * One of `parameters`.
   */
  readImportProfile?: ReadImportProfile
  /**
   * 6.13 Read Event Or Security Log.
   * One of `parameters`.
   */
  readLog?: ReadLog
  /**
   * S1RIG.SET_APN. Ours: an SMSO moves a hub to another APN with its own system; no public document names a
   * service request for it.
   * One of `parameters`.
   */
  setApn?: SetApn
  /**
   * S1RIG.ROTATE_CREDENTIALS. Ours: handing over and replacing the keys of an SMSO-controlled device is done with
   * the SMSO's own system; no public document names a service request for it.
   * One of `parameters`.
   */
  rotateCredentials?: RotateCredentials
  /**
   * 11.1 Update Firmware.
   * One of `parameters`.
   */
  updateFirmware?: UpdateFirmware
  /**
   * S1RIG.READ_DISTRIBUTION. Ours: how far an image has come is read with the SMSO's own system; no public document
   * names a service request for it.
   * One of `parameters`.
   */
  readDistribution?: ReadDistribution
  /**
   * 11.3 Activate Firmware.
   * One of `parameters`.
   */
  activateFirmware?: ActivateFirmware
  /**
   * S1RIG.DISCARD_FIRMWARE. Ours: a distribution is called off with the SMSO's own system; no public document names
   * a service request for it.
   * One of `parameters`.
   */
  discardFirmware?: DiscardFirmware
  /**
   * 4.1.2 Read Instantaneous Import TOU Matrices.
   * One of `parameters`.
   */
  readImportTou?: ReadImportTou
  /**
   * 4.1.3 Read Instantaneous Import TOU With Blocks Matrices.
   * One of `parameters`.
   */
  readImportTouBlocks?: ReadImportTouBlocks
  /**
   * 4.1.4 Read Instantaneous Import Block Counters.
   * One of `parameters`.
   */
  readImportBlockCounters?: ReadImportBlockCounters
  /**
   * 4.2 Read Instantaneous Export Registers.
   * One of `parameters`.
   */
  readExportRegisters?: ReadExportRegisters
  /**
   * 4.4.2 to 4.4.5 Retrieve Billing Data Log: which part of it, the variant says.
   * One of `parameters`.
   */
  readBillingDataLog?: ReadBillingDataLog
  /**
   * 4.6.1 Retrieve Import Daily Read Log.
   * One of `parameters`.
   */
  readImportDailyLog?: ReadImportDailyLog
  /**
   * 4.6.2 Retrieve Export Daily Read Log.
   * One of `parameters`.
   */
  readExportDailyLog?: ReadExportDailyLog
  /**
   * 4.8.2 Read Reactive Import Profile Data.
   * One of `parameters`.
   */
  readReactiveImportProfile?: ReadReactiveImportProfile
  /**
   * 4.8.3 Read Export Profile Data.
   * One of `parameters`.
   */
  readExportProfile?: ReadExportProfile
  /**
   * 4.10 Read Network Data.
   * One of `parameters`.
   */
  readNetworkData?: ReadNetworkData
  /**
   * 4.11.1 Read Tariff (Primary Element).
   * One of `parameters`.
   */
  readTariff?: ReadTariff
  /**
   * 4.15 Read Load Limit Data.
   * One of `parameters`.
   */
  readLoadLimitData?: ReadLoadLimitData
  /**
   * 4.16 Read Active Power Import.
   * One of `parameters`.
   */
  readActivePowerImport?: ReadActivePowerImport
  /**
   * 4.17 Retrieve Daily Consumption Log.
   * One of `parameters`.
   */
  readDailyConsumption?: ReadDailyConsumption
  /**
   * 1.5 Update Meter Balance.
   * One of `parameters`.
   */
  updateMeterBalance?: UpdateMeterBalance
  /**
   * 1.6 Update Payment Mode.
   * One of `parameters`.
   */
  updatePaymentMode?: UpdatePaymentMode
  /**
   * 2.1 Update Prepay Configuration.
   * One of `parameters`.
   */
  updatePrepayConfiguration?: UpdatePrepayConfiguration
  /**
   * 2.2 Top Up Device.
   * One of `parameters`.
   */
  topUpDevice?: TopUpDevice
  /**
   * 2.3 Update Debt.
   * One of `parameters`.
   */
  updateDebt?: UpdateDebt
  /**
   * 2.5 Activate Emergency Credit.
   * One of `parameters`.
   */
  activateEmergencyCredit?: ActivateEmergencyCredit
  /**
   * 1.1.1 Update Import Tariff (Primary Element).
   * One of `parameters`.
   */
  updateTariff?: UpdateTariff
  /**
   * 1.2.1 Update Price (Primary Element).
   * One of `parameters`.
   */
  updatePrice?: UpdatePrice
  /**
   * 1.7 Reset Tariff Block Counter Matrix.
   * One of `parameters`.
   */
  resetBlockCounters?: ResetBlockCounters
  /**
   * 4.3 Read Instantaneous Prepay Values.
   * One of `parameters`.
   */
  readPrepayValues?: ReadPrepayValues
  /**
   * 4.13 Read Prepayment Configuration.
   * One of `parameters`.
   */
  readPrepayConfiguration?: ReadPrepayConfiguration
  /**
   * 4.14 Read Prepayment Daily Read Log.
   * One of `parameters`.
   */
  readPrepayDailyLog?: ReadPrepayDailyLog
  /**
   * 4.18 Read Meter Balance.
   * One of `parameters`.
   */
  readMeterBalance?: ReadMeterBalance
  /**
   * 3.1 Display Message.
   * One of `parameters`.
   */
  displayMessage?: DisplayMessage
  /**
   * 3.2 Restrict Access For Change Of Tenancy.
   * One of `parameters`.
   */
  restrictAccess?: AccessRestriction
  /**
   * 3.3 Clear Event Log.
   * One of `parameters`.
   */
  clearEventLog?: ClearEventLog
  /**
   * 3.4 Update Supplier Name.
   * One of `parameters`.
   */
  updateSupplierName?: SupplierName
  /**
   * 3.5 Disable Privacy PIN.
   * One of `parameters`.
   */
  disablePrivacyPin?: DisablePrivacyPin
  /**
   * 6.2.1 Read Device Configuration (Voltage).
   * One of `parameters`.
   */
  readVoltageSettings?: ReadVoltageSettings
  /**
   * 6.2.2 Read Device Configuration (Randomisation).
   * One of `parameters`.
   */
  readRandomisation?: ReadRandomisation
  /**
   * 6.2.3 Read Device Configuration (Billing Calendar).
   * One of `parameters`.
   */
  readBillingCalendar?: ReadBillingCalendar
  /**
   * 6.2.5 Read Device Configuration (Instantaneous Power Thresholds).
   * One of `parameters`.
   */
  readPowerThresholds?: ReadPowerThresholds
  /**
   * 6.2.7 Read Device Configuration (MPxN).
   * One of `parameters`.
   */
  readMpxn?: ReadMpxn
  /**
   * 6.2.8 Read Device Configuration (Gas).
   * One of `parameters`.
   */
  readGasSettings?: ReadGasSettings
  /**
   * 6.2.9 Read Device Configuration (Payment Mode).
   * One of `parameters`.
   */
  readPaymentMode?: ReadPaymentMode
  /**
   * 6.2.10 Read Device Configuration (Event and Alert Behaviours).
   * One of `parameters`.
   */
  readEventBehaviours?: ReadEventBehaviours
  /**
   * 6.4.1 Update Device Configuration (Load Limiting General Settings).
   * One of `parameters`.
   */
  setLoadLimit?: LoadLimit
  /**
   * 6.4.2 Update Device Configuration (Load Limiting Counter Reset).
   * One of `parameters`.
   */
  resetLoadLimitCounter?: ResetLoadLimitCounter
  /**
   * 6.5 Update Device Configuration (Voltage).
   * One of `parameters`.
   */
  setVoltageSettings?: VoltageSettings
  /**
   * 6.6 Update Device Configuration (Gas Conversion).
   * One of `parameters`.
   */
  setGasConversion?: GasConversion
  /**
   * 6.7 Update Device Configuration (Gas Flow).
   * One of `parameters`.
   */
  setGasFlow?: GasFlow
  /**
   * 6.8 Update Device Configuration (Billing Calendar).
   * One of `parameters`.
   */
  setBillingCalendar?: BillingCalendar
  /**
   * 6.12 Update Device Configuration (Instantaneous Power Threshold).
   * One of `parameters`.
   */
  setPowerThresholds?: PowerThresholds
  /**
   * 6.15.1 Update Security Credentials (KRP).
   * One of `parameters`.
   */
  updateCredentials?: UpdateCredentials
  /**
   * 6.20.1 Set Device Configuration (Import MPxN).
   * One of `parameters`.
   */
  setImportMpxn?: SetImportMpxn
  /**
   * 6.20.2 Set Device Configuration (Export MPAN).
   * One of `parameters`.
   */
  setExportMpan?: SetExportMpan
  /**
   * 6.21 Request Handover Of DCC Controlled Device.
   * One of `parameters`.
   */
  requestHandover?: NewSupplier
  /**
   * 6.22 Configure Alert Behaviour.
   * One of `parameters`.
   */
  setEventBehaviours?: EventBehaviours
  /**
   * 6.23 Update Security Credentials (CoS).
   * One of `parameters`.
   */
  changeSupplier?: NewSupplier
  /**
   * 6.24.1 Retrieve Device Security Credentials (KRP).
   * One of `parameters`.
   */
  readCredentials?: ReadCredentials
  /**
   * 6.25 Set Electricity Supply Tamper State.
   * One of `parameters`.
   */
  setTamperPolicy?: TamperPolicy
  /**
   * 6.26 Update Device Configuration (daily resetting of Tariff Block Counter Matrix).
   * One of `parameters`.
   */
  setBlockCounterReset?: BlockCounterReset
  /**
   * 6.27 Update Device Configuration (RMS Voltage Counter Reset).
   * One of `parameters`.
   */
  resetVoltageCounters?: ResetVoltageCounters
  /**
   * 7.1 Enable Supply.
   * One of `parameters`.
   */
  enableSupply?: EnableSupply
  /**
   * 7.2 Disable Supply.
   * One of `parameters`.
   */
  disableSupply?: DisableSupply
  /**
   * 7.3 Arm Supply.
   * One of `parameters`.
   */
  armSupply?: ArmSupply
  /**
   * 7.4 Read Supply Status.
   * One of `parameters`.
   */
  readSupplyStatus?: ReadSupplyStatus
  /**
   * 8.7.1 and 8.7.2 Join Service.
   * One of `parameters`.
   */
  joinDevice?: JoinDevice
  /**
   * 8.8.1 and 8.8.2 Unjoin Service.
   * One of `parameters`.
   */
  unjoinDevice?: UnjoinDevice
  /**
   * 9.1 Request Customer Identification Number.
   * One of `parameters`.
   */
  requestCustomerIdentification?: CustomerIdentification
}

/** What came of a request. The result is present exactly when the code is I0. */
export interface Response {
  /** SRV of the request. */
  serviceReferenceVariant: string
  /**
   * Outcome.
   * I0            success
   * I99           acknowledged; the outcome follows in a later response
   * E4            the originator's role may not ask this of the device now
   * E5            device status does not allow the request
   * E11           request not valid for this type of device
   * E19           the device does not exist here
   * E20           unable to communicate with the device
   * E21           no response from the device
   * S1RIG_REFUSED     understood and not carried out; detail says why (ours)
   * S1RIG_PARAMETER   a parameter is outside its range; detail names it (ours)
   * S1RIG_REPLAY      counter not greater than the last one accepted (ours)
   * S1RIG_LOG_FULL    the device log holds as many entries as it can (ours)
   * S1RIG_KEY         the wrapped key does not unwrap (ours)
   * S1RIG_AUTHENTICATION  a critical request without the DCO's authentication, or with a wrong one (ours)
   */
  code: string
  /** For people. Empty when there is nothing to add. */
  detail: string
  /**
   * 6.2.4
   * One of `result`.
   */
  readIdentity?: ReadIdentityResult
  /**
   * 11.2
   * One of `result`.
   */
  readFirmwareVersion?: ReadFirmwareVersionResult
  /**
   * 8.9
   * One of `result`.
   */
  readDeviceLog?: ReadDeviceLogResult
  /**
   * 8.11
   * One of `result`.
   */
  updateDeviceLog?: UpdateDeviceLogResult
  /**
   * 6.11
   * One of `result`.
   */
  synchroniseClock?: SynchroniseClockResult
  /**
   * 8.1.1
   * One of `result`.
   */
  commissionDevice?: CommissionDeviceResult
  /**
   * 4.1.1
   * One of `result`.
   */
  readImportRegisters?: ReadImportRegistersResult
  /**
   * 4.8.1
   * One of `result`.
   */
  readImportProfile?: ReadImportProfileResult
  /**
   * 6.13
   * One of `result`.
   */
  readLog?: ReadLogResult
  /**
   * S1RIG.SET_APN
   * One of `result`.
   */
  setApn?: SetApnResult
  /**
   * S1RIG.ROTATE_CREDENTIALS
   * One of `result`.
   */
  rotateCredentials?: RotateCredentialsResult
  /**
   * 11.1
   * One of `result`.
   */
  updateFirmware?: UpdateFirmwareResult
  /**
   * S1RIG.READ_DISTRIBUTION
   * One of `result`.
   */
  readDistribution?: ReadDistributionResult
  /**
   * 11.3
   * One of `result`.
   */
  activateFirmware?: ActivateFirmwareResult
  /**
   * S1RIG.DISCARD_FIRMWARE
   * One of `result`.
   */
  discardFirmware?: DiscardFirmwareResult
  /**
   * 4.1.2
   * One of `result`.
   */
  readImportTou?: ReadImportTouResult
  /**
   * 4.1.3
   * One of `result`.
   */
  readImportTouBlocks?: ReadImportTouBlocksResult
  /**
   * 4.1.4
   * One of `result`.
   */
  readImportBlockCounters?: ReadImportBlockCountersResult
  /**
   * 4.2
   * One of `result`.
   */
  readExportRegisters?: ReadExportRegistersResult
  /**
   * 4.4.2 to 4.4.5
   * One of `result`.
   */
  readBillingDataLog?: ReadBillingDataLogResult
  /**
   * 4.6.1
   * One of `result`.
   */
  readImportDailyLog?: ReadImportDailyLogResult
  /**
   * 4.6.2
   * One of `result`.
   */
  readExportDailyLog?: ReadExportDailyLogResult
  /**
   * 4.8.2
   * One of `result`.
   */
  readReactiveImportProfile?: ReadReactiveImportProfileResult
  /**
   * 4.8.3
   * One of `result`.
   */
  readExportProfile?: ReadExportProfileResult
  /**
   * 4.10
   * One of `result`.
   */
  readNetworkData?: ReadNetworkDataResult
  /**
   * 4.11.1
   * One of `result`.
   */
  readTariff?: ReadTariffResult
  /**
   * 4.15
   * One of `result`.
   */
  readLoadLimitData?: ReadLoadLimitDataResult
  /**
   * 4.16
   * One of `result`.
   */
  readActivePowerImport?: ReadActivePowerImportResult
  /**
   * 4.17
   * One of `result`.
   */
  readDailyConsumption?: ReadDailyConsumptionResult
  /**
   * 1.5
   * One of `result`.
   */
  updateMeterBalance?: UpdateMeterBalanceResult
  /**
   * 1.6
   * One of `result`.
   */
  updatePaymentMode?: UpdatePaymentModeResult
  /**
   * 2.1
   * One of `result`.
   */
  updatePrepayConfiguration?: UpdatePrepayConfigurationResult
  /**
   * 2.2
   * One of `result`.
   */
  topUpDevice?: TopUpDeviceResult
  /**
   * 2.3
   * One of `result`.
   */
  updateDebt?: UpdateDebtResult
  /**
   * 2.5
   * One of `result`.
   */
  activateEmergencyCredit?: ActivateEmergencyCreditResult
  /**
   * 1.1.1
   * One of `result`.
   */
  updateTariff?: UpdateTariffResult
  /**
   * 1.2.1
   * One of `result`.
   */
  updatePrice?: UpdatePriceResult
  /**
   * 1.7
   * One of `result`.
   */
  resetBlockCounters?: ResetBlockCountersResult
  /**
   * 4.3
   * One of `result`.
   */
  readPrepayValues?: ReadPrepayValuesResult
  /**
   * 4.13
   * One of `result`.
   */
  readPrepayConfiguration?: ReadPrepayConfigurationResult
  /**
   * 4.14
   * One of `result`.
   */
  readPrepayDailyLog?: ReadPrepayDailyLogResult
  /**
   * 4.18
   * One of `result`.
   */
  readMeterBalance?: ReadMeterBalanceResult
  /**
   * 3.1
   * One of `result`.
   */
  displayMessage?: DisplayMessageResult
  /**
   * 3.2
   * One of `result`.
   */
  restrictAccess?: AccessRestriction
  /**
   * 3.3
   * One of `result`.
   */
  clearEventLog?: ClearEventLogResult
  /**
   * 3.4
   * One of `result`.
   */
  updateSupplierName?: SupplierName
  /**
   * 3.5
   * One of `result`.
   */
  disablePrivacyPin?: PrivacyPin
  /**
   * 6.2.1
   * One of `result`.
   */
  readVoltageSettings?: VoltageSettings
  /**
   * 6.2.2
   * One of `result`.
   */
  readRandomisation?: Randomisation
  /**
   * 6.2.3
   * One of `result`.
   */
  readBillingCalendar?: BillingCalendar
  /**
   * 6.2.5
   * One of `result`.
   */
  readPowerThresholds?: PowerThresholds
  /**
   * 6.2.7
   * One of `result`.
   */
  readMpxn?: Mpxn
  /**
   * 6.2.8
   * One of `result`.
   */
  readGasSettings?: GasSettings
  /**
   * 6.2.9
   * One of `result`.
   */
  readPaymentMode?: ReadPaymentModeResult
  /**
   * 6.2.10
   * One of `result`.
   */
  readEventBehaviours?: EventBehaviours
  /**
   * 6.4.1
   * One of `result`.
   */
  setLoadLimit?: LoadLimit
  /**
   * 6.4.2
   * One of `result`.
   */
  resetLoadLimitCounter?: LoadLimitCounter
  /**
   * 6.5
   * One of `result`.
   */
  setVoltageSettings?: VoltageSettings
  /**
   * 6.6
   * One of `result`.
   */
  setGasConversion?: GasConversion
  /**
   * 6.7
   * One of `result`.
   */
  setGasFlow?: GasFlow
  /**
   * 6.8
   * One of `result`.
   */
  setBillingCalendar?: BillingCalendar
  /**
   * 6.12
   * One of `result`.
   */
  setPowerThresholds?: PowerThresholds
  /**
   * 6.15.1
   * One of `result`.
   */
  updateCredentials?: Credentials
  /**
   * 6.20.1
   * One of `result`.
   */
  setImportMpxn?: Mpxn
  /**
   * 6.20.2
   * One of `result`.
   */
  setExportMpan?: SetExportMpan
  /**
   * 6.21
   * One of `result`.
   */
  requestHandover?: Credentials
  /**
   * 6.22
   * One of `result`.
   */
  setEventBehaviours?: EventBehaviours
  /**
   * 6.23
   * One of `result`.
   */
  changeSupplier?: Credentials
  /**
   * 6.24.1
   * One of `result`.
   */
  readCredentials?: Credentials
  /**
   * 6.25
   * One of `result`.
   */
  setTamperPolicy?: TamperPolicy
  /**
   * 6.26
   * One of `result`.
   */
  setBlockCounterReset?: BlockCounterReset
  /**
   * 6.27
   * One of `result`.
   */
  resetVoltageCounters?: VoltageCounters
  /**
   * 7.1
   * One of `result`.
   */
  enableSupply?: SupplyStatus
  /**
   * 7.2
   * One of `result`.
   */
  disableSupply?: SupplyStatus
  /**
   * 7.3
   * One of `result`.
   */
  armSupply?: SupplyStatus
  /**
   * 7.4
   * One of `result`.
   */
  readSupplyStatus?: SupplyStatus
  /**
   * 8.7.1
   * One of `result`.
   */
  joinDevice?: JoinedDevices
  /**
   * 8.8.1
   * One of `result`.
   */
  unjoinDevice?: JoinedDevices
  /**
   * 9.1
   * One of `result`.
   */
  requestCustomerIdentification?: CustomerIdentification
}

/** Something a device reports unasked. */
export interface Alert {
  /**
   * GBCS alert code, 4 upper-case hex digits, e.g. "8F12" CHF device log changed; or a name of ours such as
   * "UPDATE_REQUESTED" where none fits.
   */
  code: string
  /** For people. */
  description: string
  /** When it happened by the device's clock, Unix ms. */
  atMs: number
  /** Device it is about, EUI-64; may differ from the device that sends it. */
  device: string
  /** The model's own number for it, 4 upper-case hex digits; absent where it goes by the code. */
  nativeCode?: string
  /** Alerts of the same code and device that were held back before this one, to leave room for others. Absent: none. */
  throttled?: number
  /** There when it is about the hub's own firmware. */
  hubFirmware?: HubFirmwareNotification
}

/** Unit of a register or profile value. */
export type Unit = 'UNIT_UNSPECIFIED' | 'WH' | 'DM3' | 'VARH' | 'DECIVOLT'

/** Who supplied the data. */
export type Source = 'SOURCE_UNSPECIFIED' | 'DEVICE' | 'MIRROR'

/** Which log to read. */
export type Log = 'LOG_UNSPECIFIED' | 'EVENT' | 'SECURITY'

/** Asks what the device is. */
export type ReadIdentity = Record<string, never>

/** What the device is. */
export interface ReadIdentityResult {
  /** Manufacturer name as the device reports it. */
  manufacturer: string
  /** Model as the device reports it. */
  model: string
  /** EUI-64. */
  deviceId: string
  /** Hardware version as the device reports it. */
  hardwareVersion: string
}

/** Asks which firmware the device executes. */
export type ReadFirmwareVersion = Record<string, never>

/** Which firmware the device executes. */
export interface ReadFirmwareVersionResult {
  /** Version as the device reports it. */
  version: string
}

/** Asks the hub which devices may use its HAN and when it last heard from each. */
export type ReadDeviceLog = Record<string, never>

/** The hub's device log. */
export interface ReadDeviceLogResult {
  /** At most 16. */
  entries: readonly DeviceLogEntry[]
}

/** One device allowed on the HAN. */
export interface DeviceLogEntry {
  /** EUI-64. */
  deviceId: string
  /** When the hub last heard from it, Unix ms by the hub's clock. Absent: never. */
  lastCommunicationMs?: number
  /** True while it is on the HAN. */
  joined: boolean
}

/** Lists a device in the hub's device log or takes one off it. */
export interface UpdateDeviceLog {
  /**
   * Lists a device. Listed already: the install code is ignored and the outcome is success.
   * One of `change`.
   */
  add?: UpdateDeviceLogAdd
  /**
   * Takes one off.
   * One of `change`.
   */
  remove?: UpdateDeviceLogRemove
}

/** Lists a device and opens the HAN for it. */
export interface UpdateDeviceLogAdd {
  /** EUI-64. */
  deviceId: string
  /** 6, 8, 12 or 16 octets followed by their CRC (2 octets), as printed on the device. */
  installCode: Uint8Array
  /** How long the HAN stays open for it, seconds, 1 to 3600. */
  joinWindowS: number
}

/** Takes a device off the log and off the HAN. */
export interface UpdateDeviceLogRemove {
  /** EUI-64. */
  deviceId: string
}

/** The device log after the change. */
export interface UpdateDeviceLogResult {
  /** At most 16. */
  entries: readonly DeviceLogEntry[]
}

/** Reads the device's clock, or sets it. */
export interface SynchroniseClock {
  /** Time to set, Unix ms. Absent: only read. */
  setToMs?: number
}

/** The device's clock before and after. */
export interface SynchroniseClockResult {
  /** Unix ms. */
  deviceClockBeforeMs: number
  /** Unix ms. Equal to the time before when only read. */
  deviceClockAfterMs: number
  /** True when the device took the new time. */
  adjusted: boolean
}

/** Sets the device's clock from the hub's and marks it commissioned. */
export type CommissionDevice = Record<string, never>

/** State after commissioning. */
export interface CommissionDeviceResult {
  /** The device's clock, Unix ms. */
  deviceClockMs: number
  /** True when the device is commissioned. */
  commissioned: boolean
}

/** Asks for the import registers as they stand. */
export type ReadImportRegisters = Record<string, never>

/** Import registers. */
export interface ReadImportRegistersResult {
  /** Total active import (electricity) or consumption (gas), in `unit`. */
  activeImport: number
  /** Time-of-use registers in use, by number. */
  tariffRegisters: readonly TariffRegister[]
  /** Unit of every value here. */
  unit: Unit
  /** When the values were read, Unix ms by the source's clock. */
  readAtMs: number
  /** Seconds from the device's own reading to read_at_ms; 0 when read from the device. */
  dataAgeS: number
  /** Who supplied them. */
  source: Source
  /** Total reactive import, varh. Absent: the device measures none. */
  reactiveImport?: number
}

/** One time-of-use register. */
export interface TariffRegister {
  /** Register number from 1; at most 48 for electricity, 4 for gas. */
  register: number
  /** In the unit of the result. */
  value: number
}

/** Asks for half-hourly (or other interval) import. */
export interface ReadImportProfile {
  /** First instant wanted, inclusive, Unix ms. */
  fromMs: number
  /** Last instant wanted, exclusive, Unix ms. */
  toMs: number
  /** 1 to 1000, oldest first. */
  maxEntries: number
}

/** Import by interval. */
export interface ReadImportProfileResult {
  /** Length of each interval, seconds. */
  intervalS: number
  /** Oldest first. */
  entries: readonly ProfileEntry[]
  /** Unit of every value here. */
  unit: Unit
  /** Who supplied them. */
  source: Source
  /** True when max_entries kept later intervals back: ask again from the end of the last one. */
  more: boolean
}

/** One interval. */
export interface ProfileEntry {
  /** Start of the interval, Unix ms. */
  startMs: number
  /** Consumption in the interval, in the unit of the result. */
  value: number
}

/** Asks for a log of the device. */
export interface ReadLog {
  /** Which one. */
  log: Log
  /** 1 to 100, newest kept. */
  maxEntries: number
}

/** Log entries. */
export interface ReadLogResult {
  /** Which log. */
  log: Log
  /** Oldest first, at most 100. */
  entries: readonly LogEntry[]
}

/** One log entry. */
export interface LogEntry {
  /** When, by the device's clock, Unix ms. */
  atMs: number
  /** GBCS alert or event code, 4 upper-case hex digits, or a name of ours such as "APN_SET" where none fits. */
  code: string
  /** For people; at most 120 octets, so that 100 entries fit a message. */
  text: string
}

/** Moves the hub's WAN session to another access point. Answered on the old one, before moving. */
export interface SetApn {
  /** Access point name, e.g. "elster". */
  apn: string
}

/** Acknowledges the move. */
export interface SetApnResult {
  /** Access point in use until now. */
  previousApn: string
}

/** Replaces or removes the key a hub shares with one originator. */
export interface RotateCredentials {
  /** Role id of the originator whose key changes, e.g. "s1sp". */
  originator: string
  /**
   * New key, 32 octets, wrapped with AES-256 key wrap (RFC 3394, default initial value) under the sender's current
   * key: 40 octets.
   * One of `change`.
   */
  wrappedKey?: Uint8Array
  /**
   * Removes it.
   * One of `change`.
   */
  remove?: RotateCredentialsRemove
}

/** Removes the originator: nothing it sends is accepted any more. */
export type RotateCredentialsRemove = Record<string, never>

/** Acknowledges the change. */
export interface RotateCredentialsResult {
  /** Originators that hold a key after the change, in alphabetical order. */
  originators: readonly string[]
}

/** What became of an image for the hub itself. DUIS: SMETS1CHFirmwareNotification. */
export interface HubFirmwareNotification {
  /** How far it is. */
  status: HubFirmwareStatus
  /** Version of the image. */
  version: string
}

/** How far the hub is with an image for itself. */
export type HubFirmwareStatus = 'HUB_FIRMWARE_UNSPECIFIED' | 'UPDATE_REQUESTED' | 'ACTIVATION_SUCCESSFUL'

/**
 * Brings an image to the hub, in this order: announced, in chunks, finished. Each may be sent again under a new id at any
 * time: what the hub has had already changes nothing, and every result says from which octet on to go on.
 */
export interface UpdateFirmware {
  /**
   * Says what is to come and for whom.
   * One of `step`.
   */
  announce?: UpdateFirmwareAnnounce
  /**
   * A piece of the file.
   * One of `step`.
   */
  chunk?: UpdateFirmwareChunk
  /**
   * Ends the delivery.
   * One of `step`.
   */
  finish?: UpdateFirmwareFinish
}

/** Says what is to come and for whom. */
export interface UpdateFirmwareAnnounce {
  /** SHA-256 of the whole file, 32 octets. Names the image from here on. */
  sha256: Uint8Array
  /** Length of the file, octets, 1 to 10240000. */
  imageOctets: number
  /** Manufacturer code of the OTA header. */
  manufacturerCode: number
  /** Image type of the OTA header. */
  imageType: number
  /** File version of the OTA header. */
  fileVersion: number
  /** What the devices report once they execute it, 1 to 8 of letters, digits, '.', '-' and '_'. */
  version: string
  /** Devices it is for, EUI-64, 1 to 16; the hub itself by its own. */
  devices: readonly string[]
  /** Hardware versions of the OTA header, both included. Absent: it has none. */
  hardware?: UpdateFirmwareHardwareRange
}

/** Hardware versions an image is for. */
export interface UpdateFirmwareHardwareRange {
  /** Lowest. */
  minimum: number
  /** Highest. */
  maximum: number
}

/** A piece of the file. */
export interface UpdateFirmwareChunk {
  /** Which image. */
  sha256: Uint8Array
  /** Where the piece begins. What is not the next piece is passed over; the result says which is. */
  offset: number
  /** At most 15360. */
  octets: Uint8Array
}

/** Ends the delivery: the hub checks the hash and the header, and begins to hand the image on. */
export interface UpdateFirmwareFinish {
  /** Which image. */
  sha256: Uint8Array
}

/** How far the hub has an image. */
export interface UpdateFirmwareResult {
  /** Which image. */
  sha256: Uint8Array
  /** Octets the hub has, from the first on: send the rest from here. */
  receivedOctets: number
  /** True once it was finished: the hub hands it on. */
  complete: boolean
  /** Devices announced that it is not handed on to, and why; the others get it. */
  warnings: readonly FirmwareWarning[]
}

/** A device an image is not handed on to. */
export interface FirmwareWarning {
  /** EUI-64, as it was announced. */
  deviceId: string
  /** Why. */
  reason: FirmwareWarningReason
}

/** Why an image is not handed on to a device. */
export type FirmwareWarningReason = 'FIRMWARE_WARNING_UNSPECIFIED' | 'INVALID_DEVICE_ID' | 'NOT_COMMISSIONED' | 'NOT_APPLICABLE_FIRMWARE' | 'OTHER_REQUEST_IN_PROGRESS'

/** Asks how far images have come. */
export type ReadDistribution = Record<string, never>

/** Every image the hub has or is being sent. */
export interface ReadDistributionResult {
  /** Oldest first. */
  images: readonly FirmwareDistribution[]
}

/** One image and the devices it is for. */
export interface FirmwareDistribution {
  /** Which image. */
  sha256: Uint8Array
  /** As announced. */
  version: string
  /** Length of the file, octets. */
  imageOctets: number
  /** Octets the hub has, from the first on. */
  receivedOctets: number
  /** True once it was finished. */
  complete: boolean
  /** At most 16. */
  devices: readonly DeviceDistribution[]
}

/** How far an image has come at a device. */
export interface DeviceDistribution {
  /** EUI-64. */
  deviceId: string
  /** Where it stands. */
  state: FirmwareState
  /** Octets handed on so far. */
  transferredOctets: number
  /** Why it failed; never with another state. */
  failure: FirmwareFailure
  /** For people. Empty when there is nothing to add. */
  detail: string
  /** When it is to be activated, Unix ms by the hub's clock. Absent: no time is set. */
  activateAtMs?: number
}

/** Where an image stands at a device. */
export type FirmwareState = 'FIRMWARE_STATE_UNSPECIFIED' | 'FIRMWARE_WAITING' | 'FIRMWARE_TRANSFERRING' | 'FIRMWARE_VERIFIED' | 'FIRMWARE_ACTIVATING' | 'FIRMWARE_ACTIVE' | 'FIRMWARE_FAILED'

/** Why an image came to nothing. */
export type FirmwareFailure = 'FIRMWARE_FAILURE_NONE' | 'FILE_TRANSFER_FAILURE' | 'FIRMWARE_IMAGE_DISCARDED' | 'HARDWARE_VERSION_MISMATCH' | 'ACTIVATION_REFUSED' | 'ACTIVATION_LOST' | 'ROLLED_BACK'

/** Has a device execute an image it has verified. Hub and PPMID execute theirs by themselves. */
export interface ActivateFirmware {
  /** Which image. */
  sha256: Uint8Array
  /** When, Unix ms, by the hub's clock. Absent: now. */
  atMs?: number
  /** True: the device does not execute the image at the time it was given, but waits for another word. */
  cancelHeld?: boolean
}

/** What came of the order. */
export interface ActivateFirmwareResult {
  /** What the device executed before. */
  versionBefore: string
  /** What it executes; that before while the order is pending. */
  versionAfter: string
  /** True while its time has not come: alert 8F43 tells when it has. */
  pending: boolean
  /** Of a cancelling: whether the device held anything. */
  wasHeld?: boolean
}

/** Calls a distribution off: the hub forgets the image, and devices that have not activated it throw it away. */
export interface DiscardFirmware {
  /** Which image. */
  sha256: Uint8Array
}

/** What was called off. */
export interface DiscardFirmwareResult {
  /** Devices that had not activated it, EUI-64. */
  devices: readonly string[]
}

/** Asks for the time-of-use registers as they stand. */
export type ReadImportTou = Record<string, never>

/** Time-of-use registers. */
export interface ReadImportTouResult {
  /** All the device has: 48 of electricity, 4 of gas. */
  registers: readonly TariffRegister[]
  /** Unit of every value here. */
  unit: Unit
  /** When the values were read, Unix ms by the source's clock. */
  readAtMs: number
  /** Seconds from the device's own reading to read_at_ms; 0 when read from the device. */
  dataAgeS: number
  /** Who supplied them. */
  source: Source
}

/** Asks for what was used in each block of each time-of-use register, under tariffs with blocks. */
export type ReadImportTouBlocks = Record<string, never>

/** Registers by time of use and block, since the meter was made. */
export interface ReadImportTouBlocksResult {
  /** 8 registers of 4 blocks each. */
  blocks: readonly BlockRegister[]
  /** Unit of every value here. */
  unit: Unit
  /** When the values were read, Unix ms by the source's clock. */
  readAtMs: number
  /** Who supplied them. */
  source: Source
}

/** One block of one time-of-use register. */
export interface BlockRegister {
  /** Register number from 1. */
  register: number
  /** Block number from 1. */
  block: number
  /** In the unit of the result. */
  value: number
}

/** Asks for what was used in each block of the present block period. */
export type ReadImportBlockCounters = Record<string, never>

/** Block counters. */
export interface ReadImportBlockCountersResult {
  /** 4 blocks of register 1. */
  blocks: readonly BlockRegister[]
  /** Unit of every value here. */
  unit: Unit
  /** When the values were read, Unix ms by the source's clock. */
  readAtMs: number
  /** Seconds from the device's own reading to read_at_ms; 0 when read from the device. */
  dataAgeS: number
  /** Who supplied them. */
  source: Source
}

/** Asks for the export registers as they stand. */
export type ReadExportRegisters = Record<string, never>

/** Export registers. */
export interface ReadExportRegistersResult {
  /** Total active export, Wh. */
  activeExport: number
  /** Total reactive export, varh. */
  reactiveExport: number
  /** When the values were read, Unix ms by the source's clock. */
  readAtMs: number
}

/**
 * Asks for a part of the billing data log: entries by change of mode or tariff (4.4.2) or by the billing calendar (4.4.3), debt paid out of
 * top-ups (4.4.4), or top-ups (4.4.5).
 */
export type ReadBillingDataLog = Record<string, never>

/** The billing data log, or a part of it. */
export interface ReadBillingDataLogResult {
  /** Newest first, at most 12. Empty for 4.4.4 and 4.4.5. */
  entries: readonly BillingEntry[]
  /** Unit of every register value here. */
  unit: Unit
  /** Who supplied them. */
  source: Source
  /** 4.4.4 and 4.4.5: newest first. Empty for the others. */
  payments: readonly Payment[]
  /** Seconds since the device last told its mirror what was new; 0 when read from the device. */
  dataAgeS: number
}

/** Registers as they stood at an instant. */
export interface BillingEntry {
  /** By the device's clock, Unix ms. */
  atMs: number
  /** Why it was made. */
  cause: BillingCause
  /** Total active import or consumption. */
  activeImport: number
  /** Time-of-use registers in use, from register 1 on. */
  registers: readonly number[]
  /** Registers by time of use and block, under tariffs with blocks. */
  blocks: readonly BlockRegister[]
}

/** Why an entry of the billing data log was made. */
export type BillingCause = 'BILLING_CAUSE_UNSPECIFIED' | 'BILLING_CALENDAR' | 'TARIFF_CHANGE' | 'MODE_CHANGE'

/** Money that came by a top-up. */
export interface Payment {
  /** By the device's clock, Unix ms. */
  atMs: number
  /** Thousandths of a penny. */
  amount: number
}

/** Asks for the registers at midnight. */
export interface ReadImportDailyLog {
  /** First midnight wanted, inclusive, Unix ms. */
  fromMs: number
  /** Last midnight wanted, exclusive, Unix ms. */
  toMs: number
}

/** Registers at midnight, at most 31 times. */
export interface ReadImportDailyLogResult {
  /** Oldest first. */
  entries: readonly DailyRead[]
  /** Unit of every value here. */
  unit: Unit
  /** Who supplied them. */
  source: Source
}

/** Registers as they stood at a midnight. */
export interface DailyRead {
  /** Midnight UTC by the device's clock, Unix ms. */
  atMs: number
  /** Total, in the unit of the result. */
  value: number
  /** Time-of-use registers in use, from register 1 on. */
  registers: readonly number[]
}

/** Asks for the export register at midnight. */
export interface ReadExportDailyLog {
  /** First midnight wanted, inclusive, Unix ms. */
  fromMs: number
  /** Last midnight wanted, exclusive, Unix ms. */
  toMs: number
}

/** Export register at midnight, at most 31 times. */
export interface ReadExportDailyLogResult {
  /** Oldest first. */
  entries: readonly DailyRead[]
  /** Unit of every value here. */
  unit: Unit
}

/** Asks for reactive import by interval. */
export interface ReadReactiveImportProfile {
  /** First instant wanted, inclusive, Unix ms. */
  fromMs: number
  /** Last instant wanted, exclusive, Unix ms. */
  toMs: number
  /** 1 to 1000, oldest first. */
  maxEntries: number
}

/** Reactive import by interval. */
export interface ReadReactiveImportProfileResult {
  /** Length of each interval, seconds. */
  intervalS: number
  /** Oldest first. */
  entries: readonly ProfileEntry[]
  /** Unit of every value here. */
  unit: Unit
  /** Who supplied them. */
  source: Source
  /** True when max_entries kept later intervals back: ask again from the end of the last one. */
  more: boolean
}

/** Asks for active export by interval. */
export interface ReadExportProfile {
  /** First instant wanted, inclusive, Unix ms. */
  fromMs: number
  /** Last instant wanted, exclusive, Unix ms. */
  toMs: number
  /** 1 to 1000, oldest first. */
  maxEntries: number
}

/** Active export by interval. */
export interface ReadExportProfileResult {
  /** Length of each interval, seconds. */
  intervalS: number
  /** Oldest first. */
  entries: readonly ProfileEntry[]
  /** Unit of every value here. */
  unit: Unit
  /** Who supplied them. */
  source: Source
  /** True when max_entries kept later intervals back: ask again from the end of the last one. */
  more: boolean
}

/** Asks for what the meter knows of the network it hangs on. */
export interface ReadNetworkData {
  /** First instant wanted, inclusive, Unix ms. */
  fromMs: number
  /** Last instant wanted, exclusive, Unix ms. */
  toMs: number
  /** 1 to 1000, oldest first. */
  maxEntries: number
}

/** Average voltages (electricity) or volumes of short intervals (gas). */
export interface ReadNetworkDataResult {
  /** Length of each interval, seconds; of the last ones where they differ. */
  intervalS: number
  /** Oldest first. */
  entries: readonly ProfileEntry[]
  /** Unit of every value here. */
  unit: Unit
  /** True when max_entries kept later intervals back: ask again from the end of the last one. */
  more: boolean
  /** Of an electricity meter. */
  counters?: NetworkCounters
  /** Which intervals have which length, oldest first: the period of average voltages may have been changed. */
  lengths: readonly IntervalLength[]
  /** Who supplied them. */
  source: Source
  /** Seconds since the device last told its mirror what was new; 0 when read from the device. */
  dataAgeS: number
}

/** Intervals of one length. */
export interface IntervalLength {
  /** Start of the first of them, Unix ms. */
  fromMs: number
  /** Length of each of them, seconds. */
  intervalS: number
}

/** What happened to the voltage since the counters were reset. */
export interface NetworkCounters {
  /** Averages above the threshold. */
  overVoltage: number
  /** Averages below the threshold. */
  underVoltage: number
  /** Sags. */
  sags: number
  /** Swells. */
  swells: number
}

/** Asks for the tariff in force. */
export type ReadTariff = Record<string, never>

/** The tariff in force. */
export interface ReadTariffResult {
  /** The tariff. */
  tariff: Tariff
  /** Register that counts now. */
  activeRegister: number
  /** Block the next unit falls into. */
  activeBlock: number
  /** What a kWh costs now, thousandths of a penny. */
  price: number
  /** Who supplied them. */
  source: Source
  /** Seconds since the device last told its mirror what was new; 0 when read from the device. */
  dataAgeS: number
}

/** What a meter charges by. Money in thousandths of a penny. Times by the device's clock, UTC. */
export interface Tariff {
  /** The supplier's number for it. */
  tariffId: number
  /** At most 12 octets. */
  label: string
  /** Which register counts when. */
  switching: SwitchingTable
  /** Prices and thresholds of each register, from register 1 on: at most 48 of electricity, 8 with blocks; 4 of gas, 1 with blocks. */
  rates: readonly TariffRates[]
  /** How long block counters count before they begin again. */
  blockPeriod: BlockPeriod
  /** Per day, at most 10000000. */
  standingCharge: number
}

/** What a kWh costs on one register. */
export interface TariffRates {
  /** In each block, at most 4; one where there are no blocks. At most 10000000. */
  prices: readonly number[]
  /** Upper ends of the blocks but the last, rising, Wh or dm3; as many for every register. */
  thresholds: readonly number[]
}

/** How long a block period is, from midnight UTC on. */
export type BlockPeriod = 'BLOCK_PERIOD_UNSPECIFIED' | 'BLOCK_PERIOD_DAY' | 'BLOCK_PERIOD_WEEK' | 'BLOCK_PERIOD_MONTH' | 'BLOCK_PERIOD_QUARTER'

/** Which register counts when. */
export interface SwitchingTable {
  /** At least one, at most 16. */
  days: readonly DayProfile[]
  /** At most 4. Without: the first day profile holds every day. */
  weeks: readonly WeekProfile[]
  /** At most 4. Without: the first week holds all year. */
  seasons: readonly Season[]
  /** At most 50. */
  specialDays: readonly SpecialDay[]
}

/** One kind of day. */
export interface DayProfile {
  /** 1 to 255. */
  id: number
  /** In order, the first at minute 0, at most 48. */
  switches: readonly TariffSwitch[]
}

/** From a minute of the day on, a register counts. */
export interface TariffSwitch {
  /** Minutes after midnight UTC, 0 to 1439. */
  startMin: number
  /** Register number from 1. */
  register: number
}

/** One kind of week. */
export interface WeekProfile {
  /** 1 to 255. */
  id: number
  /** Day profiles of Monday to Sunday: 7. */
  dayIds: readonly number[]
}

/** From a date of each year on, a kind of week. */
export interface Season {
  /** 1 to 12. */
  month: number
  /** 1 to 31. */
  day: number
  /** Week profile. */
  weekId: number
}

/** A date with a day profile of its own. */
export interface SpecialDay {
  /** Absent: each year. */
  year?: number
  /** 1 to 12. */
  month: number
  /** 1 to 31. */
  day: number
  /** Day profile. */
  dayId: number
}

/** Asks what limits the load, and how often it was exceeded. */
export type ReadLoadLimitData = Record<string, never>

/** The load limit. */
export interface ReadLoadLimitDataResult {
  /** W; 0: there is no limit. */
  thresholdW: number
  /** How long the load may be above it, seconds. */
  periodS: number
  /** After which the supply is given back, seconds. */
  restorationS: number
  /** How often the supply was interrupted. */
  counter: number
}

/** Asks for the power imported now. */
export type ReadActivePowerImport = Record<string, never>

/** Power imported now. */
export interface ReadActivePowerImportResult {
  /** W; 0 while the home exports. */
  activePowerW: number
  /** When it was read, Unix ms by the hub's clock. */
  readAtMs: number
}

/** Asks for consumption by day. */
export interface ReadDailyConsumption {
  /** First midnight wanted, inclusive, Unix ms. */
  fromMs: number
  /** Last midnight wanted, exclusive, Unix ms. */
  toMs: number
}

/** Consumption by day, at most 731 days. */
export interface ReadDailyConsumptionResult {
  /** Oldest first; start_ms is midnight UTC by the device's clock. */
  entries: readonly ProfileEntry[]
  /** Unit of every value here. */
  unit: Unit
  /** Who supplied them. */
  source: Source
}

/** How the consumer pays. */
export type PaymentMode = 'PAYMENT_MODE_UNSPECIFIED' | 'CREDIT' | 'PREPAYMENT'

/** How often a debt is recovered, by the device's clock in UTC. */
export type DebtPeriod = 'DEBT_PERIOD_UNSPECIFIED' | 'EACH_HOUR' | 'EACH_DAY' | 'EACH_WEEK' | 'EACH_MONTH'

/** Gives the meter another tariff, as a whole or not at all. One that waits already is replaced. */
export interface UpdateTariff {
  /** The tariff. */
  tariff: Tariff
  /** When it takes effect, by the device's clock, Unix ms; the device holds it until then. Absent: now. */
  fromMs?: number
  /**
   * True: the device gives up what it holds for later by this request, and does nothing else of it. A device
   * holds one tariff or the prices of one.
   */
  cancelHeld?: boolean
}

/** The device holds the tariff. */
export interface UpdateTariffResult {
  /** Of a cancelling: whether the device held anything. */
  wasHeld?: boolean
}

/** Changes prices and standing charge of the tariff the meter has, as a whole or not at all. */
export interface UpdatePrice {
  /** Per day, at most 10000000. */
  standingCharge: number
  /** Of each register that the tariff has, from register 1 on. */
  prices: readonly RegisterPrices[]
  /** When they take effect, by the device's clock, Unix ms; the device holds them until then. Absent: now. */
  fromMs?: number
  /** True: the device gives up what it holds for later by this request, and does nothing else of it. */
  cancelHeld?: boolean
}

/** What a kWh costs on one register. */
export interface RegisterPrices {
  /** In each block that the tariff has; one where it has none. At most 10000000. */
  prices: readonly number[]
}

/** The device holds the prices. */
export interface UpdatePriceResult {
  /** Of a cancelling: whether the device held anything. */
  wasHeld?: boolean
}

/** Block counters begin again. */
export type ResetBlockCounters = Record<string, never>

/** They have begun again. */
export type ResetBlockCountersResult = Record<string, never>

/** Changes the meter balance. */
export interface UpdateMeterBalance {
  /**
   * Adds so much to it, or takes so much from it. Refused when it would exceed the maximum balance.
   * One of `change`.
   */
  adjustBy?: number
  /**
   * Sets it to nothing.
   * One of `change`.
   */
  reset?: UpdateMeterBalanceReset
}

/** Sets it to nothing. */
export type UpdateMeterBalanceReset = Record<string, never>

/** The balance after the change. */
export interface UpdateMeterBalanceResult {
  /** Meter balance. */
  balance: number
}

/** Changes the payment mode. The device keeps a snapshot of what stood before. */
export interface UpdatePaymentMode {
  /** The mode from then on. */
  mode: PaymentMode
  /** Prepayment: no debt is recovered while the supply is cut for want of credit. */
  suspendDebtDisabled: boolean
  /** Prepayment: no debt is recovered while emergency credit is used. */
  suspendDebtEmergency: boolean
  /** Prepayment: below this balance the supply is cut. */
  disablementThreshold: number
  /** When, by the device's clock, Unix ms; the device holds the change until then. Absent: now. */
  fromMs?: number
  /** True: the device gives up what it holds for later by this request, and does nothing else of it. */
  cancelHeld?: boolean
}

/** Acknowledges the change. */
export interface UpdatePaymentModeResult {
  /** The mode the device is in now. */
  mode: PaymentMode
  /** Of a cancelling: whether the device held anything. */
  wasHeld?: boolean
}

/** Sets prepayment up, as a whole or not at all. What is absent stays as it is. */
export interface UpdatePrepayConfiguration {
  /** Most that payments recover of the debt in one week, Monday to Sunday. */
  debtRecoveryRateCap?: number
  /** Emergency credit the consumer may call for; 0: none. */
  emergencyCreditLimit?: number
  /** Below this balance emergency credit is on offer. */
  emergencyCreditThreshold?: number
  /** Below this balance the consumer is warned. */
  lowCreditThreshold?: number
  /** Most that may stand on the meter after a top-up. */
  maximumBalance?: number
  /** Most that one top-up may add; at most maximum_balance. */
  maximumCredit?: number
  /** When nothing is cut. */
  nonDisablement?: NonDisablement
  /** When, by the device's clock, Unix ms; the device holds the settings until then. Absent: now. */
  fromMs?: number
  /** True: the device gives up what it holds for later by this request, and does nothing else of it. */
  cancelHeld?: boolean
}

/** When the supply is not cut, though the credit is used up. */
export interface NonDisablement {
  /** At most 14. */
  periods: readonly NonDisablementPeriod[]
  /** At most 20: nothing is cut on these at all. */
  specialDays: readonly NonDisablementSpecialDay[]
  /** Besides those. Absent: there is none. */
  schedule?: NonDisablementSchedule
}

/** Part of a day of the week. */
export interface NonDisablementPeriod {
  /** Days of the week: bit 0 Monday to bit 6 Sunday, at least one. */
  days: number
  /** First minute, minutes after midnight UTC by the device's clock, 0 to 1439. */
  fromMin: number
  /** Minute before which it ends, after from_min, at most 1440. */
  toMin: number
}

/** A day of the calendar. */
export interface NonDisablementSpecialDay {
  /** 2000 to 2099. Absent: every year. */
  year?: number
  /** 1 to 12. */
  month: number
  /** 1 to 31. */
  day: number
}

/** From its minute on, until the next one, however many days later, nothing is cut, or it is again. */
export interface NonDisablementSwitch {
  /** Minutes after midnight UTC by the device's clock, 0 to 1439. */
  atMin: number
  /** True: nothing is cut. False: it is cut as usual. */
  start: boolean
  /** Days of the week on which it holds: bit 0 Monday to bit 6 Sunday. */
  days: number
  /** Special days of the schedule on which it holds, counted from 1; there the switches of the day of the week do not. */
  specialDays: readonly number[]
  /** First day on which it holds. Absent: it always did. */
  from?: NonDisablementSpecialDay
  /** Last day; of a stated year where the first is. A range of no year holds in each, over the turn of it, too. Absent: there is none. */
  to?: NonDisablementSpecialDay
}

/** Switches and the days that are special to them. */
export interface NonDisablementSchedule {
  /** At most 48. */
  switches: readonly NonDisablementSwitch[]
  /** At most 20. */
  specialDays: readonly NonDisablementSpecialDay[]
}

/** Acknowledges the settings. */
export interface UpdatePrepayConfigurationResult {
  /** Of a cancelling: whether the device held anything. */
  wasHeld?: boolean
}

/** Gives the device a top-up token. */
export interface TopUpDevice {
  /** UTRN, 20 digits. */
  utrn: string
}

/** The token was taken. */
export interface TopUpDeviceResult {
  /** What it added. */
  amount: number
  /** Meter balance after it. */
  balance: number
}

/** Sets the debts, as a whole or not at all. */
export interface UpdateDebt {
  /** Exactly two. */
  timeDebts: readonly TimeDebt[]
  /** What is owed and recovered from payments. */
  paymentDebt: number
  /** Share of each payment that goes to it, hundredths of a percent, 0 to 10000. */
  recoveryPerPayment: number
}

/** A debt that is recovered by time. */
export interface TimeDebt {
  /** What is owed. */
  amount: number
  /** Recovered in each period. */
  rate: number
  /** How often. */
  period: DebtPeriod
}

/** Acknowledges the debts. */
export type UpdateDebtResult = Record<string, never>

/** Calls for emergency credit. Refused where none is on offer. */
export type ActivateEmergencyCredit = Record<string, never>

/** Emergency credit is there. */
export interface ActivateEmergencyCreditResult {
  /** What of it is left. */
  emergencyCreditRemaining: number
}

/** Asks what stands on the account. */
export type ReadPrepayValues = Record<string, never>

/** What stands on the account. */
export interface ReadPrepayValuesResult {
  /** How the consumer pays. */
  mode: PaymentMode
  /** Meter balance. */
  balance: number
  /** Emergency credit that was called for and is left. */
  emergencyCreditRemaining: number
  /** True while emergency credit is on offer. */
  emergencyCreditAvailable: boolean
  /** Charges held back while emergency credit was used or the supply was cut. */
  accumulatedDebt: number
  /** What is owed, of the two debts recovered by time. */
  timeDebts: readonly number[]
  /** What is owed and recovered from payments. */
  paymentDebt: number
  /** When the values were read, Unix ms by the source's clock. */
  readAtMs: number
  /** Seconds from the device's own reading to read_at_ms; 0 when read from the device. */
  dataAgeS: number
  /** Who supplied them. */
  source: Source
}

/** Asks how prepayment is set up. */
export type ReadPrepayConfiguration = Record<string, never>

/** How prepayment is set up. */
export interface ReadPrepayConfigurationResult {
  /** How the consumer pays. */
  mode: PaymentMode
  /** No debt is recovered while the supply is cut for want of credit. */
  suspendDebtDisabled: boolean
  /** No debt is recovered while emergency credit is used. */
  suspendDebtEmergency: boolean
  /** Below this balance the supply is cut. */
  disablementThreshold: number
  /** Most that payments recover of the debt in one week. */
  debtRecoveryRateCap: number
  /** Emergency credit the consumer may call for. */
  emergencyCreditLimit: number
  /** Below this balance emergency credit is on offer. */
  emergencyCreditThreshold: number
  /** Below this balance the consumer is warned. */
  lowCreditThreshold: number
  /** Most that may stand on the meter after a top-up. */
  maximumBalance: number
  /** Most that one top-up may add. */
  maximumCredit: number
  /** The two debts recovered by time. */
  timeDebts: readonly TimeDebt[]
  /** What is owed and recovered from payments. */
  paymentDebt: number
  /** Share of each payment that goes to it, hundredths of a percent. */
  recoveryPerPayment: number
  /** Who supplied them. */
  source: Source
  /** When nothing is cut. Absent: the source does not have it. */
  nonDisablement?: NonDisablement
  /** From when on other settings hold, by the device's clock, Unix ms. Absent: it holds none for later, or the source does not know. */
  heldUntilMs?: number
}

/** Asks for the account at each midnight. */
export interface ReadPrepayDailyLog {
  /** First midnight wanted, inclusive, Unix ms. */
  fromMs: number
  /** Last midnight wanted, exclusive, Unix ms. */
  toMs: number
}

/** The account at each midnight. */
export interface ReadPrepayDailyLogResult {
  /** Oldest first, at most 31. */
  entries: readonly PrepayDailyEntry[]
  /** Who supplied them. */
  source: Source
}

/** The account at one midnight. */
export interface PrepayDailyEntry {
  /** By the device's clock, Unix ms. */
  atMs: number
  /** Meter balance. */
  balance: number
  /** Emergency credit left. */
  emergencyCreditRemaining: number
  /** Charges held back. */
  accumulatedDebt: number
  /** What was owed, of the two debts recovered by time. */
  timeDebts: readonly number[]
  /** What was owed and recovered from payments. */
  paymentDebt: number
}

/** Asks for the meter balance. */
export type ReadMeterBalance = Record<string, never>

/** The meter balance. */
export interface ReadMeterBalanceResult {
  /** Meter balance. */
  balance: number
  /** When it was read, Unix ms by the source's clock. */
  readAtMs: number
  /** Seconds from the device's own reading to read_at_ms; 0 when read from the device. */
  dataAgeS: number
  /** Who supplied it. */
  source: Source
}

/** State of a supply. */
export type SupplyState = 'SUPPLY_STATE_UNSPECIFIED' | 'SUPPLY_OFF' | 'SUPPLY_ARMED' | 'SUPPLY_ON'

/** What a meter does with its supply when something happens to it. */
export type SupplyPolicy = 'SUPPLY_POLICY_UNSPECIFIED' | 'POLICY_OFF' | 'POLICY_ARMED' | 'POLICY_ON' | 'POLICY_UNCHANGED'

/** How often billing data are taken. */
export type BillingPeriodicity = 'BILLING_PERIODICITY_UNSPECIFIED' | 'BILLED_DAILY' | 'BILLED_WEEKLY' | 'BILLED_MONTHLY' | 'BILLED_QUARTERLY' | 'BILLED_SIX_MONTHLY' | 'BILLED_YEARLY'

/** Whose credentials a device holds. */
export type CredentialRole = 'CREDENTIAL_ROLE_UNSPECIFIED' | 'SUPPLIER' | 'NETWORK_OPERATOR'

/** Who controls a device. */
export type DeviceControl = 'DEVICE_CONTROL_UNSPECIFIED' | 'CONTROLLED_BY_DCC' | 'CONTROLLED_BY_SUPPLIER'

/** A text for the consumer: on the meter at once (a gas meter: when it wakes), on displays when they next ask. */
export interface DisplayMessage {
  /** 1 to 113 octets of UTF-8. */
  text: string
  /** How long displays are given it, minutes, 1 to 65534. Absent: until the next one. */
  forMin?: number
  /** Whoever shows it is to confirm it. */
  confirm: boolean
}

/** The message is shown. */
export interface DisplayMessageResult {
  /** Number it has in the home. */
  messageId: number
}

/** What the home may no longer look at: whatever was used before the present consumer moved in. */
export interface AccessRestriction {
  /** Unix ms; at most the present time. */
  notBeforeMs: number
}

/** Empties the event log. Nobody empties the security log. */
export type ClearEventLog = Record<string, never>

/** The event log after clearing. */
export interface ClearEventLogResult {
  /** Entries it holds now. */
  entries: number
}

/** The supplier's name as the meter shows it. */
export interface SupplierName {
  /** 1 to 15 octets of UTF-8. */
  name: string
}

/** Switches the consumer's PIN off. */
export type DisablePrivacyPin = Record<string, never>

/** Whether the consumer's PIN guards what the meter shows. */
export interface PrivacyPin {
  /** True while it does. */
  enabled: boolean
}

/** Asks for the thresholds of voltage. */
export type ReadVoltageSettings = Record<string, never>

/**
 * Thresholds of voltage: tenths of a volt, 0 to 4000; periods in seconds, 1 to 7200. In order: extreme under-voltage, sag at most
 * average under-voltage, which is below average over-voltage, at most swell and extreme over-voltage.
 */
export interface VoltageSettings {
  /** Period over which the average is taken. */
  averagePeriodS: number
  /** Average above: counted. */
  averageOverVoltageDv: number
  /** Average below: counted. */
  averageUnderVoltageDv: number
  /** Extreme over-voltage. */
  extremeOverVoltageDv: number
  /** How long it lasts before it is told. */
  extremeOverVoltagePeriodS: number
  /** Extreme under-voltage. */
  extremeUnderVoltageDv: number
  /** How long it lasts before it is told. */
  extremeUnderVoltagePeriodS: number
  /** Sag. */
  sagDv: number
  /** How long it lasts before it is told. */
  sagPeriodS: number
  /** Swell. */
  swellDv: number
  /** How long it lasts before it is told. */
  swellPeriodS: number
}

/** Asks for the randomised offset. */
export type ReadRandomisation = Record<string, never>

/** How far switching times are moved, so that homes do not switch all at once. */
export interface Randomisation {
  /** Most, seconds, 0 to 1799. */
  offsetLimitS: number
}

/** Asks for the billing calendar. */
export type ReadBillingCalendar = Record<string, never>

/** When billing data are taken. */
export interface BillingCalendar {
  /** First time, Unix ms, from 2000 on; 0: none is set. */
  startMs: number
  /** And from then on. */
  periodicity: BillingPeriodicity
}

/** Asks for the thresholds of ambient power display. */
export type ReadPowerThresholds = Record<string, never>

/** Where a display shows low, medium and high power. */
export interface PowerThresholds {
  /** Low below, medium from here, W, 0 to 100000. */
  lowMediumW: number
  /** High from here, W, above low_medium_w, at most 100000. */
  mediumHighW: number
}

/** Asks for the metering point. */
export type ReadMpxn = Record<string, never>

/** The metering point. */
export interface Mpxn {
  /** MPAN of import (13 digits) or MPRN (6 to 10 digits); empty when none is set. */
  importMpxn: string
  /** MPAN of export; empty when none is set, always so for gas. */
  exportMpan: string
}

/** Asks how gas is converted and watched. */
export type ReadGasSettings = Record<string, never>

/** How gas is converted and watched. */
export interface GasSettings {
  /** Hundredths of a MJ per m3. */
  calorificValue: number
  /** Hundred-thousandths. */
  conversionFactor: number
  /** Uncontrolled flow, dm3 an hour; 0: not watched. */
  flowThresholdDm3PerH: number
  /** From the opening of the valve until flow is measured, seconds. */
  stabilisationS: number
  /** For how long, seconds. */
  measurementS: number
}

/** Asks for the payment mode. */
export type ReadPaymentMode = Record<string, never>

/** The payment mode. */
export interface ReadPaymentModeResult {
  /** True in prepayment mode, false in credit mode. */
  prepayment: boolean
}

/** Asks what becomes of events. */
export interface ReadEventBehaviours {
  /** 1 to 16 codes, 4 upper-case hex digits each. */
  codes: readonly string[]
}

/** What becomes of events. */
export interface EventBehaviours {
  /** 1 to 16. */
  behaviours: readonly EventBehaviour[]
}

/** What becomes of one event. */
export interface EventBehaviour {
  /** 4 upper-case hex digits. */
  code: string
  /** It stands in the log it belongs to. */
  logged: boolean
  /** It is told over the WAN. */
  toWan: boolean
  /** It is told to the home. */
  toHan: boolean
}

/** Interrupts the supply when too much is used. */
export interface LoadLimit {
  /** Active power, W, 0 to 100000; 0: there is no limit. */
  thresholdW: number
  /** For how long it may be above, seconds, 0 to 7200. */
  periodS: number
  /** After which the supply comes back by itself, seconds, 0 to 86400; 0: it does not. */
  restorationS: number
  /** What is done then. */
  policy: SupplyPolicy
  /** From when on, by the device's clock, Unix ms; the device holds it until then. Absent: now. */
  fromMs?: number
  /** True: the device gives up the limit it holds for later, and does nothing else of it. */
  cancelHeld?: boolean
  /** In an answer to that: whether the device held any. The limit is that of now. */
  wasHeld?: boolean
}

/** Sets the counter of load limiting to 0. */
export type ResetLoadLimitCounter = Record<string, never>

/** The counter of load limiting. */
export interface LoadLimitCounter {
  /** Times the supply was interrupted. */
  counter: number
}

/** How volume becomes energy. */
export interface GasConversion {
  /** Hundredths of a MJ per m3, 1000 to 9999. */
  calorificValue: number
  /** Hundred-thousandths, 50000 to 200000. */
  conversionFactor: number
}

/** What uncontrolled flow is. */
export interface GasFlow {
  /** dm3 an hour, 0 to 65534; 0: it is not watched. */
  flowThresholdDm3PerH: number
  /** From the opening of the valve until flow is measured, seconds, 1 to 254. */
  stabilisationS: number
  /** For how long, seconds, 1 to 65534. */
  measurementS: number
}

/** Renews the credentials of a party that the device knows already. */
export interface UpdateCredentials {
  /** Whose. */
  role: CredentialRole
  /** Its EUI-64: the one the device knows. */
  entityId: string
  /** Serial number of the new certificate, 1 to 16 octets. */
  certificate: Uint8Array
}

/** The supplier that takes a device over. */
export interface NewSupplier {
  /** Its EUI-64. */
  entityId: string
  /** Serial number of its certificate, 1 to 16 octets. */
  certificate: Uint8Array
}

/** Asks whose credentials a device holds. */
export type ReadCredentials = Record<string, never>

/** Whose credentials a device holds. An entity of zeros: nobody's. */
export interface Credentials {
  /** EUI-64. */
  supplierId: string
  /** Serial number. */
  supplierCertificate: Uint8Array
  /** EUI-64. */
  networkOperatorId: string
  /** Serial number. */
  networkOperatorCertificate: Uint8Array
  /** Who controls the device. */
  control: DeviceControl
}

/** Sets the metering point of import. */
export interface SetImportMpxn {
  /** MPAN of 13 digits, or MPRN of 6 to 10 digits for gas. */
  importMpxn: string
}

/** Sets the metering point of export. */
export interface SetExportMpan {
  /** 13 digits. */
  exportMpan: string
}

/** What happens to the supply when somebody tampers with the meter. */
export interface TamperPolicy {
  /** POLICY_OFF locks it, POLICY_UNCHANGED leaves it. */
  policy: SupplyPolicy
}

/** Whether block counters begin anew each day. */
export interface BlockCounterReset {
  /** True: they do. */
  daily: boolean
}

/** Sets the counters of average voltage to 0. */
export type ResetVoltageCounters = Record<string, never>

/** The counters of average voltage. */
export interface VoltageCounters {
  /** Periods above the threshold. */
  overVoltage: number
  /** Periods below it. */
  underVoltage: number
}

/** Switches the supply on. */
export type EnableSupply = Record<string, never>

/** Switches the supply off. */
export type DisableSupply = Record<string, never>

/** Lets the consumer switch the supply on. */
export type ArmSupply = Record<string, never>

/** Asks for the state of the supply. */
export type ReadSupplyStatus = Record<string, never>

/** State of the supply. */
export interface SupplyStatus {
  /** Now. */
  state: SupplyState
}

/**
 * Lets a device of the home act on the one asked: a display on a meter, a CAD on the gas proxy. The critical variants (8.7.1, 8.8.1)
 * are for meters, the others for the gas proxy, also where the display is asked.
 */
export interface JoinDevice {
  /** EUI-64 of the device that may act. */
  deviceId: string
}

/** Ends that. */
export interface UnjoinDevice {
  /** EUI-64. */
  deviceId: string
}

/** Who may act on a device. */
export interface JoinedDevices {
  /** EUI-64 each, at most 4. */
  deviceIds: readonly string[]
}

/** A number that the meter shows, so that who reads it there proves that he lives there. */
export interface CustomerIdentification {
  /** 4 digits. */
  number: string
}
