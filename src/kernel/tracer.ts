/** The trace of one installation: adds time, installation and part to what rooms report, and hands it on in order. */
import type { Clock } from '../ports/time.ts'
import type { Trace, TraceRecord } from '../ports/trace.ts'

export type TraceSink = (record: TraceRecord) => void

export class Tracer {
  private readonly clock: Clock
  private readonly installation: string
  private readonly sink: TraceSink

  constructor(options: { clock: Clock; installation: string; sink: TraceSink }) {
    this.clock = options.clock
    this.installation = options.installation
    this.sink = options.sink
  }

  /** The trace as the named part writes it. */
  part(part: string): Trace {
    return {
      emit: event => this.sink({ atUs: this.clock.nowUs(), installation: this.installation, part, event }),
    }
  }
}
