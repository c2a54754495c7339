/** What a host is told of the NCP itself, and may set on it. */
import type { Eui64 } from '../../base/ids.ts'
import type { NetworkProcessor } from '../../ports/network-processor.ts'
import type { RandomStream } from '../../ports/time.ts'
import { CONFIG, EXTENDED_VALUE, type ValueName } from '../../wire/ezsp/settings.ts'
import type { EzspStatus, EzspVersion } from '../../wire/ezsp/status.ts'
import type { Counters } from './counters.ts'
import type { Handlers } from './handlers.ts'
import { littleEndian, numberOf, Settings } from './settings.ts'

/** What of the network is shown in values, and set by them. */
export interface ShownNetwork {
  readonly isUp: boolean
  readonly nodeId: number
  readonly openForS: number
  setFrameCounter(value: number): boolean
}

export interface FirmwareOptions {
  version: EzspVersion
  processor: NetworkProcessor
  counters: Counters
  random: RandomStream
  network: () => ShownNetwork
  /** The host knows which protocol is spoken, or no more. */
  onAgreed: (agreed: boolean) => void
  /** The policy has changed. */
  onPolicy: () => void
  /** The host asks for a new start. */
  onReset: () => void
}

/** As the firmware calls itself: build, major, minor, patch, special, type (0xaa: general availability). */
const FIRMWARE: Record<EzspVersion, { stackVersion: number; version: Uint8Array }> = {
  13: { stackVersion: 0x7440, version: Uint8Array.of(0x00, 0x00, 7, 4, 4, 0, 0xaa) },
  14: { stackVersion: 0x8020, version: Uint8Array.of(0x00, 0x00, 8, 0, 2, 0, 0xaa) },
}
const MESH_STACK = 2
/** @source UG100, setSourceRouteDiscoveryMode: while it is off */
const NO_ROUTE_REQUEST = 0xffff_ffff
const NO_BOOT_LOADER = 0xffff
const CONCENTRATOR_OFF = { on: false, minTime: 0 }
const MOST_CCA_MODE = 3

export class Firmware {
  readonly settings: Settings
  private readonly options: FirmwareOptions
  private readonly endpoints = new Set<number>()
  /** Devices that answer late. */
  private readonly patient = new Set<Eui64>()
  private manufacturerCode = 0
  private concentrator = CONCENTRATOR_OFF

  constructor(options: FirmwareOptions) {
    this.options = options
    this.settings = new Settings(options.version, {
      get: name => this.shown(name),
      set: (name, value) => this.done(name, value),
    })
  }

  /** The NCP has started: everything is as at power-on. */
  reset(): void {
    for (const endpoint of this.endpoints) this.options.processor.removeEndpoint(endpoint)
    this.endpoints.clear()
    this.patient.clear()
    this.manufacturerCode = 0
    this.concentrator = CONCENTRATOR_OFF
    this.settings.reset()
    this.options.counters.clear()
  }

  readonly handlers = {
    version: ({ desiredProtocolVersion }) => {
      const { version, onAgreed } = this.options
      // A host of another version is told ours, and may ask again if it speaks that too.
      onAgreed(desiredProtocolVersion === version)
      return { protocolVersion: version, stackType: MESH_STACK, stackVersion: FIRMWARE[version].stackVersion }
    },
    nop: () => ({}),
    echo: ({ data }) => ({ data }),
    callback: () => ({}),
    resetNode: () => {
      this.options.onReset()
      return {}
    },
    getRandomNumber: () => ({ status: 'OK', value: this.options.random.int(0x1_0000) }),
    getStandaloneBootloaderVersionPlatMicroPhy: () => ({
      ...{ bootloaderVersion: NO_BOOT_LOADER, nodePlat: 0, nodeMicro: 0, nodePhy: 0 },
    }),
    readCounters: () => ({ values: this.options.counters.read() }),
    readAndClearCounters: () => {
      const { counters } = this.options
      const values = counters.read()
      counters.clear()
      return { values }
    },

    getConfigurationValue: ({ configId }) => this.settings.getConfiguration(configId),
    setConfigurationValue: ({ configId, value }) => ({
      status: this.settings.setConfiguration(configId, value, this.options.network().isUp),
    }),
    getPolicy: ({ policyId }) => this.settings.getPolicy(policyId),
    setPolicy: ({ policyId, decisionId }) => {
      const status = this.settings.setPolicy(policyId, decisionId)
      this.options.onPolicy()
      return { status }
    },
    getValue: ({ valueId }) => this.settings.getValue(valueId),
    setValue: ({ valueId, value }) => ({ status: this.settings.setValue(valueId, value) }),
    getExtendedValue: ({ valueId, characteristics }) => {
      if (valueId !== EXTENDED_VALUE.endpointFlags) return { status: 'INVALID_ID', value: new Uint8Array() }
      const isThere = this.endpoints.has(characteristics)
      return { status: isThere ? 'OK' : 'INVALID_VALUE', value: littleEndian(isThere ? 1 : 0, 2) }
    },
    addEndpoint: ({ endpoint, profileId, deviceId, inputClusters, outputClusters }) => {
      const { processor, network } = this.options
      if (network().isUp || this.endpoints.has(endpoint)) return { status: 'INVALID_CALL' }
      if (endpoint === 0 || endpoint === 255) return { status: 'INVALID_VALUE' }
      this.endpoints.add(endpoint)
      processor.addEndpoint({ endpoint, profileId, deviceId, inputClusters, outputClusters })
      return { status: 'OK' }
    },
    getManufacturerCode: () => ({ code: this.manufacturerCode }),
    setManufacturerCode: ({ code }) => {
      this.manufacturerCode = code
      return {}
    },
    setRadioIeee802154CcaMode: ({ ccaMode }) => ({ status: ccaMode <= MOST_CCA_MODE ? 'OK' : 'INVALID_PARAMETER' }),
    setConcentrator: ({ on, minTime, maxTime }) => {
      if (on && minTime > maxTime) return { status: 'INVALID_PARAMETER' }
      this.concentrator = { on, minTime }
      return { status: 'OK' }
    },
    setSourceRouteDiscoveryMode: ({ mode }) => {
      const { on, minTime } = this.concentrator
      return { remainingTimeMs: mode !== 0 && on ? minTime * 1_000 : NO_ROUTE_REQUEST }
    },
    // Our stack asks by itself, as often as it needs to.
    sendManyToOneRouteRequest: () => ({ status: this.options.network().isUp ? 'OK' : 'NETWORK_DOWN' }),
    setExtendedTimeout: ({ remoteEui64, extendedTimeout }) => {
      if (!extendedTimeout) this.patient.delete(remoteEui64)
      else if (this.patient.size >= this.settings.config('addressTableSize')) return { status: 'FULL' }
      else this.patient.add(remoteEui64)
      return { status: 'OK' }
    },
    getExtendedTimeout: ({ remoteEui64 }) => ({ extendedTimeout: this.patient.has(remoteEui64) }),
  } satisfies Partial<Handlers>

  private shown(name: ValueName): Uint8Array | undefined {
    const { version, processor, network } = this.options
    switch (name) {
      case 'versionInfo':
        return FIRMWARE[version].version
      case 'nodeShortId':
        return littleEndian(network().nodeId, 2)
      case 'nwkFrameCounter':
        return littleEndian(processor.frameCounter, 4)
      case 'nwkOpenDuration':
        return littleEndian(network().openForS, 1)
      case 'transientKeyTimeoutS':
        return littleEndian(this.settings.config('transientKeyTimeoutS'), 2)
      default:
        return undefined
    }
  }
  private done(name: ValueName, value: Uint8Array): EzspStatus | undefined {
    const { counters, network } = this.options
    switch (name) {
      case 'clearCounters':
        counters.clear()
        return 'OK'
      case 'nwkFrameCounter':
        return network().setFrameCounter(numberOf(value)) ? 'OK' : 'INVALID_CALL'
      case 'transientKeyTimeoutS':
        return this.settings.setConfiguration(CONFIG.transientKeyTimeoutS, numberOf(value), network().isUp)
      default:
        return undefined
    }
  }
}
