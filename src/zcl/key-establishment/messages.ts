/**
 * The messages of key establishment. Request and response of a step say the same and differ in direction: the
 * initiator is the client.
 * @source ZigBee Smart Energy profile 07-5356, annex C.3.1.2.3 (requests), C.3.1.3.3 (responses)
 */
import type { CommandName, CommandPayload } from '../clusters.ts'
import type { Direction } from '../header.ts'
import type { Payload } from '../payload.ts'

/** What a message says, whichever way it goes. */
export type MessageBody =
  | {
      command: 'initiate'
      /** Bitmap with one suite. */
      suites: number
      /** Seconds the sender needs for its ephemeral key. */
      ephemeralDataGenerateTimeS: number
      /** Seconds the sender needs for the shared secret and its MAC. */
      confirmKeyGenerateTimeS: number
      /** The sender's certificate. */
      identity: Uint8Array
    }
  | {
      command: 'ephemeral-data'
      /** A compressed point. */
      ephemeralData: Uint8Array
    }
  | {
      command: 'confirm-key'
      /** 16 octets, MACU or MACV. */
      mac: Uint8Array
    }
  | {
      command: 'terminate'
      /** A value of `TerminateStatus`, or one of a later revision. */
      status: number
      /** Seconds to stay away before another try. */
      waitTimeS: number
      /** Bitmap of the suites the sender has. */
      suites: number
    }

export type MessageCommand = MessageBody['command']
export type Message = MessageBody & { direction: Direction }

type Cluster = 'KeyEstablishment'
/** A command as the cluster table names it. */
export interface WireCommand {
  direction: Direction
  name: CommandName<Cluster>
  payload: Payload
}

/** The message as a command of the cluster. */
export function toWire(message: Message): WireCommand {
  const { direction } = message
  switch (message.command) {
    case 'initiate': {
      const { suites, ephemeralDataGenerateTimeS, confirmKeyGenerateTimeS, identity } = message
      const common = {
        ephemeralDataGenerateTime: ephemeralDataGenerateTimeS,
        confirmKeyGenerateTime: confirmKeyGenerateTimeS,
        identity,
      }
      return direction === 'toServer'
        ? { direction, name: 'InitiateKeyEstablishmentRequest', payload: { keyEstablishmentSuite: suites, ...common } }
        : {
            direction,
            name: 'InitiateKeyEstablishmentResponse',
            payload: { requestedKeyEstablishmentSuite: suites, ...common },
          }
    }
    case 'ephemeral-data': {
      const name = direction === 'toServer' ? 'EphemeralDataRequest' : 'EphemeralDataResponse'
      return { direction, name, payload: { ephemeralData: message.ephemeralData } }
    }
    case 'confirm-key': {
      const name = direction === 'toServer' ? 'ConfirmKeyDataRequest' : 'ConfirmKeyDataResponse'
      return { direction, name, payload: { secureMessageAuthenticationCode: message.mac } }
    }
    case 'terminate': {
      const { status, waitTimeS, suites } = message
      const payload = { statusCode: status, waitTime: waitTimeS, keyEstablishmentSuite: suites }
      return { direction, name: 'TerminateKeyEstablishment', payload }
    }
    default:
      return message satisfies never
  }
}

/** The command of the cluster as a message. */
export function fromWire({ direction, name, payload }: WireCommand): Message {
  switch (name) {
    case 'InitiateKeyEstablishmentRequest': {
      const read = payload as CommandPayload<Cluster, typeof name>
      return { ...initiate(read), direction, suites: read.keyEstablishmentSuite }
    }
    case 'InitiateKeyEstablishmentResponse': {
      const read = payload as CommandPayload<Cluster, typeof name>
      return { ...initiate(read), direction, suites: read.requestedKeyEstablishmentSuite }
    }
    case 'EphemeralDataRequest':
    case 'EphemeralDataResponse': {
      const { ephemeralData } = payload as CommandPayload<Cluster, 'EphemeralDataRequest'>
      return { command: 'ephemeral-data', direction, ephemeralData }
    }
    case 'ConfirmKeyDataRequest':
    case 'ConfirmKeyDataResponse': {
      const read = payload as CommandPayload<Cluster, 'ConfirmKeyDataRequest'>
      return { command: 'confirm-key', direction, mac: read.secureMessageAuthenticationCode }
    }
    case 'TerminateKeyEstablishment': {
      const read = payload as CommandPayload<Cluster, typeof name>
      const { statusCode: status, waitTime: waitTimeS, keyEstablishmentSuite: suites } = read
      return { command: 'terminate', direction, status, waitTimeS, suites }
    }
    default:
      return name satisfies never
  }
}

function initiate(read: { ephemeralDataGenerateTime: number; confirmKeyGenerateTime: number; identity: Uint8Array }) {
  return {
    command: 'initiate',
    ephemeralDataGenerateTimeS: read.ephemeralDataGenerateTime,
    confirmKeyGenerateTimeS: read.confirmKeyGenerateTime,
    identity: read.identity,
  } as const
}
