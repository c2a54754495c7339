/** The files of service-readings-* prove every reading of the catalogue, each once. */
import { expect, test } from 'vitest'
import { REQUEST_KINDS, variantsOf } from '../../src/wan/messages/requests.ts'
import { READINGS } from '../helpers/reading-sets.ts'

test('every request that reads is proved in one of the files', () => {
  const readings = REQUEST_KINDS.filter(kind => kind.startsWith('read')).flatMap(variantsOf)
  expect(Object.values<readonly string[]>(READINGS).flat().toSorted()).toEqual(readings.toSorted())
})
