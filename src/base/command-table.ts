/** Commands as a table: a name, an id, the fields; both directions follow. */
import type { ByteReader, ByteWriter } from './bytes.ts'
import { InvariantError, WireError } from './errors.ts'
import type { Field, ValueOf } from './frame.ts'

/** One command. */
export interface CommandRow {
  id: number
  fields: Field<object>
}
type Rows = { readonly [name: string]: CommandRow }

/**
 * Any command of a table: its name and its fields.
 * `extra`: octets after the last field known here, of a later revision of the standard.
 */
export type CommandOf<R extends Rows> = {
  [K in keyof R & string]: { name: K; extra?: Uint8Array } & ValueOf<R[K]['fields']>
}[keyof R & string]

export interface CommandTable<C extends { name: string }> {
  readonly names: readonly C['name'][]
  /** The id on the air. */
  idOf(name: C['name']): number
  /** Undefined when the table has no such command. */
  nameOf(id: number): C['name'] | undefined
  /** Reads what follows the id. @throws WireError `wire.unknown-command` at octet 0, and those of the fields */
  read(id: number, reader: ByteReader): C
  /** Writes what follows the id. @throws InvariantError when a field does not fit */
  write(writer: ByteWriter, command: C): void
}

/** Makes a table; `what` names it in errors, e.g. `NWK command`. */
export function commandTable<const R extends Rows>(what: string, rows: R): CommandTable<CommandOf<R>> {
  type C = CommandOf<R>
  const names = Object.keys(rows) as C['name'][]
  const byId = new Map(names.map(name => [rowOf(name).id, name]))
  function rowOf(name: string): CommandRow {
    const row = rows[name]
    if (!row) throw new InvariantError(`there is no ${what} ${name}`)
    return row
  }

  return {
    names,
    idOf: name => rowOf(name).id,
    nameOf: id => byId.get(id),
    read(id, reader) {
      const name = byId.get(id)
      if (name === undefined) {
        const message = `0x${id.toString(16).padStart(2, '0')} is none of ${names.join(', ')}`
        throw new WireError('wire.unknown-command', { offset: 0, field: what, message })
      }
      const fields = rowOf(name).fields.read(reader)
      const extra = reader.remaining > 0 ? { extra: reader.rest().slice() } : {}
      return { name, ...fields, ...extra } as C
    },
    write(writer, command) {
      rowOf(command.name).fields.write(writer, command, command.name)
      if (command.extra) writer.bytes(command.extra)
    },
  }
}
