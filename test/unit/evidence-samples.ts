/** Made-up runs for the evidence tests. */
import type { RunEnd, RunFacts } from '../../src/evidence/run-facts.ts'
import type { TraceRecord } from '../../src/ports/trace.ts'
import type { StepVerdict } from '../../src/ports/verdict.ts'

export const verdict = (differing: Partial<StepVerdict> = {}): StepVerdict => ({
  installation: 'home-1',
  step: 'CB-030',
  title: 'SIM is active',
  phase: 'preparation',
  party: 'CSP',
  source: 'assumed',
  touchesDevice: false,
  verdict: 'PASS',
  expected: 'active',
  observed: 'active',
  startedUs: 1_000_000,
  endedUs: 2_500_000,
  ...differing,
})

export const facts = (differing: Partial<RunFacts> = {}): RunFacts => ({
  tool: { name: 's1rig', version: '0.1.0' },
  rig: { name: 'cb-dual-fuel', file: 'rigs/cb-dual-fuel.yaml', sha256: 'ab'.repeat(32) },
  profiles: [{ name: 'esme-1p', file: 'firmware-profiles/esme.yaml', sha256: 'cd'.repeat(32) }],
  seed: 42,
  clock: 'virtual',
  faults: [],
  settings: {},
  startedAt: '2021-10-11T06:00:00.000Z',
  ...differing,
})

export const end = (differing: Partial<RunEnd> = {}): RunEnd => ({
  outcome: 'finished',
  endedAt: '2021-10-11T06:00:02.000Z',
  spanUs: 3_000_000,
  left: [],
  ...differing,
})

export const record = (installation: string, atUs: number, text = 'ping'): TraceRecord => ({
  atUs,
  installation,
  part: 'hub',
  event: { kind: 'device.event', code: '0x0001', text },
})
