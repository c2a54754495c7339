/** The driver's surroundings from a script: a broker, a hub and an operator at the ports, time that passes when asked to. */
import { readFileSync } from 'node:fs'
import { hours } from '../../src/base/time.ts'
import { type FirmwareImages, NO_IMAGES } from '../../src/migration/firmware-images.ts'
import { type Group, type Parameters, parametersOf } from '../../src/migration/group.ts'
import { loadGroup } from '../../src/migration/load-group.ts'
import { Parties } from '../../src/migration/parties.ts'
import type { DeclaredDevice, StepContext } from '../../src/migration/step-context.ts'
import type { Broker, BrokerConnectOptions } from '../../src/ports/broker.ts'
import type { RigControl } from '../../src/ports/rig-control.ts'
import { decodeMessage, encodeMessage } from '../../src/wan/messages/codec.ts'
import { kindOf, type RequestKind, SERVICE_REFERENCE_VARIANTS } from '../../src/wan/messages/requests.ts'
import type { Request, Response } from '../../src/wan/messages/wan-types.generated.ts'
import { matches } from '../../src/wan/topic-filter.ts'

const key = new Uint8Array(32).fill(7)
export const HUB = '00db1234567890a1'
export const GSME = '00db1234567890a4'
export const MSISDN = '447700900121'
export const START_MS = Date.UTC(2021, 9, 13)

export const groupText = () => readFileSync(new URL('../../src/migration/groups/cb.yaml', import.meta.url), 'utf8')
export const groupCb = (): Group => loadGroup('cb.yaml', groupText())

const honeywell = { manufacturerName: 'Honeywell Elster' }
export const DEVICES: Readonly<Record<'CHF' | 'ESME' | 'GSME' | 'PPMID', DeclaredDevice>> = {
  CHF: { type: 'CHF', deviceId: HUB, ...honeywell, modelId: 'S1CH', firmware: '2.1.0' },
  ESME: { type: 'ESME', deviceId: '00db1234567890a3', ...honeywell, modelId: 'AS300P', firmware: '1.4.2' },
  GSME: { type: 'GSME', deviceId: GSME, ...honeywell, modelId: 'BK-G4E', firmware: '3.0.1' },
  PPMID: {
    type: 'PPMID',
    deviceId: '00db1234567890a5',
    manufacturerName: 'Generic',
    modelId: 'PPMID',
    firmware: '1.2.0',
  },
}

export interface Script {
  /** What the hub answers; undefined: nothing. */
  hub?: (request: Request, kind: RequestKind) => Partial<Response> | undefined
  devices?: readonly DeclaredDevice[]
  parameters?: Partial<Parameters>
  group?: Group
  images?: FirmwareImages
  /** Its hub sleeps; called for each short message. */
  onSms?: (text: string) => void
  /** What a publisher waits for after its message was delivered; at once unless given. */
  acknowledged?: () => Promise<unknown>
}

/** A context whose hub is attached at both addresses, and the requests it was sent. */
export async function scripted(script: Script = {}): Promise<{ context: StepContext; asked: RequestKind[] }> {
  const group = script.group ?? groupCb()
  const asked: RequestKind[] = []
  const broker = scriptedBroker(
    (request, kind) => {
      asked.push(kind)
      return script.hub?.(request, kind)
    },
    script.acknowledged,
    script.onSms,
  )
  const control = passingTime()
  const contracts = [
    {
      installation: 'home-1',
      hub: HUB,
      keys: new Map([
        ['smso', key],
        ['s1sp', key],
      ]),
      ...(script.onSms && { wake: { msisdn: MSISDN, messages: 2, withinUs: hours(1) } }),
    },
  ]
  const parties = new Parties({ broker, control, apns: group.apns, contracts, name: 'script' })
  await parties.connect()
  const context: StepContext = {
    installation: {
      id: 'home-1',
      supplier: 'Example Energy',
      imsi: '234100123456781',
      addressBefore: '10.0.0.1',
      devices: script.devices ?? Object.values(DEVICES),
    },
    group,
    parameters: { ...parametersOf(group), ...script.parameters },
    parties,
    control,
    images: script.images ?? NO_IMAGES,
    found: { addressAfter: '10.0.0.2' },
  }
  return { context, asked }
}

function passingTime(): RigControl {
  let nowUs = hours(2)
  return {
    nowUs: () => nowUs,
    unixMs: () => START_MS,
    waitFor: async (_, until, withinUs) => {
      if (!until()) nowUs += withinUs
      return until()
    },
    sending: () => {},
    received: (_installation, _message, take) => take(),
    ask: (_installation, { ask }) => ask(),
    forgetUnderWay: () => {},
    phaseBegins: () => {},
    trace: () => ({ emit: () => {} }),
  }
}

/** Delivers at once. Every hub is attached; it answers as the script says. */
function scriptedBroker(
  answer: (request: Request, kind: RequestKind) => Partial<Response> | undefined,
  acknowledged: () => Promise<unknown> = async () => {},
  onSms: (text: string) => void = () => {},
): Broker {
  const clients: { filters: string[]; onMessage: BrokerConnectOptions['onMessage'] }[] = []
  const deliver = (topic: string, payload: Uint8Array) => {
    for (const { filters, onMessage } of clients) {
      if (filters.some(filter => matches(filter, topic))) onMessage?.({ topic, payload, retain: false })
    }
  }
  const onDown = (topic: string, payload: Uint8Array) => {
    const { message } = decodeMessage(payload)
    const kind = message.request && kindOf(message.request)
    const response = message.request && kind && answer(message.request, kind)
    if (!kind || !response) return
    const full = { serviceReferenceVariant: SERVICE_REFERENCE_VARIANTS[kind], code: 'I0', detail: '', ...response }
    const { id, targetDevice, counter, sentAtMs } = message
    const up = {
      id: `answer to ${id}`,
      correlationId: id,
      originator: HUB,
      targetDevice,
      counter,
      sentAtMs,
      response: full,
    }
    deliver(topic.replace('/down', '/up'), encodeMessage(up, key))
  }
  return {
    url: 'script:',
    connect: async ({ onMessage }) => {
      const client = { filters: [] as string[], onMessage }
      clients.push(client)
      return {
        connected: true,
        publish: async (topic, payload) => {
          if (topic.endsWith('/down')) onDown(topic, payload)
          if (topic === `sms/${MSISDN}`) onSms(Buffer.from(payload).toString())
          await acknowledged()
        },
        subscribe: async filter => {
          client.filters.push(filter)
          const session = filter.replace('+', filter.includes('newcastle') ? '10.0.0.1' : '10.0.0.2')
          const notice = { state: 'up', hub: HUB, atMs: START_MS, epoch: 1 }
          if (filter.endsWith('/session')) deliver(session, Buffer.from(JSON.stringify(notice)))
        },
        end: async () => {},
      }
    },
  }
}
