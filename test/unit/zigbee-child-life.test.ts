import { describe, expect, it } from 'vitest'
import {
  CHILD_EVENTS,
  CHILD_LIVES,
  type ChildEvent,
  type ChildLife,
  childStep,
} from '../../src/zigbee/nwk/child-life.ts'

/** What a parent makes of each event, as a sentence each; the orders, claims and announcements are all there are. */
const CELLS: Record<ChildLife, Record<ChildEvent, string>> = {
  arriving: {
    proved: 'present',
    'kept-alive': 'arriving',
    uncollected: 'arriving',
    overdue: 'gone',
    dismiss: 'dismissed, order',
    told: 'arriving',
    claimed: 'gone',
    contested: 'gone',
    moved: 'gone',
  },
  present: {
    proved: 'present',
    'kept-alive': 'present, report',
    uncollected: 'doubtful, announce',
    overdue: 'gone',
    dismiss: 'dismissed, order',
    told: 'present',
    claimed: 'doubtful, claim',
    contested: 'doubtful, announce',
    moved: 'gone',
  },
  doubtful: {
    proved: 'present',
    'kept-alive': 'present, report',
    uncollected: 'doubtful, announce',
    overdue: 'gone',
    dismiss: 'dismissed, order',
    told: 'doubtful',
    claimed: 'gone',
    contested: 'gone',
    moved: 'gone',
  },
  dismissed: {
    proved: 'dismissed, order',
    'kept-alive': 'dismissed, order',
    uncollected: 'dismissed',
    overdue: 'gone',
    dismiss: 'dismissed, order',
    told: 'gone',
    claimed: 'gone',
    contested: 'gone',
    moved: 'gone',
  },
}

describe.each(CHILD_LIVES)('a child that is %s', life => {
  it.each(CHILD_EVENTS)('at: %s', event => {
    const step = childStep(life, event)
    expect([step.life, ...step.effects].join(', ')).toBe(CELLS[life][event])
  })
})

describe('two parents that both hold a child for their own', () => {
  /** One announces it; the other may claim it, and the first may announce it again. */
  const announce = (lives: [ChildLife | 'gone', ChildLife | 'gone'], from: 0 | 1): number => {
    const other = from === 0 ? 1 : 0
    for (let announcements = 1; ; announcements++) {
      const [mine, its] = [lives[from], lives[other]]
      if (mine === 'gone' || its === 'gone') return announcements
      const answer = childStep(its, 'claimed')
      lives[other] = answer.life
      if (!answer.effects.includes('claim')) return announcements
      const contested = childStep(mine, 'contested')
      lives[from] = contested.life
      if (!contested.effects.includes('announce')) return announcements
    }
  }

  it.each([
    ['a restarted one, and one that heard it', ['doubtful', 'present'], 'gone, doubtful'],
    ['a restarted one, and another such', ['doubtful', 'doubtful'], 'doubtful, gone'],
    ['one it came to, and one that has not heard of it since', ['present', 'doubtful'], 'present, gone'],
    ['two that heard it: the second doubts longer', ['present', 'present'], 'doubtful, gone'],
  ] as [string, [ChildLife, ChildLife], string][])('agree on one: %s', (_, lives, expected) => {
    const held = [...lives] as [ChildLife, ChildLife]
    expect(announce(held, 0)).toBeLessThan(4)
    expect(held.join(', ')).toBe(expected)
  })
})
