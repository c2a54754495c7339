/** A ZNP of ours on a line in memory, a scripted network behind it, and a host that says what a test says. */
import { expect } from 'vitest'
import { fromHex, toHex } from '../../src/base/bytes.ts'
import type { Micros } from '../../src/base/ids.ts'
import { milliseconds } from '../../src/base/time.ts'
import { ZnpDongle, type ZnpMemory } from '../../src/dongle/znp/znp-dongle.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import {
  type AreqName,
  isSreq,
  mtName,
  type RequestOf,
  type ResponseOf,
  readRequest,
  readResponse,
  requestFrame,
  type SreqName,
} from '../../src/wire/znp/mt.ts'
import { encodeUnpi, MT_TYPE, type UnpiFrame, UnpiReader } from '../../src/wire/znp/unpi.ts'
import { MemoryLine } from '../helpers/memory-line.ts'
import { ScriptedNetwork } from '../helpers/scripted-network.ts'

/** What a host writes before it commissions. Little-endian, as in NV. */
export const CONFIGURATION: readonly (readonly [item: number, hex: string])[] = [
  [0x0087, '00'],
  [0x008f, '01'],
  [0x0084, '00800000'],
  [0x0083, '621a'],
  [0x002d, '0807060504030201'],
  [0x0062, '01030507090b0d0f00020406080a0c0e'],
]

export class ZnpBench {
  readonly kernel = new Kernel({ seed: 'znp', startUnixMs: 0 })
  readonly line = new MemoryLine(this.kernel)
  readonly network: ScriptedNetwork
  readonly dongle: ZnpDongle
  /** Frames heard and not asked for yet. */
  heard: UnpiFrame[] = []

  private readonly reader = new UnpiReader(frame => void this.heard.push({ ...frame, data: frame.data.slice() }))

  constructor(memory?: ZnpMemory) {
    const { kernel, line } = this
    this.network = new ScriptedNetwork(kernel)
    this.dongle = new ZnpDongle({
      ...{ link: line.device, network: this.network, clock: kernel, timers: kernel },
      ...{ dice: kernel.random.stream('stick'), ...(memory && { memory }) },
    })
    line.host.listen({ onOctets: octets => this.reader.push(octets) })
    this.run(milliseconds(10))
  }

  /** Frames of the stick that were none. */
  get damaged(): number {
    return this.reader.counts.damaged + this.reader.counts.stray
  }
  run(forUs: Micros = milliseconds(200)): void {
    this.kernel.runUntil(this.kernel.nowUs() + forUs)
  }
  say<N extends Parameters<typeof requestFrame>[0]>(name: N, request: RequestOf<N>): void {
    this.line.host.write(encodeUnpi(requestFrame(name, request)))
  }
  /** Asks, and takes the answer, which is the first that is heard. */
  ask<N extends SreqName>(name: N, request: RequestOf<N>): ResponseOf<N> {
    this.heard = []
    this.say(name, request)
    this.run()
    const answer = this.heard.shift()
    expect([answer?.type, answer && mtName(answer.subsystem, answer.command)], name).toEqual([MT_TYPE.SRSP, name])
    return readResponse(name, answer?.data ?? new Uint8Array())
  }
  /** What it told unasked since the last question, as words. */
  told(): { name: AreqName; value: object }[] {
    return this.heard.splice(0).flatMap(({ type, subsystem, command, data }) => {
      const name = mtName(subsystem, command)
      if (type !== MT_TYPE.AREQ || name === undefined || isSreq(name)) return []
      return [{ name, value: readRequest(name, data) }]
    })
  }

  item(id: number): string | undefined {
    const { length } = this.ask('SYS_OSAL_NV_LENGTH', { item: id })
    return length === 0 ? undefined : toHex(this.ask('SYS_OSAL_NV_READ_EXT', { item: id, offset: 0 }).value)
  }
  write(id: number, hex: string): void {
    const value = fromHex(hex)
    this.ask('SYS_OSAL_NV_ITEM_INIT', { item: id, length: value.length, value })
    expect(this.ask('SYS_OSAL_NV_WRITE_EXT', { item: id, offset: 0, value })).toEqual({ status: 0 })
  }
  reset(): { name: AreqName; value: object }[] {
    this.heard = []
    this.say('SYS_RESET_REQ', { type: 1 })
    this.run()
    return this.told()
  }
  /** As a host commissions a stick. */
  commissioned(): this {
    for (const [item, hex] of CONFIGURATION) this.write(item, hex)
    this.ask('APP_CNF_BDB_SET_CHANNEL', { isPrimary: 1, channels: 0x8000 })
    this.ask('APP_CNF_BDB_SET_CHANNEL', { isPrimary: 0, channels: 0 })
    expect(this.ask('APP_CNF_BDB_START_COMMISSIONING', { mode: 4 })).toEqual({ status: 0 })
    expect(this.told()).toContainEqual({ name: 'ZDO_STATE_CHANGE_IND', value: { state: 9 } })
    return this
  }
  register(endpoint: number, profileId: number): number {
    const clusters = { inputClusters: [], outputClusters: [] }
    return this.ask('AF_REGISTER', { endpoint, profileId, deviceId: 5, deviceVersion: 0, latency: 0, ...clusters })
      .status
  }
}
