/** MQTT topics of the SM WAN bridge: where a hub, the mobile operator and the parties are reached. */
import type { Apn } from '../ports/wan.ts'

export const downTopic = (apn: Apn, ip: string): string => `wan/${apn}/${ip}/down`
export const upTopic = (apn: Apn, ip: string): string => `wan/${apn}/${ip}/up`
export const sessionTopic = (apn: Apn, ip: string): string => `wan/${apn}/${ip}/session`
/** Short messages to a SIM; `msisdn`: digits only. */
export const smsTopic = (msisdn: string): string => `sms/${msisdn}`
export const cspRequestTopic = (verb: string): string => `csp/request/${verb}`
export const cspResponseTopic = (verb: string): string => `csp/response/${verb}`
/** Files of the operator for a party: IMSI and IP lists. */
export const cspFileTopic = (party: string, name: string): string => `csp/file/${party}/${name}`
/** Alerts of the national network (the S1SP's among them) for suppliers. */
export const dccAlertTopic = (installation: string): string => `dcc/alert/${installation}`

/** `wan/<apn>/<ip>/<leaf>` taken apart; undefined when the topic is another. */
export function parseWanTopic(topic: string): { apn: Apn; ip: string; leaf: string } | undefined {
  const [root, apn, ip, leaf, ...more] = topic.split('/')
  return root === 'wan' && apn && ip && leaf && more.length === 0 ? { apn, ip, leaf } : undefined
}

/** A named port of a real hub, where the hub is. */
export interface RawAddress {
  apn: Apn
  ip: string
  /** As the rig names the port. */
  name: string
}
/** `down`: octets to it; `up`: octets from it; `state`: RawNotice. */
export type RawLeaf = 'down' | 'up' | 'state'

export const RAW_DOWN_FILTER = 'wan/+/+/raw/+/down'
export const rawTopic = ({ apn, ip, name, leaf }: RawAddress & { leaf: RawLeaf }): string =>
  `wan/${apn}/${ip}/raw/${name}/${leaf}`

/** `wan/<apn>/<ip>/raw/<name>/<leaf>` taken apart; undefined when the topic is another. */
export function parseRawTopic(topic: string): (RawAddress & { leaf: string }) | undefined {
  const [root, apn, ip, kind, name, leaf, ...more] = topic.split('/')
  if (root !== 'wan' || kind !== 'raw' || !apn || !ip || !name || !leaf || more.length > 0) return undefined
  return { apn, ip, name, leaf }
}

/** What the state topic of a raw port tells, as JSON. */
export interface RawNotice {
  /** The connection is there, is gone, or messages were refused. */
  state: 'open' | 'closed' | 'refused'
  reason?: string
  /** Refused since the last such notice. */
  messages?: number
  /** Unix milliseconds. */
  atMs: number
}

/** What a session topic holds, as JSON. */
export interface SessionNotice {
  state: 'up' | 'down'
  /** Communications hub, EUI-64. */
  hub: string
  /** Unix milliseconds by the network's clock. */
  atMs: number
  /**
   * Grows with each connection the gateway makes for this address. A broker may deliver the death of one connection
   * after the birth of the next: a notice with a lower epoch than one already seen says nothing new.
   */
  epoch: number
  reason?: string
}

/** One commissioned device, as the S1SP tells the Responsible Supplier. JSON. @source assumed: the codes are not public */
export interface S1spAlert {
  code: 'DEVICE_COMMISSIONED'
  installation: string
  deviceId: string
  deviceType: string
  supplier: string
  dateTimeMs: number
}
