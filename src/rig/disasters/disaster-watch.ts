/** Judges the disasters of a run: what was expected while they lasted and after, home by home, as verdicts beside those of the steps. */
import { days } from '../../base/time.ts'
import type { Group } from '../../migration/group.ts'
import { partiesOf } from '../../migration/party-wait.ts'
import type { Party } from '../../ports/rig-control.ts'
import type { TraceRecord } from '../../ports/trace.ts'
import type { StepVerdict } from '../../ports/verdict.ts'
import type { Installation } from '../installation.ts'
import { Course } from './course.ts'
import type { After, During } from './disaster.ts'
import type { PreparedDisaster } from './disasters.ts'
import { type Judgement, judgeAfter, judgeDuring, type Seen } from './expectations.ts'

/** Longest wait for a disaster to end. */
const LONGEST_US = days(366)

/** What the watch needs of a rig. */
export interface WatchedRig {
  installation(id: string): Installation
  waitFor(id: string, until: () => boolean, withinUs: number): Promise<boolean>
}

export interface DisasterWatchOptions {
  disasters: readonly PreparedDisaster[]
  group: Group
  /** Homes of the rig. */
  homes: readonly string[]
  rig: WatchedRig
  tell: (verdict: StepVerdict) => void
}

export class DisasterWatch {
  private readonly options: DisasterWatchOptions
  private readonly courses = new Map<string, Course[]>()
  private readonly verdicts: StepVerdict[] = []
  private readonly needs: ReadonlyMap<string, readonly Party[]>

  constructor(options: DisasterWatchOptions) {
    const { disasters, group, homes, rig } = options
    this.options = options
    const steps = [...group.phases.flatMap(phase => phase.steps), ...group.recovery]
    this.needs = new Map(steps.map(step => [step.id, partiesOf(step)]))
    for (const id of homes) {
      const installation = rig.installation(id)
      const concerning = disasters.filter(({ only }) => only.length === 0 || only.includes(id))
      this.courses.set(
        id,
        concerning.map(({ disaster, faults }) => {
          const own = faults.filter(fault => (fault.installation ?? id) === id)
          return new Course({ disaster, faults: own, installation, needsOf: step => this.needsOf(step) })
        }),
      )
    }
  }

  /** One line of the trace, as it is written. */
  see({ installation, event }: TraceRecord): void {
    for (const course of this.courses.get(installation) ?? []) course.see(event)
  }
  /** One verdict of the migration. */
  judged(verdict: StepVerdict): void {
    this.verdicts.push(verdict)
  }

  /** Lets the disasters of a home end, and what is awaited come about, then judges. */
  async finish(id: string): Promise<void> {
    const { rig } = this.options
    for (const course of this.courses.get(id) ?? []) {
      if (course.begin) await rig.waitFor(id, () => course.isOver, LONGEST_US)
      for (const expectation of course.disaster.during) {
        if (expectation.expect !== 'others-unaffected') this.tell(course, expectation, this.during(course, expectation))
      }
      for (const { expectation, cameAfterUs } of course.awaited) {
        const { seen } = course
        const judgement = seen ? judgeAfter(expectation, seen, cameAfterUs) : neverSetIn(course)
        this.tell(course, expectation, judgement)
      }
    }
  }

  /** Judges what is expected of homes that a disaster does not concern, once all are migrated. */
  finishAll(): void {
    for (const courses of this.courses.values()) {
      for (const course of courses) {
        const expectation = course.disaster.during.find(({ expect }) => expect === 'others-unaffected')
        if (expectation) this.tell(course, expectation, this.during(course, expectation))
      }
    }
  }

  private during(course: Course, expectation: During): Judgement {
    const { seen } = course
    if (!seen) return neverSetIn(course)
    const concerned = [...this.courses].flatMap(([id, all]) =>
      all.some(({ disaster }) => disaster === course.disaster) ? [id] : [],
    )
    const all: Seen = {
      ...seen,
      verdicts: this.verdicts.filter(({ installation }) => installation === course.installation.id),
      others: this.verdicts.filter(({ installation }) => !concerned.includes(installation)),
    }
    return judgeDuring(expectation, all)
  }

  private tell(course: Course, expectation: During | After, judgement: Judgement): void {
    const { disaster, installation, begin, end } = course
    const nowUs = installation.kernel.nowUs()
    const party = 'party' in expectation ? ` (${expectation.party.toUpperCase()})` : ''
    this.options.tell({
      installation: installation.id,
      step: `DIS-${expectation.expect.toUpperCase()}`,
      title: `${disaster.id}: ${expectation.expect.replaceAll('-', ' ')}${party}`,
      phase: 'disaster',
      party: 'RIG',
      source: expectation.source,
      touchesDevice: false,
      ...judgement,
      startedUs: begin?.atUs ?? nowUs,
      endedUs: 'within' in expectation ? nowUs : (end?.atUs ?? nowUs),
    })
  }

  private needsOf(step: string): readonly Party[] {
    return this.needs.get(step) ?? []
  }
}

function neverSetIn({ disaster, begin }: Course): Judgement {
  return {
    verdict: 'BLOCKED',
    expected: disaster.title,
    observed: 'nothing',
    reason: begin ? 'it did not end' : 'it never set in as a whole: the run did not come to its moment',
  }
}
