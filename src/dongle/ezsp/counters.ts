/** What an NCP counts for its host. @source ember-types.h, EmberCounterType */
import { COUNTERS } from '../../wire/ezsp/commands.ts'

const PLACE = {
  apsDataRxBroadcast: 6,
  apsDataTxBroadcast: 7,
  apsDataRxUnicast: 8,
  apsDataTxUnicastSuccess: 9,
  apsDataTxUnicastFailed: 11,
  joinIndication: 16,
  childRemoved: 17,
  ashOverflowError: 18,
  ashFramingError: 19,
  allocatePacketBufferFailure: 27,
} as const

export class Counters {
  private readonly values = new Uint16Array(COUNTERS)

  /** Goes round at 65536. */
  count(what: keyof typeof PLACE): void {
    const place = PLACE[what]
    this.values[place] = (this.values[place] ?? 0) + 1
  }
  read(): readonly number[] {
    return [...this.values]
  }
  clear(): void {
    this.values.fill(0)
  }
}
