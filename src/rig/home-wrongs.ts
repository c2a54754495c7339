/** What is wrong with the meters of a home from outside, whether they have power to see it or not. */
import type { Condition } from '../devices/events/conditions.ts'

export type MeterPart = 'esme' | 'gsme'

export class HomeWrongs {
  private readonly standing: Record<MeterPart, Condition[]> = { esme: [], gsme: [] }

  /** As things stand, oldest first; twice the same is once. */
  of(part: MeterPart): Condition[] {
    return [...new Set(this.standing[part])]
  }

  /** One more thing is wrong; what is returned ends it. */
  add(part: MeterPart, condition: Condition): () => void {
    const { [part]: standing } = this.standing
    standing.push(condition)
    let over = false
    return () => {
      if (!over) standing.splice(standing.indexOf(condition), 1)
      over = true
    }
  }
}
