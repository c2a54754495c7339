/** Asks one device of a home what it is, through the hub's endpoint, and watches when it is heard. */
import type { Eui64, Micros } from '../../base/ids.ts'
import { minutes, seconds } from '../../base/time.ts'
import type { Hub } from '../../devices/hub/hub.ts'
import type { DiscoveredEndpoint } from '../../ports/han.ts'
import { type AttributeName, type ClusterName, clusterSpec } from '../../zcl/clusters.ts'
import type { ReadOutcome } from '../../zcl/endpoint-types.ts'
import type { Failure, Peer } from '../../zcl/transactions.ts'
import type { Rig } from '../rig.ts'

/** Longer than any single question takes to be answered or given up. */
const OUTCOME_WITHIN_US = minutes(10)
/** A device may still be busy with its keys when it is first asked, one device of a home after the other. */
const TRY_FOR_US = minutes(5)
const TRY_AGAIN_US = seconds(3)
/** Wake-ups in which a sleeper is asked the same. */
const WAKES = 5
/** For an answer to a question that the device has. */
const ANSWER_WITHIN_US = seconds(10)
/** Where a device keeps its clusters that does not say so: one that sleeps is not asked for its endpoints. @source assumed */
const USUAL_ENDPOINT = 1

export interface InterviewerOptions {
  rig: Rig
  installation: string
  device: Eui64
  /** It listens only when it wakes up by itself. */
  sleeps: boolean
  /** Longest wait for it to be heard. */
  heardWithinUs: Micros
}

type Asked<T extends { ok: true }> = T | Failure | { ok: false; reason: 'not heard' }
type Values<C extends ClusterName, A extends AttributeName<C>> = Extract<ReadOutcome<C, A>, { ok: true }>['values']

export class Interviewer {
  private readonly options: InterviewerOptions
  private readonly hub: Hub
  /** It was asked for long, in vain: nothing is asked for long any more. */
  private givenUp = false
  private endpoints: readonly DiscoveredEndpoint[] = []

  constructor(options: InterviewerOptions) {
    const { rig, installation } = options
    this.options = options
    this.hub = rig.installation(installation).hub
  }

  /** Whether the device is on the network and was heard within the time there is. */
  async appears(): Promise<boolean> {
    const { rig, installation, device, heardWithinUs } = this.options
    const entry = () => this.hub.deviceLog.list().find(({ deviceId }) => deviceId === device)
    const there = () => entry()?.joined === true && entry()?.lastCommunicationMs !== undefined
    return rig.waitFor(installation, there, heardWithinUs)
  }

  /** Asks for its endpoints. Whether it told any, which it does only while it is awake. */
  async discover(): Promise<boolean> {
    const found = await this.outcome<DiscoveredEndpoint[]>(done => this.hub.find(clusterSpec('Basic').id, done))
    this.endpoints = found?.filter(({ device }) => device === this.options.device) ?? []
    return this.endpoints.length > 0
  }

  /** Whether the device serves a cluster, as far as it told. */
  serves(cluster: ClusterName): boolean {
    return this.endpoints.length === 0 || this.endpointOf(cluster) !== undefined
  }

  /** Reads attributes, in as many questions as it takes. Those without a value are not supported; text: nothing was answered. */
  async read<C extends ClusterName, A extends AttributeName<C>>(
    cluster: C,
    names: readonly A[],
  ): Promise<Values<C, A> | string> {
    const values: Values<C, A> = {}
    for (let left = names; left.length > 0; ) {
      const asked = left
      const outcome = await this.insist<Extract<ReadOutcome<C, A>, { ok: true }>>(done =>
        this.hub.esi.read(this.peer(cluster), cluster, asked, done, { timeoutUs: ANSWER_WITHIN_US }),
      )
      if (!outcome.ok) return why(outcome)
      Object.assign(values, outcome.values)
      left = outcome.unanswered.length < asked.length ? outcome.unanswered : []
    }
    return values
  }

  /** Period of its interval data, as Metering codes it; text: nothing was answered. */
  async profilePeriod(): Promise<number | string> {
    const question = { intervalChannel: 0, endTime: 0, numberOfPeriods: 1 }
    type Answer = { ok: true; response: { payload: { profileIntervalPeriod: number } } }
    const outcome = await this.insist<Answer>(done =>
      this.hub.esi.request(this.peer('Metering'), 'Metering', 'GetProfile', question, done, {
        timeoutUs: ANSWER_WITHIN_US,
      }),
    )
    return outcome.ok ? outcome.response.payload.profileIntervalPeriod : why(outcome)
  }

  /** From when it has a question to when its answer is here; undefined when there is none. */
  async responseDelayUs(): Promise<Micros | undefined> {
    const { rig, installation } = this.options
    let deliveredUs: Micros | undefined
    let answeredUs: Micros | undefined
    const onDelivered = () => {
      deliveredUs = rig.nowUs(installation)
    }
    const outcome = await this.insist<{ ok: true }>(done =>
      this.hub.esi.read(
        this.peer('Basic'),
        'Basic',
        ['ZCLVersion'],
        answer => {
          answeredUs = rig.nowUs(installation)
          done(answer)
        },
        { onDelivered, timeoutUs: ANSWER_WITHIN_US },
      ),
    )
    if (!outcome.ok || deliveredUs === undefined || answeredUs === undefined) return undefined
    return Math.max(0, answeredUs - deliveredUs)
  }

  /** Moments at which it is heard while so much time passes. */
  async watch(forUs: Micros): Promise<Micros[]> {
    const { rig, installation, device } = this.options
    const { kernel } = rig.installation(installation)
    const moments: Micros[] = []
    let over = false
    const listen = () =>
      this.hub.awaited.whenAwake(
        device,
        forUs,
        () => {
          moments.push(rig.nowUs(installation))
          // Not within the call: it is heard once for each frame.
          if (!over) kernel.after(0, 'capture listens', listen)
        },
        () => {},
      )
    rig.act(installation, 'capture listens', listen)
    await rig.waitFor(installation, () => false, forUs)
    over = true
    return moments
  }

  /** Asks until there is an answer, or the device says that it has none. */
  private async insist<T extends { ok: true }>(ask: (done: (outcome: T | Failure) => void) => void): Promise<Asked<T>> {
    const { rig, installation, sleeps } = this.options
    const untilUs = rig.nowUs(installation) + TRY_FOR_US
    let last: Asked<T> = { ok: false, reason: 'not heard' }
    for (let tries = 1; ; tries++) {
      if (sleeps && !(await this.heard())) break
      last = (await this.outcome(ask)) ?? last
      if (last.ok || last.reason === 'default-response') return last
      if (this.givenUp || (sleeps ? tries >= WAKES : rig.nowUs(installation) >= untilUs)) break
      if (!sleeps) await rig.waitFor(installation, () => false, TRY_AGAIN_US)
    }
    this.givenUp = true
    return last
  }

  /** When it is next heard, which is now while it is awake. */
  private async heard(): Promise<boolean> {
    const { device, heardWithinUs } = this.options
    const heard = await this.outcome<boolean>(done =>
      this.hub.awaited.whenAwake(
        device,
        heardWithinUs,
        () => done(true),
        () => done(false),
      ),
    )
    return heard ?? false
  }

  /** What a question comes to; undefined when that takes too long. */
  private async outcome<T>(ask: (done: (outcome: T) => void) => void): Promise<T | undefined> {
    const { rig, installation, heardWithinUs } = this.options
    let came: { outcome: T } | undefined
    rig.act(installation, 'capture asks', () =>
      ask(outcome => {
        came ??= { outcome }
      }),
    )
    await rig.waitFor(installation, () => came !== undefined, OUTCOME_WITHIN_US + heardWithinUs)
    return came?.outcome
  }

  private peer(cluster: ClusterName): Peer {
    const { device } = this.options
    return { device, endpoint: this.endpointOf(cluster) ?? USUAL_ENDPOINT }
  }

  private endpointOf(cluster: ClusterName): number | undefined {
    const { id } = clusterSpec(cluster)
    return this.endpoints.find(({ inputClusters }) => inputClusters.includes(id))?.endpoint
  }
}

function why(outcome: Failure | { ok: false; reason: 'not heard' }): string {
  return outcome.reason === 'default-response' ? `refused with status 0x${outcome.status.toString(16)}` : outcome.reason
}
