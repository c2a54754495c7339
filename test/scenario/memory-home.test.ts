/** The process dies and starts again: a home goes on from what it kept, in memory HAN and on the air. */
import { describe, expect, test } from 'vitest'
import { hours, minutes } from '../../src/base/time.ts'
import { home, ID, restarted } from '../unit/device-home.ts'

describe.each([
  ['on the air', false],
  ['in memory', true],
])('a home whose HAN is %s', (_, inMemory) => {
  test('goes on after a restart: on the HAN without joining anew, nothing lower, nothing forgotten', () => {
    const before = home({ inMemory })
    before.run(hours(3))
    const after = restarted(before)
    expect(after.kernel.nowUs()).toBe(before.kernel.nowUs())
    after.run(minutes(1))
    for (const device of [ID.ESME, ID.GSME, ID.PPMID]) expect(after.logged(device)).toMatchObject({ joined: true })
    expect(after.events('han.link-key')).toEqual([])
    expect(after.events('device.event')).toEqual([])
  })
})
