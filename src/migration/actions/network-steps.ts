/** Steps about the WAN: reaching the hub, SIM and plan, the change of access point, keys, and who is shut out. */
import { formatSpan, seconds } from '../../base/time.ts'
import { wrapKey } from '../../wan/messages/key-wrap.ts'
import { requestOf } from '../../wan/messages/requests.ts'
import type { CspVerb } from '../../wan/sim-platform.ts'
import type { S1spAlert } from '../../wan/topics.ts'
import type { StepOf } from '../group.ts'
import { hmacKey } from '../keys.ts'
import type { HubAddressee } from '../parties.ts'
import {
  addressee,
  apnOf,
  ask,
  blocked,
  type DeclaredDevice,
  fail,
  hubOf,
  judge,
  type Outcome,
  pass,
  type StepContext,
  silence,
} from '../step-context.ts'

const SMSO = 'smso'
const S1SP = 's1sp'

/** The hub's session is up at its address and it answers there. */
export async function reachHub(context: StepContext, step: StepOf<'reach-hub'>): Promise<Outcome> {
  const to = addressee(context, step.over)
  const expected = `the hub answers at ${apnOf(context, step.over)}${to ? ` ${to.ip}` : ''}`
  if (!to) return fail(expected, `no address is allocated on ${apnOf(context, step.over)}`)
  const within = seconds(context.parameters['wan.sessionWithinS'])
  await context.parties.wake(to)
  if (!(await sessionUp(context, to.apn, to.ip, within))) {
    return fail(expected, `E20 ${sessionState(context, to.apn, to.ip)} after ${formatSpan(within)}`)
  }
  const hub = hubOf(context.installation)
  const answer = await ask(context, step.over, hub, 'readIdentity', {})
  if (!answer.ok) return fail(expected, answer.observed)
  const observed = `answered as ${answer.result.deviceId}`
  return judge(answer.result.deviceId === hub.deviceId, expected, observed)
}

export async function transferSim(context: StepContext, step: StepOf<'transfer-sim'>): Promise<Outcome> {
  return order(
    context,
    'account.transfer',
    { account: step.account },
    `account ${step.account}`,
    sim => `account ${sim.account}`,
  )
}

export async function setPlan(context: StepContext, step: StepOf<'set-plan'>): Promise<Outcome> {
  const allowed = context.group.plans[step.plan]?.apns.join(', ') ?? ''
  return order(
    context,
    'plan.set',
    { plan: step.plan },
    `plan ${step.plan} (${allowed})`,
    sim => `plan ${sim.plan} (${sim.allowedApns.join(', ')})`,
  )
}

export async function allocateAddress(context: StepContext): Promise<Outcome> {
  const { after } = context.group.apns
  const expected = `a static address on ${after}`
  const reply = await csp(context, 'address.allocate', { apn: after })
  const ip = reply?.sim?.addresses[after]
  if (reply?.code !== 'ok' || !ip) return fail(expected, cspFailure(reply))
  context.found.addressAfter = ip
  return pass(expected, `${ip} on ${after}`)
}

export async function sendImsiFile(context: StepContext): Promise<Outcome> {
  const { installation, parties, control, group, parameters } = context
  const expected = `the SMSO has IMSI ${installation.imsi} with the address allocated`
  parties.inbox.expectFile(installation.id, installation.imsi)
  const reply = await csp(context, 'file.imsi-ip', { apn: group.apns.after })
  if (reply?.code !== 'ok') return fail(expected, cspFailure(reply))
  const within = seconds(parameters['wan.answerWithinS'])
  await control.waitFor(installation.id, () => parties.inbox.imsiFile(installation.imsi) !== undefined, within)
  const row = parties.inbox.imsiFile(installation.imsi)?.trim().split(/\r?\n/)[1]
  if (!row) return fail(expected, 'no file arrived')
  const [imsi, , apn, ip] = row.split(',')
  const agrees = imsi === installation.imsi && apn === group.apns.after && ip === context.found.addressAfter
  return judge(agrees, expected, row)
}

export async function switchApn(context: StepContext): Promise<Outcome> {
  return moveHub(context, 'before', 'after')
}

export async function returnApn(context: StepContext): Promise<Outcome> {
  return moveHub(context, 'after', 'before')
}

/** The answer to the order comes over the old access point; the proof is the session on the new one. */
async function moveHub(context: StepContext, from: 'before' | 'after', to: 'before' | 'after'): Promise<Outcome> {
  const target = addressee(context, to)
  const expected = `the hub attaches at ${apnOf(context, to)}${target ? ` ${target.ip}` : ''}`
  if (!target) return fail(expected, `no address is allocated on ${apnOf(context, to)}`)
  const answer = await ask(context, from, hubOf(context.installation), 'setApn', { apn: apnOf(context, to) })
  if (!answer.ok) return fail(expected, answer.observed)
  const within = seconds(context.parameters['wan.switchWithinS'])
  if (await sessionUp(context, target.apn, target.ip, within))
    return pass(expected, `attached at ${target.apn} ${target.ip}`)
  const stray = strayAddress(context)
  if (attachedSide(context) === 'astray') return fail(expected, `attached at ${stray}, an address that no file has`)
  const back = addressee(context, from)
  const observed = `not attached at ${target.apn} after ${formatSpan(within)}; ${
    back ? `at ${back.apn}: ${sessionState(context, back.apn, back.ip)}` : 'no other address'
  }`
  return fail(expected, observed)
}

/** The SMSO hands the S1SP's key to the hub, wrapped under its own. */
export async function giveCredentials(context: StepContext, step: StepOf<'give-credentials'>): Promise<Outcome> {
  const { parties, installation } = context
  const expected = 'the hub holds a key for s1sp'
  const wrappedKey = wrapKey(parties.keyOf(installation.id, SMSO), parties.keyOf(installation.id, S1SP))
  const answer = await ask(context, step.over, hubOf(installation), 'rotateCredentials', {
    originator: S1SP,
    wrappedKey,
  })
  return answer.ok ? pass(expected, 'the hub took it') : fail(expected, answer.observed)
}

/** The answer to its own rotation comes under the new key, which proves that the hub holds it. */
export async function rotateCredentials(context: StepContext, step: StepOf<'rotate-credentials'>): Promise<Outcome> {
  const { parties, installation } = context
  const hub = hubOf(installation)
  const expected = "the hub answers under the S1SP's new key and holds none for the SMSO"
  const oldKey = parties.keyOf(installation.id, S1SP)
  const newKey = hmacKey(oldKey, `${installation.id} rotation 1`)
  const to = addressee(context, step.over)
  if (!to) return blocked(expected, 'no address after the switch is known')
  parties.setKey(installation.id, `${S1SP}-next`, newKey)
  const rotation = requestOf('rotateCredentials', { originator: S1SP, wrappedKey: wrapKey(oldKey, newKey) })
  const within = seconds(context.parameters['wan.answerWithinS'])
  const rotated = await parties.request(to, hub.deviceId, rotation, within)
  if (rotated.is === 'silent') return fail(expected, silence(to.apn, to.ip, within))
  if (rotated.response.code !== 'I0') return fail(expected, `${rotated.response.code} ${rotated.response.detail}`)
  parties.setKey(installation.id, S1SP, newKey)
  context.found.smsoKey = parties.keyOf(installation.id, SMSO)
  const removed = await ask(context, step.over, hub, 'rotateCredentials', { originator: SMSO, remove: {} })
  if (!removed.ok) return fail(expected, `the S1SP's key is renewed; the SMSO's was not removed: ${removed.observed}`)
  return pass(expected, "S1SP's key renewed, SMSO's removed")
}

export async function tellSupplier(
  context: StepContext,
  _step: StepOf<'tell-supplier'>,
  device: DeclaredDevice,
): Promise<Outcome> {
  const { parties, installation, control, parameters } = context
  const expected = `${installation.supplier} has the commissioned alert`
  const alert: S1spAlert = {
    code: 'DEVICE_COMMISSIONED',
    installation: installation.id,
    deviceId: device.deviceId,
    deviceType: device.type,
    supplier: installation.supplier,
    dateTimeMs: control.unixMs(installation.id),
  }
  const told = await parties.tellSupplier(alert, seconds(parameters['wan.answerWithinS']))
  return judge(told, expected, told ? 'received' : 'not received')
}

/** The old address is dead: a sound message of the SMSO's gets no answer there. */
export async function proveNoAnswer(context: StepContext): Promise<Outcome> {
  const { parties, installation, parameters } = context
  const to = addressee(context, 'before')
  const within = seconds(parameters['wan.silenceProvenAfterS'])
  const expected = `no answer at ${apnOf(context, 'before')} ${to?.ip} within ${formatSpan(within)}`
  if (!to) return blocked(expected, 'no address before the switch is known')
  const key = context.found.smsoKey ?? parties.keyOf(installation.id, SMSO)
  const asked = requestOf('readDeviceLog', {})
  // A hub that sleeps is silent anyway.
  await wakeUp(context, SMSO)
  const answer = await parties.requestAs(to, { originator: SMSO, key }, hubOf(installation).deviceId, asked, within)
  if (answer.is === 'answered') return fail(expected, `answered ${answer.response.code}`)
  return pass(expected, `no answer; the address is ${sessionState(context, to.apn, to.ip)}`)
}

/** Even where the hub listens now, it takes nothing under the SMSO's old key; the S1SP's line carries the attempt. */
export async function proveRefused(context: StepContext): Promise<Outcome> {
  const { parties, installation, parameters } = context
  const to = addressee(context, 'after')
  const within = seconds(parameters['wan.silenceProvenAfterS'])
  const expected = `no answer to a message under the SMSO's key within ${formatSpan(within)}`
  const key = context.found.smsoKey
  if (!to || !key) return blocked(expected, "the SMSO's key was not removed by an earlier step")
  const asked = requestOf('readDeviceLog', {})
  await parties.wake(to)
  const answer = await parties.requestAs(to, { originator: SMSO, key }, hubOf(installation).deviceId, asked, within)
  if (answer.is === 'answered') return fail(expected, `answered ${answer.response.code}`)
  return pass(expected, 'refused without an answer')
}

async function order(
  context: StepContext,
  verb: CspVerb,
  details: Record<string, string>,
  expected: string,
  shown: (sim: SimRecordShown) => string,
): Promise<Outcome> {
  const reply = await csp(context, verb, details)
  if (reply?.code !== 'ok' || !reply.sim) return fail(expected, cspFailure(reply))
  const observed = shown(reply.sim)
  return judge(observed === expected, expected, observed)
}

type CspAnswer = Awaited<ReturnType<StepContext['parties']['csp']>>
type SimRecordShown = NonNullable<NonNullable<CspAnswer>['sim']>

async function csp(context: StepContext, verb: CspVerb, details: Record<string, string>): Promise<CspAnswer> {
  const { installation, parties, parameters, found } = context
  const within = seconds(parameters['wan.answerWithinS'])
  const reply = await parties.csp(installation.id, verb, { imsi: installation.imsi, ...details }, within)
  if (reply?.sim) {
    found.plan = reply.sim.plan
    if (reply.sim.stage) found.stage = reply.sim.stage
  }
  return reply
}

const cspFailure = (reply: CspAnswer): string =>
  reply ? `${reply.code}${reply.detail ? ` ${reply.detail}` : ''}` : 'no answer from the operator'

function sessionUp(context: StepContext, apn: string, ip: string, within: number): Promise<boolean> {
  const { control, parties, installation } = context
  return control.waitFor(installation.id, () => parties.inbox.session(apn, ip)?.state === 'up', within)
}

function sessionState(context: StepContext, apn: string, ip: string): string {
  const notice = context.parties.inbox.session(apn, ip)
  if (!notice) return 'no session'
  return notice.state === 'up' ? 'session up' : `session down${notice.reason ? ` (${notice.reason})` : ''}`
}

/** Where the hub is attached as the parties see it. */
export function attachedSide(context: StepContext): 'before' | 'after' | 'astray' | 'none' {
  for (const side of ['after', 'before'] as const) {
    const to = addressee(context, side)
    if (to && context.parties.inbox.session(to.apn, to.ip)?.state === 'up') return side
  }
  return strayAddress(context) === undefined ? 'none' : 'astray'
}

/** A hub that sleeps is woken, wherever it has its session. */
export async function wakeUp(context: StepContext, role: HubAddressee['role']): Promise<void> {
  const sides = (['before', 'after'] as const).flatMap(over => addressee(context, over) ?? [])
  await context.parties.wakeAnywhere({ installation: context.installation.id, role }, sides)
}

/** Where the hub is attached, as the gateway tells, though no file has it there. */
function strayAddress({ parties, installation }: StepContext): string | undefined {
  return parties.inbox.sessionsOf(hubOf(installation).deviceId)[0]
}

/** Asks the operator for the SIM's plan, which is then among the findings. */
export async function askPlan(context: StepContext): Promise<void> {
  delete context.found.plan
  await csp(context, 'sim.query', {})
}
