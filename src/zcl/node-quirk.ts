/** How a node may depart from what the library says. Each method is optional: what is not there is as usual. */
import type { Micros } from '../base/ids.ts'
import type { ApsPayload } from '../ports/han.ts'
import type { ClusterName } from './clusters.ts'
import type { GlobalCommand } from './foundation.ts'
import type { ZclFrame } from './frame.ts'
import { isAnswer } from './rules.ts'
import type { Peer } from './transactions.ts'

/** A question or an order of a peer: no answer, and no report. */
export interface Asked extends Pick<ApsPayload, 'clusterId'> {
  from: Peer
  frame: ZclFrame
}

export interface NodeQuirk {
  /** Before anybody handles it. `dropped`: as if it had never come; a status refuses it with a Default Response. */
  asked?(asked: Asked): 'dropped' | number | undefined
  /** What leaves in place of an answer to a global command, a Default Response or a report. */
  said?(command: GlobalCommand, cluster: ClusterName): GlobalCommand
  /** How much longer an answer takes than others. */
  lateUs?(answer: GlobalCommand): Micros
}

/** All quirks of a node, one after the other. */
export class Quirks {
  private readonly quirks: readonly NodeQuirk[]

  constructor(quirks: readonly NodeQuirk[]) {
    this.quirks = quirks
  }

  /** What the first that has something to say makes of a frame that came in. */
  instead(asked: Asked): 'dropped' | number | undefined {
    if (this.quirks.length === 0 || !isAsked(asked.frame)) return undefined
    for (const quirk of this.quirks) {
      const instead = quirk.asked?.(asked)
      if (instead !== undefined) return instead
    }
    return undefined
  }
  said(usual: GlobalCommand, cluster: ClusterName): GlobalCommand {
    return this.quirks.reduce((command, quirk) => quirk.said?.(command, cluster) ?? command, usual)
  }
  lateUs(answer: GlobalCommand): Micros {
    return this.quirks.reduce((sum, quirk) => sum + (quirk.lateUs?.(answer) ?? 0), 0)
  }
}

/** Whether a frame that came in is a question or an order. */
const isAsked = (frame: ZclFrame): boolean =>
  !isAnswer(frame.header) && !(frame.kind === 'global' && frame.command.name === 'ReportAttributes')
