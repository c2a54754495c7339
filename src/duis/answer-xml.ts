/**
 * The documents that users get: acknowledgements, responses of devices, alerts.
 * @source DUIS schema, Response and SMETS1ResponseMessage; what is inside ResponseMessage: assumed, the fields of our own contract under
 * their names; where SMETS1Debug stands and what its numbers mean: assumed. Nothing is signed
 */
import XmlBuilder from 'fast-xml-builder'
import { toHex } from '../base/bytes.ts'
import { type Eui64, formatEui64 } from '../base/ids.ts'
import { visibleLine } from '../evidence/visible-text.ts'
import type { Alert } from '../wan/messages/wan-types.generated.ts'
import { DUIS_NAMESPACE, type RequestId, type ServiceRequest } from './service-request.ts'

const SCHEMA_VERSION = '5.3'
/** @source DUIS schema, SMETS1Debug */
const LONGEST_ERROR = 250

/** What came of one of the steps a request was carried out in. */
export interface StepOutcome {
  /** One of the DUIS or of ours. */
  code: string
  detail: string
}

/** What a device said, and what came of the steps on the way there. */
export interface DeviceAnswer {
  /** A code of the DUIS. */
  code: string
  atMs: number
  /** The result's fields; undefined when there is none. */
  result?: { name: string; fields: object } | undefined
  steps: readonly StepOutcome[]
}

/** The request was taken, or refused, before any device was asked. */
export function acknowledgement(requestId: RequestId, code: string, atMs: number, reason?: string): string {
  const debug = reason === undefined ? {} : { 'sr:Body': { 'sr:SMETS1Debug': debugOf([{ code, detail: reason }]) } }
  return document({ 'sr:Header': header(requestId, code, atMs), ...debug })
}

export function deviceResponse(request: ServiceRequest, { code, atMs, result, steps }: DeviceAnswer): string {
  const { requestId, serviceReference, variant } = request
  const debug = steps.length > 1 || steps.some(step => step.code !== 'I0')
  const message = {
    'sr:ServiceReference': serviceReference,
    'sr:ServiceReferenceVariant': variant,
    ...(result && {
      'sr:SMETS1SignedResponse': signed({
        'sr:Header': {
          'sr:BusinessOriginatorID': formatEui64(requestId.target),
          'sr:BusinessTargetID': formatEui64(requestId.originator),
          'sr:OriginatorCounter': requestId.counter,
          'sr:ServiceReference': serviceReference,
          'sr:Timestamp': instant(atMs),
        },
        'sr:Body': { 'sr:ResponseMessage': { [`sr:${result.name}`]: elements(result.fields) } },
      }),
    }),
    ...(debug && { 'sr:SMETS1Debug': debugOf(steps) }),
  }
  const body = { 'sr:SMETS1ResponseMessage': message }
  return document({ 'sr:Header': header(requestId, code, atMs, true), 'sr:Body': body })
}

/** What the DCC answers of itself. */
export function inventoryResponse(request: ServiceRequest, atMs: number, devices: readonly object[]): string {
  const { serviceReference, variant } = request
  const body = {
    'sr:ResponseMessage': {
      'sr:ServiceReference': serviceReference,
      'sr:ServiceReferenceVariant': variant,
      'sr:DSPInventory': { 'sr:Device': devices.map(elements) },
    },
  }
  return document({ 'sr:Header': header(request.requestId, 'I0', atMs, true), 'sr:Body': body })
}

/** `hub`: who reports it. What it says of its own firmware is the DCC's to tell. @source DUIS schema, SMETS1CHFirmwareNotification; the code: assumed */
export function alertDocument(hub: Eui64, alert: Alert): string {
  const { hubFirmware, atMs } = alert
  if (!hubFirmware) return deviceAlert(hub, alert)
  const status = hubFirmware.status === 'UPDATE_REQUESTED' ? 'UpdateRequested' : 'ActivationSuccessful'
  return document({
    'sr:Header': { 'sr:ResponseCode': 'I0', 'sr:ResponseDateTime': instant(atMs) },
    'sr:Body': {
      'sr:DCCAlertMessage': {
        'sr:DCCAlertCode': 'N56',
        'sr:DCCAlert': {
          'sr:SMETS1CHFirmwareNotification': {
            'sr:DeviceID': formatEui64(hub),
            'sr:FirmwareVersion': shown(hubFirmware.version),
            'sr:Status': status,
          },
        },
      },
    },
  })
}

function deviceAlert(hub: Eui64, { code, description, atMs, device, throttled = 0 }: Alert): string {
  const isGbcs = /^[0-9A-F]{4}$/.test(code)
  const alert = {
    ...(isGbcs && { 'sr:GBCSHexAlertCode': code }),
    'sr:AlertDescription': shown(isGbcs ? description : `${code} ${description}`),
    'sr:Timestamp': instant(atMs),
  }
  const message = signed({
    'sr:Header': { 'sr:BusinessOriginatorID': formatEui64(device || hub), 'sr:Timestamp': instant(atMs) },
    'sr:Body': { 'sr:DeviceAlertMessage': alert },
  })
  return document({
    'sr:Header': { 'sr:ResponseCode': 'I0', 'sr:ResponseDateTime': instant(atMs) },
    'sr:Body': {
      'sr:SMETS1ResponseMessage': {
        ...(throttled > 0 && { 'sr:ThrottledAlertCount': throttled }),
        'sr:SMETS1SignedResponse': message,
      },
    },
  })
}

function header({ text, originator, target, counter }: RequestId, code: string, atMs: number, answers = false) {
  const responseId = `${formatEui64(target)}:${formatEui64(originator)}:${counter}`
  return {
    'sr:RequestID': text,
    ...(answers && { 'sr:ResponseID': responseId }),
    'sr:ResponseCode': code,
    'sr:ResponseDateTime': instant(atMs),
  }
}

const signed = (response: object) => ({ '@_schemaVersion': SCHEMA_VERSION, 'sr:SMETS1Response': response })

function debugOf(steps: readonly StepOutcome[]) {
  return {
    'sr:SMETS1Response': steps.map(({ code, detail }, index) => ({
      '@_ResponseCode': numberOf(code),
      '@_Position': index + 1,
      'sr:Error': shown(detail === '' ? code : `${code}: ${detail}`).slice(0, LONGEST_ERROR),
    })),
  }
}

/** E21 is 21; those of ours have none and are 1000. */
const numberOf = (code: string): number => Number(/^[IE](\d+)$/.exec(code)?.[1] ?? 1_000)

/** Fields as elements: `activeImport` is ActiveImport, `readAtMs` is ReadAt as a date and time, `deviceId` is written in pairs. */
function elements(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) => {
      if (value === undefined) return []
      const isTime = /Ms$/.test(name)
      const element = `sr:${name[0]?.toUpperCase()}${(isTime ? name.slice(0, -2) : name).slice(1)}`
      const one = (single: unknown) => (isTime ? instant(Number(single)) : written(name, single))
      return [[element, Array.isArray(value) ? value.map(one) : one(value)]]
    }),
  )
}

function written(name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value).toUpperCase()
  if (typeof value === 'object' && value !== null) return elements(value)
  if (typeof value !== 'string') return value
  return /^device(Id)?$/.test(name) && /^[0-9a-f]{16}$/.test(value) ? formatEui64(value) : shown(value)
}

const shown = (text: string): string => visibleLine(text)
const instant = (atMs: number): string => new Date(atMs).toISOString()

function document(content: object): string {
  const builder = new XmlBuilder({ ignoreAttributes: false, format: true, suppressBooleanAttributes: false })
  return builder.build({
    '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
    'sr:Response': { '@_xmlns:sr': DUIS_NAMESPACE, '@_schemaVersion': SCHEMA_VERSION, ...content },
  })
}
