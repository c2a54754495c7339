/** Who serves a cluster on a stick's network: one question at a time, for the answers do not say to which they belong. */
import type { Eui64 } from '../../base/ids.ts'
import { seconds } from '../../base/time.ts'
import type { DiscoveredEndpoint, SimpleDescriptor } from '../../ports/han.ts'
import type { Timers } from '../../ports/time.ts'
import type { StickOrder, StickReport } from './stick-messages.ts'

export interface StickDiscoveryOptions {
  timers: Timers
  order: (order: StickOrder) => void
  deviceAt: (address: number, onKnown: (device: Eui64 | undefined) => void) => void
}

interface Question {
  profileId: number
  clusterId: number
  onFound: (found: DiscoveredEndpoint[]) => void
}
interface Place {
  address: number
  endpoint: number
}

/** How long answers are collected, and how long a description may take. @source assumed */
const COLLECTED_US = seconds(2)
const DESCRIBED_US = seconds(12)
/** Endpoints looked at, and questions that wait. */
const MOST_FOUND = 32
const MOST_WAITING = 16

export class StickDiscovery {
  private readonly options: StickDiscoveryOptions
  /** The first is being asked. */
  private readonly questions: Question[] = []
  /** Endpoints that answered the question being asked. */
  private found = new Map<string, Place>()
  /** Descriptions under way, by id. */
  private readonly awaited = new Map<number, (descriptor: SimpleDescriptor | undefined) => void>()
  private nextId = 0

  constructor(options: StickDiscoveryOptions) {
    this.options = options
  }

  /** `onFound` is called once, later. */
  ask(query: { profileId: number; clusterId: number }, onFound: Question['onFound']): void {
    if (this.questions.length >= MOST_WAITING) {
      return void this.options.timers.after(0, 'stick discovery', () => onFound([]))
    }
    this.questions.push({ ...query, onFound })
    if (this.questions.length === 1) this.next()
  }

  report(report: StickReport & { is: 'matched' | 'described' }): void {
    if (report.is === 'described') return this.awaited.get(report.id)?.(report.descriptor)
    const { address, endpoints } = report
    for (const endpoint of endpoints) {
      if (this.found.size < MOST_FOUND) this.found.set(`${address} ${endpoint}`, { address, endpoint })
    }
  }

  /** The stick is away: no description comes any more. */
  end(): void {
    for (const settle of [...this.awaited.values()]) settle(undefined)
  }

  private next(): void {
    const [question] = this.questions
    if (!question) return
    const { profileId, clusterId } = question
    this.found = new Map()
    this.options.order({ do: 'match', profileId, clusterId })
    this.options.timers.after(COLLECTED_US, 'stick discovery', () => this.describe(question, [...this.found.values()]))
  }

  private describe({ clusterId, onFound }: Question, places: readonly Place[]): void {
    const described: DiscoveredEndpoint[] = []
    let left = places.length
    const finish = () => {
      this.questions.shift()
      onFound(described.sort(byDevice))
      this.next()
    }
    const settled = () => {
      if (--left === 0) finish()
    }
    if (left === 0) finish()
    for (const place of places) {
      this.descriptorOf(place, descriptor => {
        if (!descriptor?.inputClusters.includes(clusterId)) return settled()
        this.options.deviceAt(place.address, device => {
          if (device !== undefined) described.push({ device, ...descriptor })
          settled()
        })
      })
    }
  }

  private descriptorOf(place: Place, onAnswer: (descriptor: SimpleDescriptor | undefined) => void): void {
    const id = this.nextId++
    const late = this.options.timers.after(DESCRIBED_US, 'stick description', () => this.awaited.get(id)?.(undefined))
    this.awaited.set(id, descriptor => {
      this.awaited.delete(id)
      late.cancel()
      onAnswer(descriptor)
    })
    this.options.order({ do: 'describe', id, ...place })
  }
}

const byDevice = (a: DiscoveredEndpoint, b: DiscoveredEndpoint): number =>
  a.device === b.device ? a.endpoint - b.endpoint : a.device < b.device ? -1 : 1
