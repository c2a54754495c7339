/** The package zigbee-herdsman, which need not be there: loaded when a rig asks for it. */
import type { EventEmitter } from 'node:events'
import type * as Herdsman from 'zigbee-herdsman'
import type { Adapter } from 'zigbee-herdsman/dist/adapter/adapter.js'
import { UsageError } from '../../base/errors.ts'

export type { ZclPayload } from 'zigbee-herdsman/dist/adapter/events.js'
export type { Adapter }

/** What is used of the package. Its Controller, with a database and interviews of its own, is not. */
export interface HerdsmanLibrary {
  Adapter: typeof Adapter
  Zdo: typeof Herdsman.Zdo
  ZSpec: typeof Herdsman.ZSpec
}

/** Inside an adapter for EZSP: what it hears of frames that were sent. @source zigbee-herdsman 10.9.5, ember/ezsp */
export interface EzspLayer extends EventEmitter {
  /** Resolves with the status and the tag that `messageSent` names later. */
  send(
    type: number,
    to: number,
    apsFrame: { options: number },
    octets: Buffer,
    ...rest: unknown[]
  ): Promise<[status: number, tag: number]>
}

/** Rejects with a UsageError when the package is not there. */
export async function loadHerdsman(): Promise<HerdsmanLibrary> {
  try {
    const [main, { Adapter }] = await Promise.all([
      import('zigbee-herdsman'),
      import('zigbee-herdsman/dist/adapter/adapter.js'),
    ])
    main.setLogger(SILENT)
    return { Adapter, Zdo: main.Zdo, ZSpec: main.ZSpec }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || error.code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new UsageError('a coordinator stick needs the package zigbee-herdsman: npm install zigbee-herdsman')
  }
}

/** What goes wrong is thrown too. */
const SILENT = { debug: () => {}, info: () => {}, warning: () => {}, error: () => {} }
