/**
 * The life of a child at its parent as a machine: state and event in, state and effects out. No clock.
 *
 * | state | proved | kept-alive | uncollected | overdue | dismiss | told | claimed | contested | moved |
 * |---|---|---|---|---|---|---|---|---|---|
 * | arriving | present | arriving | arriving | gone | dismissed: order | arriving | gone | gone | gone |
 * | present | present | present | doubtful: announce | gone | dismissed: order | present | doubtful: claim | doubtful: announce | gone |
 * | doubtful | present | present | doubtful: announce | gone | dismissed: order | doubtful | gone | gone | gone |
 * | dismissed | dismissed: order | dismissed: order | dismissed | gone | dismissed: order | gone | gone | gone | gone |
 *
 * Of two parents that hold a child for their own, the one that hears of it next keeps it: each doubts when it hears of the
 * other, and gives it up when it hears so again.
 *
 * @source ZigBee PRO, 3.6.1.4 child ageing, 2.4.3.1.12 Parent_annce, 2.4.4.2.22 Parent_annce_rsp; that both doubt: assumed
 */

export const CHILD_LIVES = [
  /** Has an address here; has not shown that it holds the network key. */
  'arriving',
  /** Heard of since it came, and since anybody else claimed it. */
  'present',
  /** Known from before a restart, claimed by another parent, or leaving frames uncollected: not heard of since. */
  'doubtful',
  /** Taken off the network: all it gets is the order to leave. */
  'dismissed',
] as const
export type ChildLife = (typeof CHILD_LIVES)[number]

export const CHILD_EVENTS = [
  /** A frame of its own under the network key came. */
  'proved',
  /** It polled. */
  'kept-alive',
  /** It did not collect a frame in time: it sleeps long, or has a parent elsewhere. */
  'uncollected',
  /** It was not heard of for too long. */
  'overdue',
  /** It is to leave the network. */
  'dismiss',
  /** It collected the order to leave. */
  'told',
  /** Another parent says that it is its own. */
  'claimed',
  /** Another parent, told that it is a child here, says that it is its own. */
  'contested',
  /** It spoke through another parent, has another address, or left. */
  'moved',
] as const
export type ChildEvent = (typeof CHILD_EVENTS)[number]

export type ChildEffect =
  /** Tells it to leave. */
  | 'order'
  /** Says to the other parent that it is a child here. */
  | 'claim'
  /** Says so to all, after a while. */
  | 'announce'
  /** The owner hears that it is alive. */
  | 'report'

export interface ChildStep {
  life: ChildLife | 'gone'
  effects: readonly ChildEffect[]
}

const to = (life: ChildStep['life'], ...effects: readonly ChildEffect[]): ChildStep => ({ life, effects })
const GONE = to('gone')
const DISMISSED = to('dismissed', 'order')

const TABLE: Readonly<Record<ChildLife, Readonly<Record<ChildEvent, ChildStep>>>> = {
  arriving: {
    proved: to('present'),
    'kept-alive': to('arriving'),
    uncollected: to('arriving'),
    overdue: GONE,
    dismiss: DISMISSED,
    told: to('arriving'),
    claimed: GONE,
    contested: GONE,
    moved: GONE,
  },
  present: {
    proved: to('present'),
    'kept-alive': to('present', 'report'),
    uncollected: to('doubtful', 'announce'),
    overdue: GONE,
    dismiss: DISMISSED,
    told: to('present'),
    claimed: to('doubtful', 'claim'),
    contested: to('doubtful', 'announce'),
    moved: GONE,
  },
  doubtful: {
    proved: to('present'),
    'kept-alive': to('present', 'report'),
    uncollected: to('doubtful', 'announce'),
    overdue: GONE,
    dismiss: DISMISSED,
    told: to('doubtful'),
    claimed: GONE,
    contested: GONE,
    moved: GONE,
  },
  dismissed: {
    proved: DISMISSED,
    'kept-alive': DISMISSED,
    uncollected: to('dismissed'),
    overdue: GONE,
    dismiss: DISMISSED,
    told: GONE,
    claimed: GONE,
    contested: GONE,
    moved: GONE,
  },
}

/** What comes of an event. */
export const childStep = (life: ChildLife, event: ChildEvent): ChildStep => TABLE[life][event]
