/**
 * The devices a ZNP knows: in memory, and row by row in its address manager in NV, where hosts look for them.
 * @source Z-Stack, AddrMgr.h, AssocList.h
 */
import type { Eui64 } from '../../base/ids.ts'
import { ADDRMGR_USER, addressManagerEntry, NV_SYSTEM_ZSTACK, NV_TABLE, readNv, writeNv } from '../../wire/znp/nv.ts'
import { RELATION } from '../../wire/znp/status.ts'
import { type NvMemory, rowsOf } from './nv-memory.ts'

export interface KnownDevice {
  device: Eui64
  address: number
  /** RELATION.OTHER for what is no child of this node. */
  relation: number
}

/** Bits of the capability information. @source IEEE 802.15.4-2006, 7.3.1.2 */
const [ROUTER, RX_ON_WHEN_IDLE] = [0x02, 0x08]
const NOBODY: readonly Eui64[] = ['0000000000000000', 'ffffffffffffffff']
const NO_ADDRESS = 0xffff
const ENTRY_OCTETS = 11

const place = (row: number) => ({ system: NV_SYSTEM_ZSTACK, item: NV_TABLE.ADDRMGR, subId: row })

export class DeviceTable {
  /** Those for whom there was no room. */
  turnedAway = 0
  private readonly nv: NvMemory
  private readonly rows = new Map<number, KnownDevice>()
  private readonly byDevice = new Map<Eui64, number>()

  constructor(nv: NvMemory) {
    this.nv = nv
    this.reload()
  }

  /** Takes what stands in NV, where a host may have written. How children are is learnt anew. */
  reload(): void {
    const relations = new Map([...this.rows.values()].map(({ device, relation }) => [device, relation]))
    this.rows.clear()
    this.byDevice.clear()
    for (let row = 0; row < rowsOf(NV_TABLE.ADDRMGR); row++) {
      const octets = this.nv.get(place(row))
      if (octets?.length !== ENTRY_OCTETS) continue
      const { user, address, device } = readNv(addressManagerEntry, octets)
      if (user === 0 || NOBODY.includes(device) || this.byDevice.has(device)) continue
      const isChild = (user & ADDRMGR_USER.ASSOC) !== 0
      const relation = isChild ? (relations.get(device) ?? RELATION.CHILD_RFD) : RELATION.OTHER
      this.rows.set(row, { device, address, relation })
      this.byDevice.set(device, row)
    }
  }

  /** It is here, as the child of another node or of this one. */
  came(device: Eui64, address: number, isChild: boolean): void {
    const before = this.of(device)?.relation ?? RELATION.OTHER
    const relation = isChild ? (before === RELATION.OTHER ? RELATION.CHILD_RFD : before) : RELATION.OTHER
    this.set({ device, address, relation })
  }
  /** It says what it is, and where. */
  announced(device: Eui64, address: number, capability: number): void {
    const before = this.of(device)
    const isChild = before !== undefined && before.relation !== RELATION.OTHER
    this.set({ device, address, relation: isChild ? relationOf(capability) : RELATION.OTHER })
  }
  set(known: KnownDevice): boolean {
    const row = this.byDevice.get(known.device) ?? this.freeRow()
    if (row === undefined) {
      this.turnedAway++
      return false
    }
    const { device, address } = known
    const user = known.relation === RELATION.OTHER ? ADDRMGR_USER.SECURITY : ADDRMGR_USER.ASSOC
    if (!this.nv.put(place(row), writeNv(addressManagerEntry, { user, address, device }))) return false
    // An address belongs to the latest that has it.
    for (const other of this.rows.values()) {
      if (other.address === address && other.device !== device) other.address = NO_ADDRESS
    }
    this.rows.set(row, known)
    this.byDevice.set(device, row)
    return true
  }
  gone(device: Eui64): boolean {
    const row = this.byDevice.get(device)
    if (row === undefined) return false
    this.rows.delete(row)
    this.byDevice.delete(device)
    return this.nv.remove(place(row))
  }
  clear(): void {
    for (const device of [...this.byDevice.keys()]) this.gone(device)
  }

  of(device: Eui64): KnownDevice | undefined {
    const row = this.byDevice.get(device)
    return row === undefined ? undefined : this.rows.get(row)
  }
  at(address: number): KnownDevice | undefined {
    return [...this.rows.values()].find(known => known.address === address)
  }
  indexOf(device: Eui64): number | undefined {
    return this.byDevice.get(device)
  }
  get children(): KnownDevice[] {
    return [...this.rows.values()].filter(({ relation }) => relation !== RELATION.OTHER)
  }

  private freeRow(): number | undefined {
    for (let row = 0; row < rowsOf(NV_TABLE.ADDRMGR); row++) if (!this.rows.has(row)) return row
    return undefined
  }
}

function relationOf(capability: number): number {
  const awake = (capability & RX_ON_WHEN_IDLE) !== 0
  if ((capability & ROUTER) !== 0) return awake ? RELATION.CHILD_FFD_RX_IDLE : RELATION.CHILD_FFD
  return awake ? RELATION.CHILD_RFD_RX_IDLE : RELATION.CHILD_RFD
}
