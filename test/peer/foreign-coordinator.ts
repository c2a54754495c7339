/** zigbee-on-host as the coordinator of a test home: its network, and what of it its application hears. */
import { OTRCPDriver } from 'zigbee-on-host'
import { type Logger, setLogger } from 'zigbee-on-host/dist/utils/logger.js'
import { aes128MmoHash } from 'zigbee-on-host/dist/zigbee/zigbee.js'
import { InstallCodePolicy } from 'zigbee-on-host/dist/zigbee-stack/stack-context.js'
import type { Eui64 } from '../../src/base/ids.ts'
import { ids, installCodes } from '../contract/han-bench.ts'

export const channel = 15
const LONGEST_PERMIT_S = 254

/** What the foreign coordinator handed to its application. */
export interface ForeignFrame {
  from: number | undefined
  profileId: number
  clusterId: number
  payload: Uint8Array
}

/** All that was heard of the stranger. */
export class ForeignWitness {
  readonly frames: ForeignFrame[] = []
  readonly joined: Eui64[] = []
  readonly left: Eui64[] = []
  /** What it logs: what it did, and what it found wrong. */
  readonly log: string[] = []
  readonly complaints: string[] = []

  get logger(): Logger {
    const into = (lines: string[]) => (text: string | (() => string)) => void lines.push(lineOf(text))
    const [note, complain] = [into(this.log), into(this.complaints)]
    return {
      debug: note,
      info: note,
      // A frame whose acknowledgement was lost comes again, and this MAC hands up both: nobody's fault.
      warning: text => (lineOf(text).includes('Rejecting replay frame') ? note(text) : complain(text)),
      error: complain,
    }
  }
}

/** Not started. `folder`: where it keeps its state; what is there goes before the parameters given here. */
export function foreignCoordinator(folder: string, witness: ForeignWitness): OTRCPDriver {
  setLogger(witness.logger)
  return new OTRCPDriver(
    {
      onFatalError: message => void witness.complaints.push(message),
      onMACFrame: () => {},
      onGPFrame: () => {},
      onFrame: (from, _, { profileId = -1, clusterId = -1 }, payload) =>
        void witness.frames.push({ from, profileId, clusterId, payload: Uint8Array.from(payload) }),
      onDeviceJoined: (_, device) => void witness.joined.push(eui64Of(device)),
      onDeviceRejoined: (_, device) => void witness.joined.push(eui64Of(device)),
      onDeviceLeft: (_, device) => void witness.left.push(eui64Of(device)),
      onDeviceAuthorized: () => {},
    },
    {
      txChannel: channel,
      ccaBackoffAttempts: 4,
      ccaRetries: 4,
      enableCSMACA: true,
      headerUpdated: true,
      reTx: false,
      securityProcessed: true,
      txDelay: 0,
      txDelayBaseTime: 0,
      rxChannelAfterTxDone: channel,
    },
    {
      eui64: BigInt(`0x${ids.hub}`),
      panId: 0x1a62,
      extendedPanId: 0x00db1234567800aan,
      channel,
      nwkUpdateId: 0,
      txPower: 5,
      networkKey: Buffer.from('6b2f1c0d9e8a77654c3b2a1908f7e6d5', 'hex'),
      networkKeyFrameCounter: 0,
      networkKeySequenceNumber: 0,
      // It has one trust centre link key for all: here the one that it makes itself from the install code.
      tcKey: aes128MmoHash(Buffer.from(installCodes.sixteen)),
      tcKeyFrameCounter: 0,
    },
    folder,
  )
}

/** Starts it and opens its network to listed devices. */
export async function start(driver: OTRCPDriver): Promise<void> {
  await driver.start()
  await driver.formNetwork()
  driver.context.trustCenterPolicies.installCode = InstallCodePolicy.REQUIRED
  driver.context.allowJoins(LONGEST_PERMIT_S, true)
}

const eui64Of = (address: bigint): Eui64 => address.toString(16).padStart(16, '0')
const lineOf = (text: string | (() => string)): string => (typeof text === 'string' ? text : text())
