/** Which endpoints of a ZNP are in which groups, kept in NV. @source Z-Stack, aps_groups.h */
import { ByteReader, ByteWriter } from '../../base/bytes.ts'
import { readable } from '../../base/errors.ts'
import { record } from '../../base/frame.ts'
import { list, octetsBehind, u8, u16 } from '../../base/frame-fields.ts'
import { NV } from '../../wire/znp/nv.ts'
import { STATUS } from '../../wire/znp/status.ts'
import type { Handlers } from './handlers.ts'
import type { NvMemory } from './nv-memory.ts'

interface Membership {
  endpoint: number
  group: number
  name: Uint8Array
}

/** @source Z-Stack, APS_MAX_GROUPS, as common firmware has it */
const MOST_MEMBERSHIPS = 32
/** @source Z-Stack, APS_GROUP_NAME_LEN */
const LONGEST_NAME = 16
/** How the item is laid out. @source assumed */
const memberships = list(record({ endpoint: u8, group: u16, name: octetsBehind(u8) }))

export class Groups {
  readonly handlers: Handlers
  private readonly nv: NvMemory
  private members: readonly Membership[] = []

  constructor(nv: NvMemory) {
    this.nv = nv
    this.reload()
    this.handlers = {
      ZDO_EXT_ADD_GROUP: member => ({ status: this.add(member) }),
      ZDO_EXT_REMOVE_GROUP: ({ endpoint, group }) => ({ status: this.remove(endpoint, group) }),
      ZDO_EXT_FIND_GROUP: ({ endpoint, group }) => {
        const found = this.find(endpoint, group)
        const status = found ? STATUS.SUCCESS : STATUS.FAILURE
        return { status, group, name: found?.name ?? new Uint8Array() }
      },
    }
  }

  /** Takes what stands in NV. */
  reload(): void {
    const octets = this.nv.get(NV.GROUP_TABLE)
    // A host may have written anything there.
    this.members = (octets && readable(() => memberships.read(new ByteReader(octets)))) ?? []
  }
  endpointsIn(group: number): number[] {
    return this.members.filter(member => member.group === group).map(({ endpoint }) => endpoint)
  }

  private find(endpoint: number, group: number): Membership | undefined {
    return this.members.find(member => member.endpoint === endpoint && member.group === group)
  }
  private add({ endpoint, group, name }: Membership): number {
    if (this.find(endpoint, group)) return STATUS.APS_DUPLICATE_ENTRY
    if (this.members.length >= MOST_MEMBERSHIPS) return STATUS.APS_TABLE_FULL
    return this.keep([...this.members, { endpoint, group, name: name.slice(0, LONGEST_NAME) }])
  }
  private remove(endpoint: number, group: number): number {
    const member = this.find(endpoint, group)
    return member ? this.keep(this.members.filter(each => each !== member)) : STATUS.FAILURE
  }
  private keep(members: readonly Membership[]): number {
    const writer = new ByteWriter()
    memberships.write(writer, members, 'groups')
    if (!this.nv.put(NV.GROUP_TABLE, writer.finish())) return STATUS.MEM_ERROR
    this.members = members
    return STATUS.SUCCESS
  }
}
