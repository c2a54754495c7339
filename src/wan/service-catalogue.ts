/**
 * Every service request of DUIS as SMETS1 devices take it: of which devices, under which conditions, by which users.
 * @source names, criticality, modes and users: DCC User Interface Specification; which SMETS1 devices take which
 * request: assumed, for the table of DUIS 1.4.2 is not public; each row says how sure that is
 */
import { kindOfVariant } from './messages/requests.ts'

/** Types of device of an installation. */
export type DeviceType = 'CHF' | 'GPF' | 'ESME' | 'GSME' | 'PPMID' | 'IHD' | 'CAD'

/**
 * Roles of users: import, gas and export supplier, electricity distributor, gas transporter, registered supplier
 * agent, other user.
 * @source DUIS, eligible user roles
 */
export const USER_ROLES = ['IS', 'GS', 'ES', 'ED', 'GT', 'RSA', 'OU'] as const
export type UserRole = (typeof USER_ROLES)[number]

/**
 * How a request may be asked: on demand; future dated, held by the DCC (`FD:DSP`), by the device (`FD:Dev`) or by one after the
 * other (`FD:DSP&Dev`); on a schedule of the DCC (`SCH`); or `ND`: the DCC answers, no device is asked.
 * @source DUIS, modes of operation
 */
export type ServiceMode = 'OD' | 'FD:DSP' | 'FD:Dev' | 'FD:DSP&Dev' | 'SCH' | 'ND'

/** One service reference variant. */
export interface ServiceRow {
  variant: string
  name: string
  /** Devices it may be asked of; others answer E11. */
  devices: readonly DeviceType[]
  /** It carries its originator's authentication, and where the Group asks for it the DCO's. */
  critical: boolean
  /** The DCC asks it of commissioned devices only: E5 before. @source assumed */
  commissioned: boolean
  modes: readonly ServiceMode[]
  /** Users who may ask; a head-end (SMSO, S1SP) asks on behalf of any. */
  roles: readonly UserRole[]
  /** How sure it is that SMETS1 devices of these types take it. `ours`: no request of DUIS. */
  confidence: 'high' | 'medium' | 'low' | 'ours'
}

type Line = readonly [
  variant: string,
  name: string,
  devices: string,
  conditions: '' | 'critical' | 'commissioned' | 'critical commissioned',
  modes: string,
  roles: string,
  confidence: ServiceRow['confidence'],
]

const EVERY = 'CHF GPF ESME GSME PPMID IHD CAD'

// Identity and firmware are asked of every device, the clock of hub and GPF too: wider than DUIS.
// biome-ignore format: a table, one row a line
const lines: readonly Line[] = [
  ['1.1.1', 'Update Import Tariff (Primary Element)', 'ESME GSME', 'critical commissioned', 'OD FD:Dev', 'IS GS', 'high'],
  ['1.2.1', 'Update Price (Primary Element)', 'ESME GSME', 'critical commissioned', 'OD FD:Dev', 'IS GS', 'high'],
  ['1.5', 'Update Meter Balance', 'ESME GSME', 'critical commissioned', 'OD', 'IS GS', 'high'],
  ['1.6', 'Update Payment Mode', 'ESME GSME', 'critical commissioned', 'OD FD:Dev', 'IS GS', 'high'],
  ['1.7', 'Reset Tariff Block Counter Matrix', 'ESME', 'critical commissioned', 'OD', 'IS', 'low'],
  ['2.1', 'Update Prepay Configuration', 'ESME GSME', 'critical commissioned', 'OD FD:Dev', 'IS GS', 'high'],
  ['2.2', 'Top Up Device', 'ESME GSME', 'commissioned', 'OD', 'IS GS', 'high'],
  ['2.3', 'Update Debt', 'ESME GSME', 'critical commissioned', 'OD', 'IS GS', 'high'],
  ['2.5', 'Activate Emergency Credit', 'ESME GSME', 'critical commissioned', 'OD', 'IS GS', 'high'],
  ['3.1', 'Display Message', 'ESME GSME', 'commissioned', 'OD FD:DSP', 'IS GS', 'medium'],
  ['3.2', 'Restrict Access For Change Of Tenancy', 'GPF ESME GSME', 'commissioned', 'OD FD:DSP', 'IS GS', 'medium'],
  ['3.3', 'Clear Event Log', 'ESME GSME', 'commissioned', 'OD', 'IS GS', 'medium'],
  ['3.4', 'Update Supplier Name', 'ESME GSME', 'commissioned', 'OD FD:DSP', 'IS GS', 'medium'],
  ['3.5', 'Disable Privacy PIN', 'ESME GSME', 'commissioned', 'OD', 'IS GS', 'medium'],
  ['4.1.1', 'Read Instantaneous Import Registers', 'GPF ESME GSME', '', 'OD FD:DSP', 'IS GS ED GT', 'high'],
  ['4.1.2', 'Read Instantaneous Import TOU Matrices', 'GPF ESME GSME', '', 'OD FD:DSP', 'IS GS ED GT', 'high'],
  ['4.1.3', 'Read Instantaneous Import TOU With Blocks Matrices', 'ESME', '', 'OD FD:DSP', 'IS ED', 'high'],
  ['4.1.4', 'Read Instantaneous Import Block Counters', 'GPF GSME', '', 'OD FD:DSP', 'GS', 'high'],
  ['4.2', 'Read Instantaneous Export Registers', 'ESME', '', 'OD FD:DSP', 'ES ED', 'high'],
  ['4.3', 'Read Instantaneous Prepay Values', 'GPF ESME GSME', '', 'OD FD:DSP', 'IS GS', 'high'],
  ['4.4.2', 'Retrieve Change Of Mode / Tariff Triggered Billing Data Log', 'GPF ESME GSME', '', 'OD FD:DSP', 'IS GS', 'medium'],
  ['4.4.3', 'Retrieve Billing Calendar Triggered Billing Data Log', 'GPF ESME GSME', '', 'OD FD:DSP', 'IS GS', 'medium'],
  ['4.4.4', 'Retrieve Billing Data Log (Payment Based Debt Payments)', 'GPF ESME GSME', '', 'OD FD:DSP', 'IS GS', 'medium'],
  ['4.4.5', 'Retrieve Billing Data Log (Prepayment Credits)', 'GPF ESME GSME', '', 'OD FD:DSP', 'IS GS', 'medium'],
  ['4.6.1', 'Retrieve Import Daily Read Log', 'GPF ESME GSME', '', 'OD FD:DSP SCH', 'IS GS', 'high'],
  ['4.6.2', 'Retrieve Export Daily Read Log', 'ESME', '', 'OD FD:DSP SCH', 'ES', 'medium'],
  ['4.8.1', 'Read Active Import Profile Data', 'GPF ESME GSME', '', 'OD FD:DSP SCH', 'IS GS ED GT OU', 'high'],
  ['4.8.2', 'Read Reactive Import Profile Data', 'ESME', '', 'OD FD:DSP SCH', 'IS ED OU', 'high'],
  ['4.8.3', 'Read Export Profile Data', 'ESME', '', 'OD FD:DSP SCH', 'ES ED OU', 'high'],
  ['4.10', 'Read Network Data', 'GPF ESME GSME', '', 'OD FD:DSP SCH', 'IS GS ED GT', 'high'],
  ['4.11.1', 'Read Tariff (Primary Element)', 'GPF ESME GSME', '', 'OD', 'IS GS OU', 'high'],
  ['4.13', 'Read Prepayment Configuration', 'GPF ESME GSME', '', 'OD FD:DSP', 'IS GS', 'medium'],
  ['4.14', 'Read Prepayment Daily Read Log', 'GPF ESME GSME', '', 'OD FD:DSP SCH', 'IS GS', 'medium'],
  ['4.15', 'Read Load Limit Data', 'ESME', '', 'OD FD:DSP SCH', 'IS ED', 'medium'],
  ['4.16', 'Read Active Power Import', 'ESME', '', 'OD SCH', 'IS ED', 'high'],
  ['4.17', 'Retrieve Daily Consumption Log', 'GPF ESME GSME', '', 'OD FD:DSP SCH', 'IS GS ED GT OU', 'medium'],
  ['4.18', 'Read Meter Balance', 'GPF ESME GSME', '', 'OD FD:DSP', 'IS GS', 'high'],
  ['5.1', 'Create Schedule', '', '', 'ND', 'IS ES GS ED GT OU', 'high'],
  ['5.2', 'Read Schedule', '', '', 'ND', 'IS ES GS ED GT OU', 'high'],
  ['5.3', 'Delete Schedule', '', '', 'ND', 'IS ES GS ED GT OU', 'high'],
  ['6.2.1', 'Read Device Configuration (Voltage)', 'ESME', '', 'OD', 'IS RSA ED', 'medium'],
  ['6.2.2', 'Read Device Configuration (Randomisation)', 'ESME', '', 'OD', 'IS RSA ED', 'low'],
  ['6.2.3', 'Read Device Configuration (Billing Calendar)', 'ESME GSME', '', 'OD', 'IS RSA GS', 'medium'],
  ['6.2.4', 'Read Device Configuration (Identity Exc MPxN)', EVERY, '', 'OD', 'IS ES GS RSA ED GT OU', 'high'],
  ['6.2.5', 'Read Device Configuration (Instantaneous Power Thresholds)', 'ESME', '', 'OD', 'IS RSA', 'medium'],
  ['6.2.7', 'Read Device Configuration (MPxN)', 'GPF ESME GSME', '', 'OD', 'IS ES GS RSA ED GT OU', 'medium'],
  ['6.2.8', 'Read Device Configuration (Gas)', 'GPF GSME', '', 'OD', 'GS RSA GT', 'medium'],
  ['6.2.9', 'Read Device Configuration (Payment Mode)', 'ESME GSME', '', 'OD', 'IS GS RSA', 'medium'],
  ['6.2.10', 'Read Device Configuration (Event and Alert Behaviours)', 'ESME GSME', '', 'OD', 'IS GS ED', 'low'],
  ['6.4.1', 'Update Device Configuration (Load Limiting General Settings)', 'ESME', 'critical commissioned', 'OD FD:Dev', 'IS', 'medium'],
  ['6.4.2', 'Update Device Configuration (Load Limiting Counter Reset)', 'ESME', 'commissioned', 'OD FD:DSP', 'IS', 'medium'],
  ['6.5', 'Update Device Configuration (Voltage)', 'ESME', 'commissioned', 'OD FD:DSP', 'ED', 'medium'],
  ['6.6', 'Update Device Configuration (Gas Conversion)', 'GSME', 'critical commissioned', 'OD', 'GS', 'medium'],
  ['6.7', 'Update Device Configuration (Gas Flow)', 'GSME', 'critical commissioned', 'OD', 'GS', 'medium'],
  ['6.8', 'Update Device Configuration (Billing Calendar)', 'ESME GSME', 'critical commissioned', 'OD', 'IS GS', 'high'],
  ['6.11', 'Synchronise Clock', 'CHF GPF ESME GSME', 'critical', 'OD', 'IS GS', 'high'],
  ['6.12', 'Update Device Configuration (Instantaneous Power Threshold)', 'ESME', 'commissioned', 'OD FD:DSP', 'IS', 'medium'],
  ['6.13', 'Read Event Or Security Log', 'CHF GPF ESME GSME', '', 'OD', 'IS GS ED GT RSA', 'medium'],
  ['6.15.1', 'Update Security Credentials (KRP)', 'GPF ESME GSME', 'critical', 'OD FD:Dev', 'IS GS ED GT', 'medium'],
  ['6.20.1', 'Set Device Configuration (Import MPxN)', 'ESME GSME', 'commissioned', 'OD FD:DSP', 'IS GS', 'medium'],
  ['6.20.2', 'Set Device Configuration (Export MPAN)', 'ESME', 'commissioned', 'OD FD:DSP', 'ES', 'low'],
  ['6.21', 'Request Handover Of DCC Controlled Device', 'GPF ESME GSME', '', 'OD FD:DSP', 'IS GS', 'high'],
  ['6.22', 'Configure Alert Behaviour', 'ESME GSME', 'commissioned', 'OD', 'IS GS ED', 'low'],
  ['6.23', 'Update Security Credentials (CoS)', 'GPF ESME GSME', '', 'OD FD:DSP&Dev', 'IS GS', 'high'],
  ['6.24.1', 'Retrieve Device Security Credentials (KRP)', 'CHF GPF ESME GSME', '', 'OD', 'IS GS ED GT', 'medium'],
  ['6.25', 'Set Electricity Supply Tamper State', 'ESME', 'critical commissioned', 'OD', 'IS', 'medium'],
  ['6.26', 'Update Device Configuration (daily resetting of Tariff Block Counter Matrix)', 'ESME', 'critical commissioned', 'OD', 'IS', 'low'],
  ['6.27', 'Update Device Configuration (RMS Voltage Counter Reset)', 'ESME', 'commissioned', 'OD FD:DSP', 'ED', 'low'],
  ['7.1', 'Enable Supply', 'ESME', 'critical commissioned', 'OD', 'IS', 'high'],
  ['7.2', 'Disable Supply', 'ESME GSME', 'critical commissioned', 'OD', 'IS GS', 'high'],
  ['7.3', 'Arm Supply', 'ESME GSME', 'critical commissioned', 'OD', 'IS GS', 'high'],
  ['7.4', 'Read Supply Status', 'ESME GSME', '', 'OD', 'IS ES GS RSA ED GT', 'high'],
  ['8.1.1', 'Commission Device', 'GPF ESME GSME', 'critical', 'OD', 'IS GS', 'high'],
  ['8.2', 'Read Inventory', '', '', 'ND', 'IS ES GS RSA ED GT OU', 'high'],
  ['8.3', 'Decommission Device', EVERY, '', 'ND', 'IS GS', 'high'],
  ['8.4', 'Update Inventory', EVERY, '', 'ND', 'IS ES GS RSA ED GT OU', 'high'],
  ['8.7.1', 'Join Service (Critical)', 'ESME GSME PPMID', 'critical commissioned', 'OD', 'IS GS', 'low'],
  ['8.7.2', 'Join Service (Non-Critical)', 'GPF PPMID CAD', 'commissioned', 'OD', 'IS GS OU', 'medium'],
  ['8.8.1', 'Unjoin Service (Critical)', 'ESME GSME PPMID', 'critical commissioned', 'OD', 'IS GS', 'low'],
  ['8.8.2', 'Unjoin Service (Non-Critical)', 'GPF PPMID CAD', 'commissioned', 'OD', 'IS GS OU', 'medium'],
  ['8.9', 'Read Device Log', 'CHF', '', 'OD FD:DSP', 'IS GS OU', 'high'],
  ['8.11', 'Update HAN Device Log', 'CHF', '', 'OD FD:DSP', 'IS GS OU', 'high'],
  ['9.1', 'Request Customer Identification Number', 'ESME', 'commissioned', 'OD', 'OU', 'medium'],
  ['11.1', 'Update Firmware', 'CHF ESME GSME PPMID', '', 'ND', 'IS GS', 'high'],
  ['11.2', 'Read Firmware Version', EVERY, '', 'OD FD:DSP', 'IS ES GS RSA ED GT OU', 'high'],
  ['11.3', 'Activate Firmware', 'ESME GSME', 'critical', 'OD FD:Dev', 'IS GS', 'high'],
  ['12.2', 'Device Pre-notification', EVERY, '', 'ND', 'IS ES GS RSA ED GT OU', 'medium'],
  ['S1RIG.SET_APN', 'Set Access Point Name', 'CHF', '', 'OD', '', 'ours'],
  ['S1RIG.ROTATE_CREDENTIALS', 'Rotate Credentials', 'CHF', '', 'OD', '', 'ours'],
  ['S1RIG.READ_DISTRIBUTION', 'Read Firmware Distribution', 'CHF', '', 'OD', '', 'ours'],
  ['S1RIG.DISCARD_FIRMWARE', 'Discard Firmware', 'CHF', '', 'OD', '', 'ours'],
]

/** What SMETS1 devices take, by service reference variant. */
export const SERVICE_CATALOGUE: ReadonlyMap<string, ServiceRow> = new Map(
  lines.map(([variant, name, devices, conditions, modes, roles, confidence]) => [
    variant,
    {
      ...{ variant, name, confidence },
      devices: words<DeviceType>(devices),
      critical: conditions.startsWith('critical'),
      commissioned: conditions.endsWith('commissioned'),
      modes: words<ServiceMode>(modes),
      roles: words<UserRole>(roles),
    },
  ]),
)

/**
 * Requests of DUIS that no SMETS1 device takes, by variant: second element, maximum demand, auxiliary loads, keys made on devices,
 * dual-band hubs, opting out, restoring logs, local commands, status of hubs.
 * @source assumed, for the reason above
 */
export const NOT_SMETS1: ReadonlyMap<string, string> = new Map([
  ['1.1.2', 'Update Import Tariff (Secondary Element)'],
  ['1.2.2', 'Update Price (Secondary Element)'],
  ['4.11.2', 'Read Tariff (Secondary Element)'],
  ['4.12.1', 'Read Maximum Demand Import Registers'],
  ['4.12.2', 'Read Maximum Demand Export Registers'],
  ['6.14.1', 'Update Device Configuration (Auxiliary Load Control Description)'],
  ['6.14.2', 'Update Device Configuration (Auxiliary Load Control Scheduler)'],
  ['6.14.3', 'Update Device Configuration (Auxiliary Controller Scheduler)'],
  ['6.15.2', 'Update Security Credentials (Device)'],
  ['6.17', 'Issue Security Credentials'],
  ['6.18.1', 'Set Maximum Demand Configurable Time Period'],
  ['6.18.2', 'Reset Maximum Demand Registers'],
  ['6.24.2', 'Retrieve Device Security Credentials (Device)'],
  ['6.28', 'Set CHF Sub GHz Configuration'],
  ['6.29', 'Request CHF Sub GHz Channel Scan'],
  ['6.30', 'Read CHF Sub GHz Configuration'],
  ['6.31', 'Read CHF Sub GHz Channel'],
  ['6.32', 'Read CHF Sub GHz Channel Log'],
  ['7.5', 'Activate Auxiliary Load'],
  ['7.6', 'Deactivate Auxiliary Load'],
  ['7.7', 'Read Auxiliary Load Switch Data'],
  ['7.8', 'Reset Auxiliary Load'],
  ['7.9', 'Add Auxiliary Load To Boost Button'],
  ['7.10', 'Remove Auxiliary Load From Boost Button'],
  ['7.11', 'Read Boost Button Details'],
  ['7.12', 'Set Randomised Offset Limit'],
  ['7.13', 'Set Auxiliary Controller State'],
  ['7.14', 'Read Auxiliary Controller Configuration Data'],
  ['7.15', 'Read Auxiliary Controller Operational Data'],
  ['7.16', 'Limit APC Level'],
  ['8.5', 'Service Opt Out'],
  ['8.6', 'Service Opt In'],
  ['8.12.1', 'Restore HAN Device Log'],
  ['8.12.2', 'Restore Gas Proxy Function Device Log'],
  ['8.13', 'Return Local Command Response'],
  ['8.14.1', 'Communications Hub Status Update - Install Success'],
  ['8.14.2', 'Communications Hub Status Update - Install No SM WAN'],
  ['8.14.3', 'Communications Hub Status Update - Fault Return'],
  ['8.14.4', 'Communications Hub Status Update - No Fault Return'],
  ['11.4', 'Update PPMID Firmware'],
  ['12.1', 'Request WAN Matrix'],
  ['14.1', 'Record Network Data (GAS)'],
])

/** Why no device here answers a variant, for people; undefined when one does. */
export function whyNotServed(variant: string): string | undefined {
  const other = NOT_SMETS1.get(variant)
  if (other !== undefined) return `${variant} ${other} is not for SMETS1 devices`
  const row = SERVICE_CATALOGUE.get(variant)
  if (!row) return 'unknown request'
  return kindOfVariant(variant) ? undefined : `${variant} ${row.name} is not carried out here`
}

function words<T extends string>(text: string): readonly T[] {
  return text === '' ? [] : (text.split(' ') as T[])
}
