/**
 * States another unit, or another divisor, than its registers count by: m3 as kWh, or ten times what was used. Who reads it
 * computes with what is stated; the registers themselves are right.
 * @source assumed: no public document names a model. That some gas meters count kWh instead of m3 is P38 [public], and another matter
 */
import type { QuirkOf } from '../../profiles/quirk-facts.ts'
import type { NodeQuirk } from '../../zcl/node-quirk.ts'
import { UNIT } from '../meter-registers.ts'
import { otherValues } from './other-values.ts'

export const wrongUnit = ({ unit, divisor }: QuirkOf<'wrongUnit'>): NodeQuirk =>
  otherValues('Metering', {
    ...(unit !== undefined && { UnitOfMeasure: () => UNIT[unit] }),
    ...(divisor !== undefined && { Divisor: () => divisor }),
  })
