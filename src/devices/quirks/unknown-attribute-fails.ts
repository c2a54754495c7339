/**
 * Answers an attribute that it does not know with FAILURE instead of UNSUPPORTED_ATTRIBUTE: in its record alone, or all that was
 * asked with it by a Default Response.
 * @source assumed: no public document names a model; what the library asks for is ZigBee Cluster Library, 2.5.2
 */
import type { QuirkOf } from '../../profiles/quirk-facts.ts'
import { globalId } from '../../zcl/foundation.ts'
import type { NodeQuirk } from '../../zcl/node-quirk.ts'
import { Status } from '../../zcl/status.ts'

export const unknownAttributeFails = ({ answer }: QuirkOf<'unknownAttributeFails'>): NodeQuirk => ({
  said(command) {
    if (command.name !== 'ReadAttributesResponse') return command
    const isUnknown = ({ status }: { status: number }) => status === Status.UNSUPPORTED_ATTRIBUTE
    if (!command.records.some(isUnknown)) return command
    if (answer === 'all') {
      return { name: 'DefaultResponse', commandId: globalId('ReadAttributes'), status: Status.FAILURE }
    }
    const records = command.records.map(record =>
      isUnknown(record) ? { id: record.id, status: Status.FAILURE } : record,
    )
    return { ...command, records }
  },
})
