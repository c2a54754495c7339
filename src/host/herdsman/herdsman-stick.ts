/**
 * A coordinator stick on its line, driven by zigbee-herdsman's adapter for it. It lives in real time: orders come from
 * simulated time, reports go back there. A stick that goes away is opened again.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fromHex } from '../../base/bytes.ts'
import { UsageError } from '../../base/errors.ts'
import { BackOff, type BackOffOptions } from '../../links/back-off.ts'
import { parseLinkAddress } from '../../links/link-address.ts'
import { type HerdsmanDriver, STICK_TRAITS } from './drivers.ts'
import { type Adapter, type HerdsmanLibrary, loadHerdsman } from './library.ts'
import type { StickNetwork, StickOrder, StickReport } from './stick-messages.ts'
import { euiOf, StickTalk } from './stick-talk.ts'

export interface HerdsmanStickOptions extends BackOffOptions {
  driver: HerdsmanDriver
  /** `tcp://…` or `serial:…`; see `links`. */
  link: string
  /** Hears what the stick reports, the moment it does. */
  onReport: (report: StickReport) => void
}

/** How long a stick may take to stop before it is given up. */
const STOP_MS = 3_000

export class HerdsmanStick {
  private readonly options: HerdsmanStickOptions
  private readonly library: HerdsmanLibrary
  private readonly path: { path: string; baudRate?: number; rtscts?: boolean }
  private readonly folder = mkdtempSync(join(tmpdir(), 's1rig-stick-'))
  private network: StickNetwork | undefined
  private talk: StickTalk | undefined
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
    if (this.talk) void this.talk.carryOut(order)
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
          const { driver } = this.options
          this.talk = new StickTalk({ adapter, driver, library: this.library, report: report => this.report(report) })
          backOff.reset()
          this.away = undefined
          this.report({ is: 'up', eui64 })
          await Promise.race([gone, closed])
          this.down('the stick is gone')
        }
      } catch (error) {
        this.down(error instanceof Error ? error.message : String(error))
      }
      this.talk = undefined
      if (adapter) await stop(adapter)
      if (!signal.aborted) await pause(backOff.nextMs(), undefined, { signal }).catch(() => {})
    }
  }

  private make({ panId, extendedPanId, channel, networkKey }: StickNetwork): Promise<Adapter> {
    const { driver } = this.options
    const highFirst = [...fromHex(extendedPanId)]
    return this.library.Adapter.create(
      {
        panID: panId,
        extendedPanID: STICK_TRAITS[driver].turnsExtendedPanId ? highFirst : highFirst.reverse(),
        channelList: [channel],
        networkKey: [...fromHex(networkKey)],
        networkKeyDistribute: false,
      },
      { ...this.path, adapter: driver },
      join(this.folder, 'backup.json'),
      { disableLED: false },
    )
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
