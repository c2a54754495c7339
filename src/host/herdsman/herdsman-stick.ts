/**
 * A coordinator stick on its line, driven by zigbee-herdsman's adapter for it. It lives in real time: orders come from
 * simulated time, reports go back there. A stick that goes away is opened again.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fromHex, toHex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import type { Eui64 } from '../../base/ids.ts'
import { BackOff, type BackOffOptions } from '../../links/back-off.ts'
import { parseLinkAddress } from '../../links/link-address.ts'
import type { SimpleDescriptor } from '../../ports/han.ts'
import { type Delivery, deliveryOf } from './delivery.ts'
import type { HerdsmanDriver } from './drivers.ts'
import { type Adapter, type HerdsmanLibrary, loadHerdsman, type ZclPayload } from './library.ts'
import type { StickFrame, StickNetwork, StickOrder, StickReport } from './stick-messages.ts'

export interface HerdsmanStickOptions extends BackOffOptions {
  driver: HerdsmanDriver
  /** `tcp://…` or `serial:…`; see `links`. */
  link: string
  /** Hears what the stick reports, the moment it does. */
  onReport: (report: StickReport) => void
}

/** How long a stick may take to stop before it is given up. */
const STOP_MS = 3_000
/** How long the stick may take to say what became of a frame. */
const OUTCOME_MS = 20_000

interface Running {
  adapter: Adapter
  delivery: Delivery
}

export class HerdsmanStick {
  private readonly options: HerdsmanStickOptions
  private readonly library: HerdsmanLibrary
  private readonly path: { path: string; baudRate?: number; rtscts?: boolean }
  private readonly folder = mkdtempSync(join(tmpdir(), 's1rig-stick-'))
  private network: StickNetwork | undefined
  private running: Running | undefined
  /** Why it is away, as it was reported last. */
  private away: string | undefined
  private readonly closing = new AbortController()
  private life: Promise<void> = Promise.resolve()

  private constructor(options: HerdsmanStickOptions, library: HerdsmanLibrary) {
    this.options = options
    this.library = library
    this.path = pathOf(options.link)
  }

  /** Rejects with a UsageError when the package is missing, or no such line can be. The stick is opened when it has to form. */
  static async open(options: HerdsmanStickOptions): Promise<HerdsmanStick> {
    return new HerdsmanStick(options, await loadHerdsman())
  }

  /** Never throws; what could not be done is reported, where there is a report for it. */
  order(order: StickOrder): void {
    if (this.closing.signal.aborted) return
    if (order.do === 'form') {
      if (this.network) return
      this.network = order.network
      this.life = this.live(order.network)
      return
    }
    const { running } = this
    if (running) void this.carryOut(order, running)
    else if (order.do === 'send') this.report({ is: 'sent', id: order.id, outcome: 'no-ack' })
    else if (order.do === 'describe') this.report({ is: 'described', id: order.id })
  }

  /** Gives the stick free. */
  async close(): Promise<void> {
    this.closing.abort()
    await this.life
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** Opens the stick, waits until it goes away, and so on until it is closed. */
  private async live(network: StickNetwork): Promise<void> {
    const backOff = new BackOff(this.options)
    const { signal } = this.closing
    const closed = new Promise<void>(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
    while (!signal.aborted) {
      let adapter: Adapter | undefined
      try {
        adapter = await this.make(network)
        const gone = new Promise<void>(resolve => adapter?.once('disconnected', resolve))
        await Promise.race([adapter.start(), closed])
        if (!signal.aborted) {
          const eui64 = euiOf(await adapter.getCoordinatorIEEE())
          this.attend(adapter)
          this.running = { adapter, delivery: deliveryOf(this.options.driver, adapter) }
          backOff.reset()
          this.away = undefined
          this.report({ is: 'up', eui64 })
          await Promise.race([gone, closed])
          this.down('the stick is gone')
        }
      } catch (error) {
        this.down(error instanceof Error ? error.message : String(error))
      }
      this.running = undefined
      if (adapter) await stop(adapter)
      if (!signal.aborted) await pause(backOff.nextMs(), undefined, { signal }).catch(() => {})
    }
  }

  private make({ panId, extendedPanId, channel, networkKey }: StickNetwork): Promise<Adapter> {
    return this.library.Adapter.create(
      {
        panID: panId,
        extendedPanID: [...fromHex(extendedPanId)].reverse(),
        channelList: [channel],
        networkKey: [...fromHex(networkKey)],
        networkKeyDistribute: false,
      },
      { ...this.path, adapter: this.options.driver },
      join(this.folder, 'backup.json'),
      { disableLED: false },
    )
  }

  private attend(adapter: Adapter): void {
    const { ClusterId, Buffalo } = this.library.Zdo
    adapter.on('deviceJoined', ({ ieeeAddr, networkAddress }) =>
      this.report({ is: 'arrived', device: euiOf(ieeeAddr), address: networkAddress }),
    )
    adapter.on('deviceLeave', ({ ieeeAddr, networkAddress }) =>
      this.report({
        is: 'left',
        ...(ieeeAddr !== undefined && { device: euiOf(ieeeAddr) }),
        ...(networkAddress !== undefined && { address: networkAddress }),
      }),
    )
    adapter.on('zclPayload', payload => this.onData(payload))
    adapter.on('zdoResponse', (clusterId, response) => {
      switch (clusterId) {
        case ClusterId.END_DEVICE_ANNOUNCE:
        case ClusterId.NETWORK_ADDRESS_RESPONSE:
        case ClusterId.IEEE_ADDRESS_RESPONSE: {
          if (!Buffalo.checkStatus<typeof clusterId>(response)) return
          const { eui64, nwkAddress } = response[1]
          const is = clusterId === ClusterId.END_DEVICE_ANNOUNCE ? 'announced' : 'located'
          return this.report({ is, device: euiOf(eui64), address: nwkAddress })
        }
        case ClusterId.MATCH_DESCRIPTORS_RESPONSE: {
          if (!Buffalo.checkStatus<typeof clusterId>(response)) return
          const { nwkAddress, endpointList } = response[1]
          return this.report({ is: 'matched', address: nwkAddress, endpoints: endpointList })
        }
        default:
      }
    })
  }

  private onData({ address, clusterID, endpoint, destinationEndpoint, data }: ZclPayload): void {
    if (typeof address !== 'number') return
    this.report({
      is: 'data',
      address,
      clusterId: clusterID,
      sourceEndpoint: endpoint,
      endpoint: destinationEndpoint,
      asdu: toHex(data),
    })
  }

  private async carryOut(order: Exclude<StickOrder, { do: 'form' }>, { adapter, delivery }: Running): Promise<void> {
    const { ClusterId, Buffalo } = this.library.Zdo
    const { BLANK_EUI64, BroadcastAddress } = this.library.ZSpec
    const awake = BroadcastAddress.RX_ON_WHEN_IDLE
    const overhead = adapter.hasZdoMessageOverhead
    try {
      switch (order.do) {
        case 'permit':
          return await adapter.permitJoin(order.forS)
        case 'list':
          return await adapter.addInstallCode(named(order.device), Buffer.from(order.key, 'hex'), true)
        case 'send': {
          const { id, frame } = order
          return this.report({ is: 'sent', id, outcome: await this.send(frame, adapter, delivery) })
        }
        case 'locate': {
          const request = ClusterId.NETWORK_ADDRESS_REQUEST
          const octets = Buffalo.buildRequest(overhead, request, named(order.device), false, 0)
          return void (await adapter.sendZdo(BLANK_EUI64, awake, request, octets, true))
        }
        case 'identify': {
          const request = ClusterId.IEEE_ADDRESS_REQUEST
          const octets = Buffalo.buildRequest(overhead, request, order.address, false, 0)
          return void (await adapter.sendZdo(BLANK_EUI64, order.address, request, octets, true))
        }
        case 'match': {
          const request = ClusterId.MATCH_DESCRIPTORS_REQUEST
          const octets = Buffalo.buildRequest(overhead, request, awake, order.profileId, [order.clusterId], [])
          return void (await adapter.sendZdo(BLANK_EUI64, awake, request, octets, true))
        }
        case 'describe':
          return this.report(await this.describe(order, adapter))
        case 'remove': {
          const request = ClusterId.LEAVE_REQUEST
          const octets = Buffalo.buildRequest(overhead, request, named(order.device), 0)
          return void (await adapter.sendZdo(named(order.device), order.address, request, octets, true))
        }
        default:
          return order satisfies never
      }
    } catch {
      // Who waits for an answer gives up by himself; the line's own troubles come as `disconnected`.
      if (order.do === 'describe') this.report({ is: 'described', id: order.id })
    }
  }

  /** A frame with nothing in it that the adapter would wait for: what comes back is data like any other. */
  private async send(frame: StickFrame, adapter: Adapter, delivery: Delivery) {
    const { device, address, destinationEndpoint, sourceEndpoint, profileId, clusterId, asdu } = frame
    const octets = Buffer.from(asdu, 'hex')
    const zcl = {
      header: { frameControl: { disableDefaultResponse: true }, transactionSequenceNumber: 0 },
      cluster: { ID: clusterId },
      command: {},
      toBuffer: () => octets,
    } as unknown as Parameters<Adapter['sendZclFrameToEndpoint']>[3]
    return delivery.of(octets, () =>
      adapter.sendZclFrameToEndpoint(
        ...([named(device), address, destinationEndpoint, zcl, OUTCOME_MS] as const),
        ...([true, true, sourceEndpoint, profileId] as const),
      ),
    )
  }

  private async describe({ id, address, endpoint }: StickOrder & { do: 'describe' }, adapter: Adapter) {
    const { ClusterId, Buffalo } = this.library.Zdo
    const request = ClusterId.SIMPLE_DESCRIPTOR_REQUEST
    const octets = Buffalo.buildRequest(adapter.hasZdoMessageOverhead, request, address, endpoint)
    const response = await adapter.sendZdo(this.library.ZSpec.BLANK_EUI64, address, request, octets, false)
    const is = 'described'
    if (!Buffalo.checkStatus<typeof ClusterId.SIMPLE_DESCRIPTOR_RESPONSE>(response)) return { is, id } as const
    const { profileId, deviceId, inClusterList, outClusterList } = response[1]
    const descriptor: SimpleDescriptor = {
      ...{ endpoint: response[1].endpoint, profileId, deviceId },
      ...{ inputClusters: inClusterList, outputClusters: outClusterList },
    }
    return { is, id, descriptor } as const
  }

  /** Told once, however often it is tried in vain for the same reason. */
  private down(reason: string): void {
    if (reason !== this.away) this.report({ is: 'down', reason })
    this.away = reason
  }
  private report(report: StickReport): void {
    if (!this.closing.signal.aborted) this.options.onReport(report)
  }
}

/** A stick that is gone may never answer. */
async function stop(adapter: Adapter): Promise<void> {
  const patience = new AbortController()
  await Promise.race([
    adapter.stop().catch(() => {}),
    pause(STOP_MS, undefined, { signal: patience.signal }).catch(() => {}),
  ])
  patience.abort()
  adapter.removeAllListeners()
}

/** How the package names a line. @throws UsageError for a line it cannot open */
function pathOf(link: string): { path: string; baudRate?: number; rtscts?: boolean } {
  const address = parseLinkAddress(link)
  switch (address.kind) {
    case 'tcp':
      return { path: link }
    case 'serial':
      return { path: address.path, baudRate: address.baud, rtscts: address.flow === 'hardware' }
    default:
      throw new UsageError(`line "${link}": tcp://HOST:PORT or serial:/DEVICE expected for a coordinator stick`)
  }
}

/** EUI-64s as the package writes them, and back. */
const named = (device: Eui64) => `0x${device}` as const
const euiOf = (text: string): Eui64 => text.replace(/^0x/, '').toLowerCase().padStart(16, '0')
