/** What the HanNode contract needs of an implementation, and how its tests watch one. */
import { expect, onTestFinished } from 'vitest'
import { fromHex } from '../../src/base/bytes.ts'
import type { Eui64, Micros } from '../../src/base/ids.ts'
import { milliseconds, seconds } from '../../src/base/time.ts'
import type {
  ApsPayload,
  DeliveryOutcome,
  DiscoveredEndpoint,
  HanCoordinator,
  HanNode,
  JoinFailure,
} from '../../src/ports/han.ts'

/** One HAN to test: a coordinator that has not formed yet, and nodes that have not joined yet, all in reach. */
export interface HanBench {
  coordinator: HanCoordinator
  router(eui64: Eui64): HanNode
  sleeper(eui64: Eui64): HanNode
  /** Lets simulated time pass. */
  run(forUs: Micros): void | Promise<void>
  /** From now on the node neither hears nor is heard, until `hear`. */
  silence(eui64: Eui64): void
  hear(eui64: Eui64): void
  /** Called at the end of the test. */
  close?(): void | Promise<void>
}
export type MakeHanBench = () => HanBench | Promise<HanBench>

/** What an implementation cannot do, and why. The contract states what it does instead. */
export interface HanLimits {
  /** Nobody finds the coordinator's own endpoints. */
  coordinatorUnseen?: string
  /** A poll alone tells the coordinator nothing. */
  pollsUnheard?: string
  /** The coordinator has one frame under way to each node; the others wait for its end. */
  oneAtATime?: string
  /** A removed node talks, and gets what waits for it, until it has obeyed. */
  leavesLate?: string
  /** A frame that expired is confirmed as one that nobody acknowledged. */
  oneFailure?: string
  /** A frame to a node that is deaf at that moment is lost. */
  triedOnce?: string
}

/** Install codes with their CRC, one per length. @source ZigBee Smart Energy 1.1b, 5.4.8.1.1 */
export const installCodes = {
  six: fromHex('83fed3407a932b70'),
  eight: fromHex('83fed3407a939738c552'),
  twelve: fromHex('83fed3407a939723a5c639ff4c12'),
  sixteen: fromHex('83fed3407a939723a5c639b26916d505c3b5'),
} as const

export const ids = {
  hub: '00db1234567800a1',
  esme: '00db1234567800b1',
  ppmid: '00db1234567800b2',
  gsme: '00db1234567800c1',
  stranger: '00db1234567800ff',
} as const

/** Home Automation: every stick carries it. */
export const profileId = 0x0104
export const metering = 0x0702
const network = { panId: 0x1a62, extendedPanId: '00db1234567800aa', channel: 15 }

/** Longest that joining, failing to join, or confirming a frame may take. */
export const patience = seconds(30)

/** Listens to a node and keeps all it hears. */
export class Witness {
  readonly node: HanNode
  readonly data: { from: Eui64; payload: ApsPayload }[] = []
  readonly failures: JoinFailure[] = []
  readonly devicesJoined: Eui64[] = []
  readonly devicesLeft: Eui64[] = []
  readonly heard: Eui64[] = []
  joined = 0
  left = 0

  constructor(node: HanNode) {
    this.node = node
    node.listen({
      onData: (from, payload) => this.data.push({ from, payload: { ...payload, asdu: payload.asdu.slice() } }),
      onJoined: () => {
        this.joined++
      },
      onJoinFailed: reason => this.failures.push(reason),
      onLeft: () => {
        this.left++
      },
      onDeviceJoined: device => this.devicesJoined.push(device),
      onDeviceLeft: device => this.devicesLeft.push(device),
      onHeard: device => this.heard.push(device),
    })
  }

  /** First octet of each frame received, in order. */
  get marks(): (number | undefined)[] {
    return this.data.map(({ payload }) => payload.asdu[0])
  }
  /** How often the listener was called. */
  get calls(): number {
    const lists = [this.data, this.failures, this.devicesJoined, this.devicesLeft, this.heard]
    return lists.reduce((sum, list) => sum + list.length, this.joined + this.left)
  }
}

/** A HAN under test, its witnesses, and the small moves the tests are made of. */
export class House {
  readonly bench: HanBench
  readonly coordinator: HanCoordinator
  readonly hub: Witness

  private constructor(bench: HanBench) {
    onTestFinished(() => bench.close?.())
    this.bench = bench
    this.coordinator = bench.coordinator
    this.hub = new Witness(bench.coordinator)
    serveMetering(bench.coordinator)
  }

  /** A bench whose coordinator has not formed. */
  static async unformed(make: MakeHanBench): Promise<House> {
    return new House(await make())
  }
  /** A bench whose coordinator has formed, nobody listed, window closed. */
  static async formed(make: MakeHanBench): Promise<House> {
    const house = new House(await make())
    house.form()
    await house.until(() => house.coordinator.joined)
    return house
  }

  form(): void {
    this.coordinator.form(network)
  }
  router(eui64: Eui64): Witness {
    return this.watch(this.bench.router(eui64))
  }
  sleeper(eui64: Eui64): Witness {
    return this.watch(this.bench.sleeper(eui64))
  }

  /** A new node, listed, joined through an open window that is closed again. */
  async joined(role: 'router' | 'sleeper', eui64: Eui64): Promise<Witness> {
    const witness = this[role](eui64)
    this.coordinator.authorise(eui64, installCodes.sixteen)
    this.coordinator.permitJoining(seconds(120))
    witness.node.join(installCodes.sixteen)
    await this.until(() => witness.joined > 0 && this.hub.devicesJoined.includes(eui64))
    this.coordinator.permitJoining(0)
    await this.run(seconds(2))
    return witness
  }

  run(forUs: Micros): void | Promise<void> {
    return this.bench.run(forUs)
  }
  /** Lets time pass until the fact holds; fails when it does not within `patience`. */
  async until(fact: () => boolean): Promise<void> {
    for (let passed = 0; passed < patience && !fact(); passed += milliseconds(50)) await this.run(milliseconds(50))
    expect(fact(), `not within ${patience / 1_000_000} s: ${fact}`).toBe(true)
  }

  /** Sends a frame that starts with `mark` and returns where its confirmations will stand; none may come inside the call. */
  send(from: HanNode, to: Eui64, mark: number): DeliveryOutcome[] {
    const outcomes: DeliveryOutcome[] = []
    from.send(to, frame(mark), outcome => outcomes.push(outcome))
    expect(outcomes, 'confirmed inside the call').toEqual([])
    return outcomes
  }
  /** Sends a frame and waits for its outcome. */
  async outcome(from: HanNode, to: Eui64, mark = 1): Promise<DeliveryOutcome | undefined> {
    const outcomes = this.send(from, to, mark)
    await this.until(() => outcomes.length > 0)
    return outcomes[0]
  }
  /** Polls and waits for the answer. */
  async poll(sleeper: HanNode): Promise<boolean | undefined> {
    const answers: boolean[] = []
    sleeper.poll(received => answers.push(received))
    expect(answers, 'answered inside the call').toEqual([])
    await this.until(() => answers.length > 0)
    return answers[0]
  }
  /** Asks who serves the cluster, and waits for the answer. A sleeper that asks polls for its answers. */
  async discover(asker: HanNode, clusterId = metering): Promise<DiscoveredEndpoint[]> {
    const answers: DiscoveredEndpoint[][] = []
    asker.discover({ profileId, clusterId }, found => answers.push(found))
    expect(answers, 'answered inside the call').toEqual([])
    await this.until(() => {
      if (asker.role === 'sleepy-end-device') asker.poll()
      return answers.length > 0
    })
    await this.run(seconds(5))
    expect(answers, 'answered more than once').toHaveLength(1)
    return answers[0] as DiscoveredEndpoint[]
  }

  private watch(node: HanNode): Witness {
    serveMetering(node)
    return new Witness(node)
  }
}

/** A frame of three octets that starts with `mark`. */
export const frame = (mark: number): ApsPayload => ({
  profileId,
  clusterId: metering,
  sourceEndpoint: 1,
  destinationEndpoint: 1,
  security: 'network',
  asdu: Uint8Array.of(mark, 0x00, 0xff),
})

export function serveMetering(node: HanNode, endpoint = 1): void {
  node.addEndpoint({
    endpoint,
    profileId,
    deviceId: 0x0501,
    inputClusters: [0x0000, metering],
    outputClusters: [0x000a],
  })
}
