/** Every request of the catalogue that a device here takes is tested row by row, in one of the files of this folder. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { REQUEST_KINDS, variantsOf } from '../../src/wan/messages/requests.ts'
import { ORDERS } from '../helpers/order-sets.ts'
import { READINGS } from '../helpers/reading-sets.ts'

const variants = REQUEST_KINDS.flatMap(variantsOf)

test('orders and readings are the whole catalogue', () => {
  const tested = new Set<string>([...Object.values(ORDERS), ...Object.values(READINGS)].flat())
  expect(variants.filter(variant => !tested.has(variant))).toEqual([])
  expect([...tested].filter(variant => !variants.includes(variant))).toEqual([])
})

test.each(Object.keys(ORDERS))('orders of the theme %s have a file that leaves none of them out', theme => {
  const text = readFileSync(new URL(`service-orders-${theme}.test.ts`, import.meta.url), 'utf8')
  expect(text).toContain(`complete(isOneOf(ORDERS.${theme}))`)
})
