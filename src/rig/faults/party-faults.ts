/** Faults of parties and of what lies between them and the homes: data centres, gateways, access points, the broker. */
import { minutes } from '../../base/time.ts'
import type { Party } from '../../ports/rig-control.ts'
import type { FaultEffect, FaultKind } from './fault-kind.ts'
import { anySpan, apn, oneOf, type Read, type Words } from './fault-words.ts'
import { readTimedValue, type TimedValue, timedForm } from './timed-value.ts'

/** Until the alternate data centre serves, unless said otherwise. Assumed. */
const TAKEOVER_US = minutes(5)

interface PartyKind<H, O extends Words> extends TimedValue<H, O>, Pick<FaultKind, 'does' | 'to'> {
  begin: (first: H, options: Read<O>) => FaultEffect['inject']
}

const partyKind = <H, O extends Words>(kind: PartyKind<H, O>): FaultKind => ({
  value: timedForm(kind),
  does: kind.does,
  to: kind.to,
  effect(value, context) {
    const read = readTimedValue(kind, value, context)
    return 'problem' in read ? read : { ...read.timing, inject: kind.begin(read.first, read.options) }
  },
})

const centres = (party: Party, who: string): FaultKind =>
  partyKind({
    does: `one data centre of the ${who} is lost, and the other takes over after a while; or both are lost`,
    to: 'a party',
    first: oneOf('one', 'both'),
    options: { takeover: anySpan },
    begin:
      (which, { takeover = TAKEOVER_US }) =>
      ({ parties }) =>
        parties[party].lose(which, takeover),
  })

export const PARTY_FAULTS: Readonly<Record<string, FaultKind>> = {
  's1sp.centres': centres('s1sp', 'S1SP'),
  'dco.centres': centres('dco', 'DCO'),
  's1sp.gateway': partyKind({
    does: 'the gateway between the S1SP and the SM WAN: the access point works, and nothing passes',
    to: { inside: 'hub' },
    first: oneOf('down'),
    options: {},
    begin:
      () =>
      ({ headEnd }) => {
        headEnd.setGateway('down')
        return () => headEnd.setGateway('up')
      },
  }),
  'smso.list': partyKind({
    does: 'when the batch is closed, the SMSO names this SIM among these, whatever has become of it',
    to: 'a party',
    first: oneOf('migrated', 'retained'),
    options: {},
    begin: group => installation => {
      installation.listedAs = group
      return () => {
        installation.listedAs = undefined
      }
    },
  }),
  'wan.apn': partyKind({
    does: 'this access point of the mobile operator is out of order',
    to: { inside: 'hub' },
    first: apn,
    options: {},
    begin:
      name =>
      ({ link: { network } }) => {
        network.setAccessPoint(name, 'down')
        return () => network.setAccessPoint(name, 'up')
      },
  }),
  'broker.connections': partyKind({
    does: 'the broker, where it is our own, drops every connection, and lets them come again',
    to: 'the broker',
    first: oneOf('lost'),
    options: {},
    begin:
      () =>
      (_, { restartBroker }) => {
        restartBroker?.()
        return () => {}
      },
  }),
}
