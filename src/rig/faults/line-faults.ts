/** Faults of a hub's line to the outside: its coverage, its SIM, what it says. They set in and lift at moments of their own. */
import type { SimPlatform } from '../../wan/sim-platform.ts'
import type { Installation } from '../installation.ts'
import type { FaultEffect, FaultKind } from './fault-kind.ts'
import { anySpan, only, type Read, type Words } from './fault-words.ts'
import { readTimedValue, type TimedValue, timedForm } from './timed-value.ts'

interface LineKind<H, O extends Words> extends TimedValue<H, O>, Pick<FaultKind, 'does'> {
  /** What sets it in; what that returns lifts it. */
  begin?: (first: H, options: Read<O>) => (installation: Installation, sims: SimPlatform) => () => void
  /** The same, wherever the hub's line is. */
  beginOnLine?: (first: H, options: Read<O>) => NonNullable<FaultEffect['onLine']>
}

function lineKind<H, O extends Words>(kind: LineKind<H, O>): FaultKind {
  return {
    value: timedForm(kind),
    does: kind.does,
    to: { inside: 'hub' },
    effect(value, context) {
      const read = readTimedValue(kind, value, context)
      if ('problem' in read) return read
      const { first, options, timing } = read
      const onLine = kind.beginOnLine?.(first, options)
      const begin = kind.begin?.(first, options)
      return {
        ...timing,
        ...(onLine && { onLine }),
        inject(installation, sims) {
          const { record, hubHere } = installation
          return begin?.(installation, sims) ?? onLine?.({ imsi: record.sim.imsi, wanOutage: hubHere?.wanOutage }, sims)
        },
      }
    },
  }
}

export const LINE_FAULTS: Readonly<Record<string, FaultKind>> = {
  'hub.wan': lineKind({
    does: 'the hub has no WAN coverage',
    first: only('down'),
    options: {},
    beginOnLine:
      () =>
      ({ wanOutage }) =>
        wanOutage?.add(),
  }),
  'sim.state': lineKind({
    does: 'the operator has suspended the SIM: it is let on no access point',
    first: only('suspended'),
    options: {},
    beginOnLine:
      () =>
      ({ imsi }, sims) => {
        sims.handle('sim.suspend', { imsi })
        return () => void sims.handle('sim.resume', { imsi })
      },
  }),
  'hub.alerts': lineKind({
    does: 'something fails and goes on failing: the hub raises an alert each SPAN',
    first: anySpan,
    options: {},
    begin:
      everyUs =>
      ({ hub, kernel, record }) => {
        let stopped = false
        const raise = () => {
          if (stopped) return
          hub.raise('8F84', 'failure to deliver remote party message to ESME', record.devices.esme.deviceId)
          kernel.after(everyUs, 'hub alerts', raise)
        }
        raise()
        return () => {
          stopped = true
        }
      },
  }),
}
