/** Faults of power: a part without it, or all of a home that lives on the mains. */
import { PARTS, type Part } from '../../profiles/parts.ts'
import { deviceOf, type FaultKind } from './fault-kind.ts'
import { anySpan } from './fault-words.ts'
import { readTimedValue, type TimedValue, timedForm } from './timed-value.ts'

const FOR_SPAN: TimedValue<number, Record<never, never>> = { first: anySpan, options: {}, spanOf: span => span }

const powerKind = (kind: Pick<FaultKind, 'listed' | 'does' | 'to'>, parts: readonly Part[]): FaultKind => ({
  ...kind,
  value: timedForm(FOR_SPAN),
  addsUp: true,
  effect(value, context) {
    const read = readTimedValue(FOR_SPAN, value, context)
    if ('problem' in read) return read
    return {
      ...read.timing,
      ...(parts.length === 1 && { parts }),
      inject(installation) {
        const there = parts.filter(part => deviceOf(installation.record, part) !== undefined)
        const lifts = there.map(part => installation.cutPower(part))
        return () => {
          for (const lift of lifts) lift()
        }
      },
    }
  },
})

/** A gas meter has a battery. */
const ON_MAINS = PARTS.filter(part => part !== 'gsme')
const DOES =
  'PART has no power for SPAN; what it keeps stays, all else is lost, and it comes back by itself. A gas meter: its battery is out'

export const POWER_FAULTS: Readonly<Record<string, FaultKind>> = {
  'home.mains': powerKind(
    { does: 'the home has no mains for SPAN: all but the gas meter are off', to: { power: ON_MAINS } },
    ON_MAINS,
  ),
  ...Object.fromEntries(
    PARTS.map(part => [`${part}.off`, powerKind({ listed: 'PART.off', does: DOES, to: { power: [part] } }, [part])]),
  ),
}
