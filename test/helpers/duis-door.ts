/** A rig that is up at a broker of its own, and the DUIS door before it: in this process, and quick. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { type Eui64, formatEui64 } from '../../src/base/ids.ts'
import { Door } from '../../src/duis/door.ts'
import { HeadEnd } from '../../src/duis/head-end.ts'
import { headEndOf } from '../../src/duis/head-end-of.ts'
import { openHttpDoor } from '../../src/duis/http-server.ts'
import { inventoryOf } from '../../src/duis/inventory.ts'
import { MessageBox } from '../../src/duis/message-box.ts'
import { readXml, type XmlElement } from '../../src/duis/xml-reader.ts'
import type { TraceRecord } from '../../src/ports/trace.ts'
import { chooseBroker } from '../../src/rig/broker-choice.ts'
import { chooseClock } from '../../src/rig/clocks/choose-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { Rig } from '../../src/rig/rig.ts'
import type { DeviceType, UserRole } from '../../src/wan/service-catalogue.ts'
import { DUAL_FUEL } from './migration.ts'

export const USER = '90b3d51f30010000'
const NAMESPACE = 'http://www.dccinterface.co.uk/ServiceUserGateway'

export interface DoorSetup {
  rig?: string
  faults?: readonly string[]
  users?: ReadonlyMap<Eui64, readonly UserRole[]>
  withinMs?: number
}

/** Close it when the tests are over. */
export async function openDoor({ rig: rigFile = DUAL_FUEL, faults = [], users, withinMs = 20_000 }: DoorSetup = {}) {
  const prepared = prepare({ rigFile, faults })
  const { rig: record, group } = prepared
  const chosen = await chooseBroker({}, group.apns)
  const problems: string[] = []
  const onProblem = (text: string) => void problems.push(text)
  const heard = new Map<Eui64, number>()
  const hub = record.installations[0]?.devices.chf.deviceId
  const sink = ({ event }: TraceRecord) => {
    if (event.kind === 'han.frame' && event.from === hub) heard.set(event.to, (heard.get(event.to) ?? 0) + 1)
  }
  const rig = new Rig({
    ...{ record, group, seed: '1', clock: chooseClock(record, 'x2000', 'real'), broker: chosen.broker },
    login: chosen.login('gateway'),
    ...{
      driven: false,
      faults: prepared.faults,
      endedFaults: [],
      startUnixMs: record.startsAtUnixMs,
      name: 'duis-test',
    },
    ...{ sink, onProblem },
  })
  await rig.start()
  const box = new MessageBox()
  const headEnd: HeadEnd = new HeadEnd({
    ...headEndOf({ rig: record, apns: group.apns, login: chosen.login }),
    broker: chosen.broker,
    wakeMs: 10_000,
    onAlert: (hub, alert) => door.alert(hub, alert),
  })
  const door = new Door({ headEnd, inventory: inventoryOf(record), box, users, withinMs, now: Date.now })
  await headEnd.start()
  const http = await openHttpDoor({ host: '127.0.0.1', port: 0, door, box, onProblem })
  const [one] = rig.installations
  if (!one) throw new Error('the rig has no installation')
  await rig.waitFor(one.id, () => one.isAssembled, 4 * 3_600_000_000)
  const ids = Object.fromEntries(Object.values(one.record.devices).map(({ type, deviceId }) => [type, deviceId]))
  let counter = 1_000
  const post = async (body: string | Uint8Array, query = '?wait=30', headers: Record<string, string> = {}) => {
    const init = { method: 'POST', body, headers: { 'Content-Type': 'application/xml', ...headers } }
    const reply = await fetch(`${http.url}${query}`, init)
    return { status: reply.status, text: await reply.text() }
  }
  return {
    ...{ rig, url: http.url, post, problems, box, headEnd, chosen },
    id: (type: DeviceType) => ids[type] as Eui64,
    /** Messages of the hub to a device over the HAN so far. */
    messagesTo: (type: DeviceType) => heard.get(ids[type] as Eui64) ?? 0,
    /** Sends a request; `body` without a prefix. */
    ask: async (variant: string, target: Eui64, body: string, options: RequestOptions & { query?: string } = {}) => {
      const xml = requestXml(variant, target, body, { counter: ++counter, ...options })
      const reply = await post(xml, options.query)
      return { ...reply, xml, answer: readAnswer(reply.text) }
    },
    /** The next counter that no request has had. */
    nextCounter: () => ++counter,
    close: async () => {
      await http.close()
      door.close()
      await headEnd.end()
      await rig.stop()
      await chosen.close()
    },
  }
}

export interface RequestOptions {
  counter?: number
  commandVariant?: number
  user?: Eui64
  schemaVersion?: string
}

export function requestXml(variant: string, target: Eui64, body: string, options: RequestOptions = {}): string {
  const { counter = 1_000, commandVariant = 1, user = USER, schemaVersion = '5.2' } = options
  const reference = variant.split('.').slice(0, 2).join('.')
  return `<?xml version="1.0" encoding="UTF-8"?>
<Request xmlns="${NAMESPACE}" schemaVersion="${schemaVersion}">
  <Header>
    <RequestID>${formatEui64(user)}:${formatEui64(target)}:${counter}</RequestID>
    <CommandVariant>${commandVariant}</CommandVariant>
    <ServiceReference>${reference}</ServiceReference>
    <ServiceReferenceVariant>${variant}</ServiceReferenceVariant>
  </Header>
  <Body>${body}</Body>
</Request>`
}

export interface ReadAnswer {
  code: string
  /** `POSITION CODE TEXT` of each line of SMETS1Debug. */
  debug: string[]
  /** What the device said; undefined when it said nothing. */
  result: XmlElement | undefined
  root: XmlElement
}

/** An answer of the door, taken apart; `code` is empty for what is no answer. */
export function readAnswer(text: string): ReadAnswer {
  if (!text.startsWith('<?xml'))
    return { code: '', debug: [], result: undefined, root: readXml(Buffer.from('<none/>')) }
  const root = readXml(Buffer.from(text))
  const debug = below(root, 'SMETS1Debug')?.children ?? []
  return {
    code: below(root, 'ResponseCode')?.text ?? '',
    debug: debug.map(
      one => `${one.attributes.get('Position')} ${one.attributes.get('ResponseCode')} ${one.children[0]?.text}`,
    ),
    result: below(root, 'ResponseMessage')?.children[0],
    root,
  }
}

/** The first element of that name, at any depth. */
export function below(element: XmlElement | undefined, name: string): XmlElement | undefined {
  if (!element || element.name === name) return element
  for (const child of element.children) {
    const found = below(child, name)
    if (found) return found
  }
  return undefined
}

/** A request as the DCC's own tool makes it. */
export interface Template {
  file: string
  variant: string
  xml: string
}

/** Every template of the public package. */
export function templates(): Template[] {
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('@smartdcc/duis-templates/package.json')),
    'templates',
  )
  return readdirSync(folder).map(file => {
    const xml = readFileSync(join(folder, file), 'utf8')
    const [, variant = ''] = /ServiceReferenceVariant>\s*([\d.]+)/.exec(xml) ?? []
    return { file: file.replace(/_REQUEST_DUIS\.XML$/, ''), variant, xml }
  })
}

/** Who a template is sent to, and for. */
export interface Adaptation {
  target: Eui64
  counter: number
  commandVariant: number
  /** In place of the other device it names. */
  other: Eui64
}

/** A template as a user of a SMETS1 device sends it: to that device, without the pre-command that such devices have none of. */
export function adapted({ xml }: Template, { target, counter, commandVariant, other }: Adaptation): string {
  return xml
    .replace(/(RequestID>)[^<]*/, `$1${formatEui64(USER)}:${formatEui64(target)}:${counter}`)
    .replace(/(CommandVariant>)\d/, `$1${commandVariant}`)
    .replace(/(OtherDeviceID>)[^<]*/, `$1${formatEui64(other)}`)
}
