/** Global commands: reading, writing, reporting and discovering attributes. @source ZigBee Cluster Library, 2.5 */
import type { ByteReader, ByteWriter } from '../base/bytes.ts'
import { InvariantError, WireError } from '../base/errors.ts'
import { type DataType, dataTypeId, dataTypeOf, isAnalog, type WireValue } from './data-types.ts'
import { Status } from './status.ts'
import { readValue, writeValue } from './values.ts'

/** An attribute with its type and value, as in reports and writes. */
export interface AttributeRecord {
  id: number
  type: DataType
  value: WireValue
}

/** A value, or why there is none. */
export type ReadRecord = { id: number; status: 0; type: DataType; value: WireValue } | { id: number; status: number }

/** How an attribute shall be reported. Intervals in seconds; maximum 0xffff stops the reports, 0 has no period. */
export interface SendReports {
  role: 'send'
  id: number
  type: DataType
  minimumS: number
  maximumS: number
  /** Analog types only: the smallest movement worth a report. */
  change?: WireValue
}

/** What to expect of a peer's reports. `timeoutS` 0 means never late. */
export interface ExpectReports {
  role: 'receive'
  id: number
  timeoutS: number
}

type Role = 'send' | 'receive'

/** Commands with a list of attribute values. */
type ValuesName = 'WriteAttributes' | 'WriteAttributesUndivided' | 'WriteAttributesNoResponse' | 'ReportAttributes'

/** A global command. An empty list of failures means that everything succeeded. */
export type GlobalCommand =
  | { name: 'ReadAttributes'; attributeIds: readonly number[] }
  | { name: 'ReadAttributesResponse'; records: readonly ReadRecord[] }
  | { name: ValuesName; records: readonly AttributeRecord[] }
  | { name: 'WriteAttributesResponse'; failures: readonly { status: number; id: number }[] }
  | { name: 'ConfigureReporting'; records: readonly (SendReports | ExpectReports)[] }
  | { name: 'ConfigureReportingResponse'; failures: readonly { status: number; role: Role; id: number }[] }
  | { name: 'ReadReportingConfiguration'; records: readonly { role: Role; id: number }[] }
  | { name: 'ReadReportingConfigurationResponse'; records: readonly ReportingRecord[] }
  | { name: 'DefaultResponse'; commandId: number; status: number }
  | { name: 'DiscoverAttributes'; startId: number; maximum: number }
  | { name: 'DiscoverAttributesResponse'; complete: boolean; attributes: readonly { id: number; type: DataType }[] }

/** What is reported, or why nothing is. */
export type ReportingRecord =
  | { status: 0; configuration: SendReports | ExpectReports }
  | { status: number; role: Role; id: number }

/** Name of a global command. */
export type GlobalName = GlobalCommand['name']

const IDS: Record<GlobalName, number> = {
  ReadAttributes: 0x00,
  ReadAttributesResponse: 0x01,
  WriteAttributes: 0x02,
  WriteAttributesUndivided: 0x03,
  WriteAttributesResponse: 0x04,
  WriteAttributesNoResponse: 0x05,
  ConfigureReporting: 0x06,
  ConfigureReportingResponse: 0x07,
  ReadReportingConfiguration: 0x08,
  ReadReportingConfigurationResponse: 0x09,
  ReportAttributes: 0x0a,
  DefaultResponse: 0x0b,
  DiscoverAttributes: 0x0c,
  DiscoverAttributesResponse: 0x0d,
}
const NAMES: ReadonlyMap<number, GlobalName> = new Map(
  (Object.keys(IDS) as GlobalName[]).map(name => [IDS[name], name]),
)

/** The id of a global command on the air. */
export const globalId = (name: GlobalName): number => IDS[name]
/** The name of a global command; undefined when this codec does not know it. */
export const globalName = (commandId: number): GlobalName | undefined => NAMES.get(commandId)

/**
 * Reads the payload of a global command.
 * @throws WireError `wire.truncated`, `zcl.unknown-type`, and those of `readValue`
 */
export function readGlobal(name: GlobalName, reader: ByteReader): GlobalCommand {
  switch (name) {
    case 'ReadAttributes':
      return { name, attributeIds: list(reader, () => attributeId(reader)) }
    case 'ReadAttributesResponse':
      return { name, records: list(reader, () => readRecord(reader)) }
    case 'WriteAttributes':
    case 'WriteAttributesUndivided':
    case 'WriteAttributesNoResponse':
    case 'ReportAttributes':
      return { name, records: list(reader, () => ({ id: attributeId(reader), ...typedValue(reader) })) }
    case 'WriteAttributesResponse':
      return { name, failures: failures(reader, status => ({ status, id: attributeId(reader) })) }
    case 'ConfigureReporting':
      return { name, records: list(reader, () => reportingRecord(reader, role(reader))) }
    case 'ConfigureReportingResponse':
      return { name, failures: failures(reader, status => ({ status, role: role(reader), id: attributeId(reader) })) }
    case 'ReadReportingConfiguration':
      return { name, records: list(reader, () => ({ role: role(reader), id: attributeId(reader) })) }
    case 'ReadReportingConfigurationResponse':
      return { name, records: list(reader, () => reportingStatus(reader)) }
    case 'DefaultResponse':
      return { name, commandId: octet(reader, 'command'), status: octet(reader, 'status') }
    case 'DiscoverAttributes':
      return { name, startId: attributeId(reader), maximum: octet(reader, 'maximum') }
    case 'DiscoverAttributesResponse': {
      const complete = octet(reader, 'discovery complete') !== 0
      const attributes = list(reader, () => ({ id: attributeId(reader), type: dataType(reader) }))
      return { name, complete, attributes }
    }
    default:
      return name satisfies never
  }
}

/**
 * Writes the payload of a global command.
 * @throws InvariantError when a value does not fit its type; `where` stands before its name
 */
export function writeGlobal(writer: ByteWriter, command: GlobalCommand, where: string): void {
  switch (command.name) {
    case 'ReadAttributes':
      for (const id of command.attributeIds) writer.uint(2, id)
      return
    case 'ReadAttributesResponse':
      for (const record of command.records) writeReadRecord(writer, record, where)
      return
    case 'WriteAttributes':
    case 'WriteAttributesUndivided':
    case 'WriteAttributesNoResponse':
    case 'ReportAttributes':
      for (const record of command.records) writeAttributeRecord(writer, record, where)
      return
    case 'WriteAttributesResponse':
      if (command.failures.length === 0) writer.uint(1, Status.SUCCESS)
      for (const { status, id } of command.failures) writer.uint(1, status).uint(2, id)
      return
    case 'ConfigureReporting':
      for (const record of command.records) writeReporting(writer, record, where)
      return
    case 'ConfigureReportingResponse':
      if (command.failures.length === 0) writer.uint(1, Status.SUCCESS)
      for (const { status, role, id } of command.failures) writer.uint(1, status).uint(1, roleCode(role)).uint(2, id)
      return
    case 'ReadReportingConfiguration':
      for (const { role, id } of command.records) writer.uint(1, roleCode(role)).uint(2, id)
      return
    case 'ReadReportingConfigurationResponse':
      for (const record of command.records) {
        writer.uint(1, record.status)
        if ('configuration' in record) writeReporting(writer, record.configuration, where)
        else writer.uint(1, roleCode(record.role)).uint(2, record.id)
      }
      return
    case 'DefaultResponse':
      writer.uint(1, command.commandId).uint(1, command.status)
      return
    case 'DiscoverAttributes':
      writer.uint(2, command.startId).uint(1, command.maximum)
      return
    case 'DiscoverAttributesResponse':
      writer.uint(1, Number(command.complete))
      for (const { id, type } of command.attributes) writer.uint(2, id).uint(1, dataTypeId(type))
      return
    default:
      command satisfies never
  }
}

/** Writes one record of a Read Attributes Response. */
export function writeReadRecord(writer: ByteWriter, record: ReadRecord, where: string): void {
  writer.uint(2, record.id).uint(1, record.status)
  if ('type' in record) {
    writer.uint(1, dataTypeId(record.type))
    writeValue(writer, record.type, record.value, `${where} attribute ${hex4(record.id)}`)
  } else if (record.status === Status.SUCCESS) {
    throw new InvariantError(`${where} attribute ${hex4(record.id)}: status SUCCESS needs a value`)
  }
}

/** Writes one attribute with its type and value, as in reports and writes. */
export function writeAttributeRecord(writer: ByteWriter, { id, type, value }: AttributeRecord, where: string): void {
  writer.uint(2, id).uint(1, dataTypeId(type))
  writeValue(writer, type, value, `${where} attribute ${hex4(id)}`)
}

const hex4 = (id: number): string => `0x${id.toString(16).padStart(4, '0')}`

function list<T>(reader: ByteReader, one: () => T): T[] {
  const items: T[] = []
  while (reader.remaining > 0) items.push(one())
  return items
}

/** A lone SUCCESS, or one record for each failure. */
function failures<T>(reader: ByteReader, one: (status: number) => T): T[] {
  const first = octet(reader, 'status')
  if (first === Status.SUCCESS && reader.remaining === 0) return []
  const items = [{ status: first, item: one(first) }]
  while (reader.remaining > 0) {
    const status = octet(reader, 'status')
    items.push({ status, item: one(status) })
  }
  // Some devices list the successes too.
  return items.filter(({ status }) => status !== Status.SUCCESS).map(({ item }) => item)
}

function octet(reader: ByteReader, field: string): number {
  reader.field = field
  return reader.uint(1)
}

function attributeId(reader: ByteReader): number {
  reader.field = 'attribute id'
  return reader.uint(2)
}

function dataType(reader: ByteReader): DataType {
  const id = octet(reader, 'data type')
  const type = dataTypeOf(id)
  if (type) return type
  const message = `type 0x${id.toString(16).padStart(2, '0')} is not one this codec can read`
  throw new WireError('zcl.unknown-type', { offset: reader.offset - 1, field: reader.field, message })
}

function typedValue(reader: ByteReader): { type: DataType; value: WireValue } {
  const type = dataType(reader)
  reader.field = 'value'
  return { type, value: readValue(reader, type) }
}

function readRecord(reader: ByteReader): ReadRecord {
  const id = attributeId(reader)
  const status = octet(reader, 'status')
  return status === Status.SUCCESS ? { id, status: 0, ...typedValue(reader) } : { id, status }
}

const roleCode = (role: Role): number => (role === 'send' ? 0 : 1)

function role(reader: ByteReader): Role {
  const code = octet(reader, 'direction')
  if (code > 1) {
    const message = `${code} found, 0 (send reports) or 1 (receive reports) expected`
    throw new WireError('zcl.bad-direction', { offset: reader.offset - 1, field: reader.field, message })
  }
  return code === 0 ? 'send' : 'receive'
}

function reportingRecord(reader: ByteReader, role: Role): SendReports | ExpectReports {
  const id = attributeId(reader)
  if (role === 'receive') {
    reader.field = 'timeout period'
    return { role, id, timeoutS: reader.uint(2) }
  }
  const type = dataType(reader)
  reader.field = 'reporting interval'
  const record: SendReports = { role, id, type, minimumS: reader.uint(2), maximumS: reader.uint(2) }
  if (isAnalog(type)) {
    reader.field = 'reportable change'
    record.change = readValue(reader, type)
  }
  return record
}

function reportingStatus(reader: ByteReader): ReportingRecord {
  const status = octet(reader, 'status')
  const direction = role(reader)
  if (status === Status.SUCCESS) return { status: 0, configuration: reportingRecord(reader, direction) }
  return { status, role: direction, id: attributeId(reader) }
}

function writeReporting(writer: ByteWriter, record: SendReports | ExpectReports, where: string): void {
  writer.uint(1, roleCode(record.role)).uint(2, record.id)
  if (record.role === 'receive') {
    writer.uint(2, record.timeoutS)
    return
  }
  writer.uint(1, dataTypeId(record.type)).uint(2, record.minimumS).uint(2, record.maximumS)
  if (isAnalog(record.type)) writeValue(writer, record.type, record.change, `${where} reportable change`)
}
