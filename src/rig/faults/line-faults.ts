/** Faults of a hub's line to the outside: its coverage, its SIM, what it says. They set in and lift at moments of their own. */
import type { AddressFault } from '../../wan/network-faults.ts'
import type { SimPlatform } from '../../wan/sim-platform.ts'
import type { Installation } from '../installation.ts'
import type { FaultContext, FaultEffect, FaultKind } from './fault-kind.ts'
import { address, anySpan, apn, oneOf, type Read, type Word, type Words } from './fault-words.ts'
import { readTimedValue, type TimedValue, timedForm } from './timed-value.ts'

interface LineKind<H, O extends Words> extends TimedValue<H, O>, Pick<FaultKind, 'does'> {
  /** What sets it in; what that returns lifts it. */
  begin?: (
    first: H,
    options: Read<O>,
    context: FaultContext,
  ) => (installation: Installation, sims: SimPlatform) => () => void
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
      const begin = kind.begin?.(first, options, context)
      return {
        ...timing,
        ...(onLine && { onLine }),
        inject(installation, { sims }) {
          const { record, hubHere } = installation
          return begin?.(installation, sims) ?? onLine?.({ imsi: record.sim.imsi, wanOutage: hubHere?.wanOutage }, sims)
        },
      }
    },
  }
}

const takenOrGiven: Word<AddressFault> = {
  shown: 'taken|IP',
  form: `taken, or ${address.form}`,
  read(text, context) {
    if (text === 'taken') return { is: 'taken' }
    const ip = address.read(text, context)
    return ip === undefined ? undefined : { is: 'given', ip }
  },
}

export const LINE_FAULTS: Readonly<Record<string, FaultKind>> = {
  'hub.wan': lineKind({
    does: 'the hub has no WAN coverage',
    first: oneOf('down'),
    options: {},
    beginOnLine:
      () =>
      ({ wanOutage }) =>
        wanOutage?.add(),
  }),
  'sim.state': lineKind({
    does: 'the operator has suspended the SIM: it is let on no access point',
    first: oneOf('suspended'),
    options: {},
    beginOnLine:
      () =>
      ({ imsi }, sims) => {
        sims.handle('sim.suspend', { imsi })
        return () => void sims.handle('sim.resume', { imsi })
      },
  }),
  'sim.address': lineKind({
    does: 'its static address, on the access point after unless said: another SIM is on it; or the network gives IP in its place',
    first: takenOrGiven,
    options: { on: apn },
    begin:
      (fault, { on }, { apns: [, after] }) =>
      ({ link: { network } }) => {
        network.setAddress(on ?? after, fault)
        return () => network.setAddress(on ?? after, undefined)
      },
  }),
  'sim.file': lineKind({
    does: 'in the file that the SMSO gets of this SIM, the IMSI or the address is another',
    first: oneOf('imsi', 'ip'),
    options: {},
    begin: wrong => (installation, sims) => sims.misprint(installation.record.sim.imsi, wrong),
  }),
  'hub.alerts': lineKind({
    does: 'something fails and goes on failing: the hub raises an alert each SPAN, and holds none of them back',
    first: anySpan,
    options: {},
    begin: everyUs => installation => {
      const { kernel, record, works } = installation
      const text = 'failure to deliver remote party message to ESME'
      let stopped = false
      const raise = () => {
        if (stopped) return
        if (works.isUp('hub')) installation.hub.alerts.flood('8F84', text, record.devices.esme.deviceId)
        kernel.after(everyUs, 'hub alerts', raise)
      }
      raise()
      return () => {
        stopped = true
      }
    },
  }),
}
