/** How MT packs octets and lists behind their length. @source Z-Stack Monitor and Test API */
import type { Field } from '../../base/frame.ts'
import { u8, u16 } from '../../base/frame-fields.ts'

const behind = (length: Field<number>): Field<Uint8Array> => ({
  read: reader => reader.bytes(length.read(reader)).slice(),
  write(writer, value, where) {
    length.write(writer, value.length, `${where} length`)
    writer.bytes(value)
  },
})

/** Octets behind their number in one octet. */
export const data8 = behind(u8)
/** Octets behind their number in two octets. */
export const data16 = behind(u16)

/** A number that may have a sign in one octet, e.g. dBm. */
export const i8: Field<number> = {
  read: reader => reader.int(1),
  write: (writer, value) => void writer.int(1, value),
}
