/** 8.7.x, 8.8.x and 9.1: which devices of a home act on each other, and who lives there. */
import { randomInt } from 'node:crypto'
import type { Eui64 } from '../../base/ids.ts'
import type { CustomerIdentification } from '../../wan/messages/wan-types.generated.ts'
import type { Fields } from '../fields.ts'

export const otherDevice = (fields: Fields): { deviceId: Eui64 } => ({ deviceId: fields.eui64('OtherDeviceID') })

/** The DCC makes it up, shows it to the consumer through the meter, and to the user in its answer. @source DUIS, 9.1 */
export const identificationNumber = (): CustomerIdentification => ({ number: `${randomInt(10_000)}`.padStart(4, '0') })
