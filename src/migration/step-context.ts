/** What a step has in hand while it is carried out, and what it comes to. */
import { WireError } from '../base/errors.ts'
import type { Eui64, Micros } from '../base/ids.ts'
import { formatSpan, seconds } from '../base/time.ts'
import type { Party, RigControl } from '../ports/rig-control.ts'
import type { Verdict } from '../ports/verdict.ts'
import type { Apn } from '../ports/wan.ts'
import { type RequestKind, requestOf } from '../wan/messages/requests.ts'
import type { Request, Response } from '../wan/messages/wan-types.generated.ts'
import type { SimStage } from '../wan/sim-platform.ts'
import type { FirmwareImages } from './firmware-images.ts'
import type { DeviceType, EligibleCombination, Group, Parameters } from './group.ts'
import type { HubAddressee, Parties } from './parties.ts'
import type { FileAnswer } from './sim-files.ts'

/** One device as the installation data declare it. */
export interface DeclaredDevice {
  type: DeviceType
  deviceId: Eui64
  manufacturerName: string
  modelId: string
  firmware: string
  /** With its CRC; undefined for CHF and GPF. */
  installCode?: Uint8Array
}

/** One installation as the parties' files declare it: what the steps expect to find. */
export interface DeclaredInstallation {
  id: string
  supplier: string
  imsi: string
  /** Static address on the access point before. */
  addressBefore: string
  devices: readonly DeclaredDevice[]
}

export interface StepContext {
  installation: DeclaredInstallation
  group: Group
  parameters: Parameters
  parties: Parties
  control: RigControl
  /** What the SMSO can bring to devices. */
  images: FirmwareImages
  /** Tells whoever looks on how far a long step is, for people. */
  tell?: (text: string) => void
  /** What earlier steps found out. */
  found: Findings
}

export interface Findings {
  addressAfter?: string
  /** The SIM's plan as the operator last stated it. */
  plan?: string
  combination?: EligibleCombination
  /** How far the operator says that the SIM is. */
  stage?: SimStage
  /** Passes the SMSO's files, once for all; there while the batch is closed. */
  passFiles?: () => Promise<FileAnswer>
  /** Parties that were waited for in vain. */
  givenUp?: Set<Party>
  /** Versions that devices were brought to, by EUI-64. */
  upgraded?: Readonly<Record<Eui64, string>>
  /** PPMIDs that count as IHDs, EUI-64. */
  asIhd?: readonly Eui64[]
  /** The SMSO's key as it was before it was removed. */
  smsoKey?: Uint8Array
}

/** The declared devices, with what was found out about them. */
export function asFound({ installation, found }: Pick<StepContext, 'installation' | 'found'>): DeclaredDevice[] {
  return installation.devices.map(device => ({
    ...device,
    ...(found.asIhd?.includes(device.deviceId) && { type: 'IHD' as const }),
    firmware: found.upgraded?.[device.deviceId] ?? device.firmware,
  }))
}

export interface Outcome {
  verdict: Verdict
  expected: string
  observed: string
  reason?: string
}

export const pass = (expected: string, observed: string): Outcome => ({ verdict: 'PASS', expected, observed })
export const fail = (expected: string, observed: string): Outcome => ({ verdict: 'FAIL', expected, observed })
export const judge = (holds: boolean, expected: string, observed: string): Outcome =>
  holds ? pass(expected, observed) : fail(expected, observed)
export const blocked = (expected: string, reason: string): Outcome => ({
  verdict: 'BLOCKED',
  expected,
  observed: 'nothing',
  reason,
})
export const skipped = (expected: string, reason: string): Outcome => ({
  verdict: 'SKIPPED',
  expected,
  observed: 'nothing',
  reason,
})

export const hubOf = (installation: DeclaredInstallation): DeclaredDevice => deviceOf(installation, 'CHF')
export function deviceOf(installation: DeclaredInstallation, type: DeviceType): DeclaredDevice {
  const device = installation.devices.find(d => d.type === type)
  if (!device) throw new WireError('migration.device', { offset: 0, field: type, message: 'not in this installation' })
  return device
}

/** The hub as a party reaches it on one side of the change of access point. */
export function addressee(context: StepContext, over: 'before' | 'after'): HubAddressee | undefined {
  const { installation, group, found } = context
  const ip = over === 'before' ? installation.addressBefore : found.addressAfter
  if (!ip) return undefined
  return { installation: installation.id, role: over === 'before' ? 'smso' : 's1sp', apn: group.apns[over], ip }
}

export const apnOf = (context: StepContext, over: 'before' | 'after'): Apn => context.group.apns[over]

/** How long an answer from this device may take. */
export function answerWithin(context: StepContext, device: DeclaredDevice): Micros {
  const { parameters } = context
  return seconds(device.type === 'GSME' ? parameters['wan.sleeperAnswerWithinS'] : parameters['wan.answerWithinS'])
}

export type AskOutcome<K extends RequestKind> =
  /** `atMs`: civil time when it came, Unix ms. */
  | { ok: true; result: NonNullable<Response[K]>; atMs: number }
  /** Why there is no result, for people; `silent`: nobody answered. */
  | { ok: false; observed: string; silent?: true }

/** Asks one device for one thing and takes the answer apart. */
export async function ask<K extends RequestKind>(
  context: StepContext,
  over: 'before' | 'after',
  device: DeclaredDevice,
  kind: K,
  parameters: NonNullable<Request[K]>,
): Promise<AskOutcome<K>> {
  const to = addressee(context, over)
  if (!to) return { ok: false, observed: `no address is allocated on ${apnOf(context, over)}` }
  const within = answerWithin(context, device)
  const answer = await context.parties.request(to, device.deviceId, requestOf(kind, parameters), within)
  if (answer.is === 'silent') return { ok: false, observed: silence(to.apn, to.ip, within), silent: true }
  const { response, atMs } = answer
  const result = response[kind]
  if (response.code === 'I0' && result) return { ok: true, result: result as NonNullable<Response[K]>, atMs }
  return { ok: false, observed: `${response.code}${response.detail ? ` ${response.detail}` : ''}` }
}

export const silence = (apn: Apn, ip: string, within: Micros): string =>
  `E20 no answer from ${apn} ${ip} within ${formatSpan(within)}`
