/** Who the head-ends of a rig are: the SMSO where its hubs are before a migration, the S1SP where they are after it. */
import { fromHex } from '../base/bytes.ts'
import type { BrokerLogin } from '../ports/broker.ts'
import type { Apn } from '../ports/wan.ts'
import type { Rig } from '../profiles/rig.ts'
import type { HeadEndOptions } from './head-end.ts'

export interface HeadEndFacts {
  rig: Pick<Rig, 'installations' | 'testKeys'>
  apns: { before: Apn; after: Apn }
  login: (role: 'smso' | 's1sp') => BrokerLogin | undefined
}

export function headEndOf({ rig, apns, login }: HeadEndFacts): Pick<HeadEndOptions, 'parties' | 'hubs' | 'dcoKey'> {
  const party = (originator: 'smso' | 's1sp', apn: Apn) => ({
    ...{ originator, apn, key: fromHex(rig.testKeys[originator]), login: login(originator) },
  })
  return {
    ...(rig.testKeys.others?.dco !== undefined && { dcoKey: fromHex(rig.testKeys.others.dco) }),
    parties: [party('smso', apns.before), party('s1sp', apns.after)],
    hubs: rig.installations.map(({ devices: { chf }, sim: { msisdn } }) => {
      const messages = chf.profile.wan.wakeSms
      return { hub: chf.deviceId, ...(messages > 0 && { wake: { msisdn, messages } }) }
    }),
  }
}
