/**
 * The door of a rig for users: a service request comes in as DUIS XML, is refused or acknowledged, carried out by a head-end
 * over the SM WAN, and answered. What is not waited for goes into the box of messages.
 */
import type { Eui64 } from '../base/ids.ts'
import type { Alert, Response } from '../wan/messages/wan-types.generated.ts'
import { SERVICE_CATALOGUE, type ServiceRow, type UserRole, whyNotServed } from '../wan/service-catalogue.ts'
import { acknowledgement, alertDocument, deviceResponse, inventoryResponse, type StepOutcome } from './answer-xml.ts'
import { Diary, NEVER_MS } from './diary.ts'
import { isMapped, type Plan, planOf, type Step } from './equivalent-steps.ts'
import { Fields } from './fields.ts'
import type { Asked, HeadEnd } from './head-end.ts'
import type { Inventory } from './inventory.ts'
import type { MessageBox } from './message-box.ts'
import { DuisProblem } from './problem.ts'
import { readServiceRequest, type ServiceRequest } from './service-request.ts'
import type { XmlElement } from './xml-reader.ts'

export interface DoorOptions {
  headEnd: Pick<HeadEnd, 'ask' | 'isBusy'>
  inventory: Inventory
  box: MessageBox
  /** Who may ask, and as what; absent: everybody, anything. */
  users?: ReadonlyMap<Eui64, readonly UserRole[]> | undefined
  /** How long a hub may take to answer, ms. */
  withinMs: number
  /** Unix ms. */
  now: () => number
}

/** What a user is told at once. `busy`: to come again. */
export type Told = { is: 'document'; document: string } | { is: 'busy' }

/** Requests remembered, so that one that comes again is not carried out again. */
const MOST_REMEMBERED = 1_000
/** Parts of one request. @source an image of 10,240,000 octets is 667 pieces, 13 months of half-hours are 20 answers */
const MOST_PARTS = 1_000
const ND = 8
const TO_DEVICE = 1

export class Door {
  private readonly options: DoorOptions
  /** What each request said, by its RequestID. */
  private readonly taken = new Map<string, string>()
  private readonly diary: Diary

  constructor(options: DoorOptions) {
    this.options = options
    this.diary = new Diary(options.now)
  }

  /**
   * Takes a document. `digest` tells it from any other. The answer is waited for at most `waitMs`; 0: it goes into the box.
   * @throws DuisProblem for a document that cannot be taken
   */
  async take(root: XmlElement, digest: string, waitMs: number): Promise<Told> {
    const { box, now, headEnd } = this.options
    const request = readServiceRequest(root)
    const { requestId } = request
    const told = (code: string, reason?: string): Told => ({
      is: 'document',
      document: acknowledgement(requestId, code, now(), reason),
    })
    const refusal = this.refusalOf(request)
    if (refusal) return told(refusal.code, refusal.detail)
    if (request.variant === '8.2') return { is: 'document', document: this.readInventory(request) }
    const plan = planOf(request, { inventory: this.options.inventory, nowMs: now() }) ?? { steps: [] }
    const before = this.taken.get(requestId.text)
    if (before === digest) return told('I99')
    if (before !== undefined) {
      throw new DuisProblem('duis.value', root.place, 'a RequestID of its own', `${requestId.text} again`)
    }
    if (headEnd.isBusy) return { is: 'busy' }
    const key = `${request.variant} ${requestId.target}`
    if (plan.atMs !== undefined && plan.atMs >= NEVER_MS) {
      return told('I0', this.diary.cancel(key) ? 'what was held is cancelled' : 'nothing was held')
    }
    const { promise, resolve } = Promise.withResolvers<string>()
    const act = () => void this.carryOut(request, plan.steps).then(resolve)
    if (plan.atMs === undefined) act()
    else if (!this.diary.hold(key, plan.atMs, act)) return { is: 'busy' }
    this.remember(requestId.text, digest)
    const worthIt = waitMs > 0 && (plan.atMs ?? 0) < now() + waitMs
    const inTime = worthIt ? await Promise.race([promise, after(waitMs)]) : undefined
    if (inTime !== undefined) return { is: 'document', document: inTime }
    promise.then(document => box.put(document))
    return told('I99')
  }

  close(): void {
    this.diary.close()
  }

  /** What a hub reports unasked. */
  alert(hub: Eui64, alert: Alert): void {
    this.options.box.put(alertDocument(hub, alert))
  }

  private refusalOf({ requestId, variant, commandVariant }: ServiceRequest): StepOutcome | undefined {
    const { inventory, users } = this.options
    const row = SERVICE_CATALOGUE.get(variant)
    const roles = users?.get(requestId.originator)
    if (users && !roles) return { code: 'E1', detail: 'no user of this door' }
    if (!row) return { code: 'E11', detail: whyNotServed(variant) ?? variant }
    if (roles && !roles.some(role => row.roles.includes(role))) {
      return { code: 'E2', detail: `${variant} is for ${row.roles.join(', ')}` }
    }
    const why = whyNotHere(row)
    if (why !== undefined) return { code: 'E11', detail: why }
    const expected = row.modes.includes('ND') ? ND : TO_DEVICE
    if (commandVariant !== expected) return { code: 'E12', detail: `command variant ${expected} expected` }
    if (expected === TO_DEVICE && !inventory.has(requestId.target)) {
      return { code: 'E19', detail: `no device ${requestId.target} here` }
    }
    return undefined
  }

  private async carryOut(request: ServiceRequest, steps: Plan['steps']): Promise<string> {
    const outcomes: StepOutcome[] = []
    let last: Response | undefined
    for (const step of steps) {
      const { outcome, response } = await this.carryOutStep(step)
      outcomes.push(outcome)
      last = last && response ? joined(last, response) : response
      if (outcome.code !== 'I0') break
    }
    const failed = outcomes.find(({ code }) => code !== 'I0')
    const fields = failed ? undefined : resultIn(last)
    return deviceResponse(request, {
      code: failed ? outward(failed.code) : 'I0',
      atMs: this.options.now(),
      result: fields && { name: `${request.body.name}Rsp`, fields },
      steps: outcomes,
    })
  }

  /** All parts of an answer, as if they were one. */
  private async carryOutStep(step: Step): Promise<{ outcome: StepOutcome; response?: Response }> {
    let whole: Response | undefined
    let request: Step['request'] | undefined = step.request
    for (let part = 0; request && part < MOST_PARTS; part++) {
      const asked = await this.ask(step, request)
      if (asked.is !== 'answered')
        return { outcome: { code: asked.is === 'silent' ? 'E21' : 'E20', detail: asked.detail } }
      const { code, detail } = asked.response
      if (code !== 'I0') return { outcome: { code, detail } }
      whole = whole ? joined(whole, asked.response) : asked.response
      request = step.further?.(asked.response)
    }
    return { outcome: { code: 'I0', detail: '' }, ...(whole && { response: whole }) }
  }

  private async ask({ device }: Step, request: Step['request']): Promise<Asked> {
    const { headEnd, inventory, withinMs } = this.options
    const hub = inventory.get(device)?.hub ?? device
    return headEnd.ask(hub, device, request, withinMs)
  }

  /** 8.2. */
  private readInventory(request: ServiceRequest): string {
    const { inventory, now } = this.options
    const device = Fields.read(request.body, fields => fields.eui64('DeviceID'))
    const found = inventory.get(device)
    if (!found) return acknowledgement(request.requestId, 'E19', now(), `no device ${device} here`)
    const { alertCodes: _, ...shown } = found
    return inventoryResponse(request, now(), [shown])
  }

  private remember(id: string, digest: string): void {
    this.taken.set(id, digest)
    const [oldest] = this.taken.keys()
    if (this.taken.size > MOST_REMEMBERED && oldest !== undefined) this.taken.delete(oldest)
  }
}

/** Of what the DCC answers by itself, this door knows the inventory. */
function whyNotHere({ variant, name, modes }: ServiceRow): string | undefined {
  if (modes.includes('ND') && !isMapped(variant)) {
    return variant === '8.2' ? undefined : `${variant} ${name}: the DCC's own, of which this door answers 8.2 alone`
  }
  const why = whyNotServed(variant)
  if (why !== undefined) return why
  return isMapped(variant) ? undefined : `${variant} ${name} is not taken at this door yet`
}

/** A refusal of ours has no code in the DUIS: the device was reached, and what it says is in SMETS1Debug. */
const outward = (code: string): string => (code.startsWith('S1RIG_') ? 'I0' : code)

/** The result in a response: what is there besides its envelope. */
function resultIn(response: Response | undefined): object | undefined {
  const { serviceReferenceVariant: _, code: __, detail: ___, ...results } = response ?? { code: '', detail: '' }
  return Object.values(results).find(one => typeof one === 'object')
}

/** Lists of the second after those of the first; everything else as the second has it. Of two kinds, the second. */
function joined(first: Response, second: Response): Response {
  const [a, b] = [resultIn(first), resultIn(second)]
  const kind = Object.entries(second).find(([, value]) => value === b)?.[0]
  if (!a || !b || kind === undefined || !Object.hasOwn(first, kind)) return second
  const before = new Map<string, unknown>(Object.entries(a))
  const lists = Object.entries(b).map(([name, value]) => {
    const earlier = before.get(name)
    return [name, Array.isArray(value) && Array.isArray(earlier) ? [...earlier, ...value] : value]
  })
  return { ...second, [kind]: Object.fromEntries(lists) }
}

const after = (ms: number): Promise<undefined> => new Promise(resolve => setTimeout(resolve, ms, undefined).unref())
