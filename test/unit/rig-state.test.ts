/** What a rig keeps between lives: whose state it is, what belongs together, messages that may not be lost. */
import { expect, onTestFinished, test } from 'vitest'
import type { Parties } from '../../src/migration/parties.ts'
import type { StepVerdict } from '../../src/ports/verdict.ts'
import { VirtualRunClock } from '../../src/rig/clocks/run-clock.ts'
import { prepare } from '../../src/rig/prepare.ts'
import { runFacts } from '../../src/rig/run-facts.ts'
import { runInputs } from '../../src/rig/run-inputs.ts'
import { type Identity, identityOf } from '../../src/rig/state/identity.ts'
import { KeptRun } from '../../src/rig/state/kept-run.ts'
import { RigState } from '../../src/rig/state/rig-state.ts'
import { DUAL_FUEL, home, temporaryFolder, writeRig } from '../helpers/migration.ts'

const WHO: Identity = { rig: 'one', seed: '1' }
const NOW = '2021-10-11T06:00:00.000Z'

function opened(directory: string, identity = WHO): RigState {
  const state = new RigState(directory, identity, NOW)
  onTestFinished(() => state.close())
  return state
}
const octets = (text: string) => Uint8Array.from(Buffer.from(text))
const message = (topic: string, text: string) => ({ topic, payload: octets(text), retain: false })
const said = ({ topic, payload }: { topic: string; payload: Uint8Array }) => `${topic} ${Buffer.from(payload)}`

test('a state is of one rig, one seed, one Group and the same devices', () => {
  const facts = (rigFile: string, seed = '1') => identityOf('migrate', { rig: prepare({ rigFile }).rig, seed })
  const mine = facts(DUAL_FUEL)
  const directory = temporaryFolder()
  new RigState(directory, mine, NOW).close()
  expect(() => opened(directory, facts(DUAL_FUEL, '2'))).toThrow(
    `--state ${directory}: seed: "2" expected, found "1"; choose another folder`,
  )
  expect(() => opened(directory, facts('rigs/cb-electricity-only.yaml'))).toThrow(
    /: rig: "cb-electricity-only" expected/,
  )
  expect(() => opened(directory, { ...mine, command: 'up' })).toThrow(/: command: "up" expected, found "migrate"/)
  const [one, other] = [60, 61].map(position => facts(writeRig([home('home-1', position)])))
  const another = temporaryFolder()
  new RigState(another, one as Identity, NOW).close()
  expect(() => opened(another, other)).toThrow(/: SIM of home-1: "234100123456181" expected, found "234100123456081"/)
  expect(opened(directory, mine).earlier).toBe(1)
})

test('each life is written down', () => {
  const directory = temporaryFolder()
  new RigState(directory, WHO, NOW).close()
  expect(opened(directory).lives).toEqual([{ startedAt: NOW }, { startedAt: NOW }])
})

test('what belongs together is kept together at the end of the turn, and only what has changed', async () => {
  const state = opened(temporaryFolder())
  let [counter, asked] = [1, 0]
  state.keeper.add(id => {
    asked++
    return { [`home/${id}`]: { counter }, [`same/${id}`]: 'same' }
  })
  const [first, second] = [state.keeper.settled('a'), state.keeper.settled('a', 'b')]
  counter = 2
  expect(state.get('home/a')).toBeUndefined()
  await Promise.all([first, second])
  expect([state.get('home/a'), state.get('home/b'), asked]).toEqual([{ counter: 2 }, { counter: 2 }, 2])
})

test('what was taken and not carried out is there in the next life, in order; what was carried out is not', () => {
  const directory = temporaryFolder()
  const first = new RigState(directory, WHO, NOW)
  const [a, b, c] = [message('wan/x/1/down', 'a'), message('wan/x/1/down', 'b'), message('csp/request/y', 'c')]
  const acts: (() => void)[] = []
  for (const one of [a, b, c]) {
    first.mail.take(one)
    acts.push(first.mail.later(one, 'home-1', () => {}))
    first.mail.done(one)
  }
  acts[1]?.()
  first.keeper.commit()
  first.close()
  const second = opened(directory)
  expect(second.mail.unfinished.map(said)).toEqual(['wan/x/1/down a', 'csp/request/y c'])
})

test('a message whose effect was not committed with it is carried out again', () => {
  const directory = temporaryFolder()
  const copy = new RigState(directory, WHO, NOW)
  const one = message('wan/x/1/down', 'a')
  copy.mail.take(one)
  copy.mail.later(one, 'home-1', () => {})()
  copy.mail.done(one)
  // Killed here: the effect is in memory only, and so is that it has been carried out.
  Reflect.get(copy, 'store').close()
  expect(opened(directory).mail.unfinished.map(said)).toEqual(['wan/x/1/down a'])
})

test('what leaves is kept with what led to it, until it has been delivered', async () => {
  const directory = temporaryFolder()
  const first = new RigState(directory, WHO, NOW)
  let counter = 0
  first.keeper.add(id => ({ [`home/${id}`]: counter }))
  const post = (text: string) => {
    counter++
    return first.mail.post({ installation: 'home-1', topic: 'wan/x/1/up', payload: octets(text) })
  }
  const delivered = await Promise.all([post('a'), post('b'), post('c')])
  expect(first.get('home/home-1')).toBe(3)
  delivered[1]?.()
  first.close()
  const second = opened(directory)
  expect(second.mail.unacknowledged.map(said)).toEqual(['wan/x/1/up a', 'wan/x/1/up c'])
  for (const letter of second.mail.unacknowledged) letter.delivered()
  second.keeper.commit()
  expect(second.get('out/000000000000001')).toBeUndefined()
})

test('what a broker of ours was about to acknowledge is taken once', () => {
  const state = opened(temporaryFolder())
  state.mail.announce('wan/x/1/down', octets('a'))
  state.mail.announce('wan/x/1/down', octets('a'))
  for (const one of [message('wan/x/1/down', 'a'), message('wan/x/1/down', 'a')]) {
    state.mail.take(one)
    state.mail.done(one)
  }
  state.keeper.commit()
  expect([state.get('in/000000000000001'), state.get('in/000000000000002')]).toEqual([undefined, undefined])
})

test('when nothing more can be kept, nothing more leaves', async () => {
  const state = new RigState(temporaryFolder(), WHO, NOW)
  Reflect.get(state, 'store').close()
  await expect(state.mail.post({ installation: 'home-1', topic: 'wan/x/1/up', payload: octets('a') })).rejects.toThrow()
  await expect(state.failure).rejects.toThrow()
  expect(() => state.mail.take(message('wan/x/1/down', 'a'))).toThrow()
})

test('a message is not forgotten before what it led to is kept, whoever commits next', async () => {
  const directory = temporaryFolder()
  const first = new RigState(directory, WHO, NOW)
  const known = { 'home-1': 'before', 'home-2': 'before' }
  first.keeper.add(id => ({ [`home/${id}`]: known[id as keyof typeof known] }))
  first.keeper.commit('home-1', 'home-2')
  const one = message('wan/x/1/down', 'a')
  first.mail.take(one)
  const act = first.mail.later(one, 'home-1', () => {
    known['home-1'] = 'after'
  })
  first.mail.done(one)
  act()
  await first.mail.post({ installation: 'home-2', topic: 'wan/x/2/up', payload: octets('b') })
  // Killed here.
  Reflect.get(first, 'store').close()
  const second = opened(directory)
  expect([second.mail.unfinished, second.get('home/home-1')]).toEqual([[], 'after'])
})

test('what steps found out is there in the next life, with the verdicts', () => {
  const directory = temporaryFolder()
  const prepared = prepare({ rigFile: DUAL_FUEL })
  const facts = runFacts({ prepared, seed: '1', clock: new VirtualRunClock() }, runInputs(prepared))
  const [smsoKey, givenUp] = [new Uint8Array(32).fill(7), new Set<'s1sp'>(['s1sp'])]
  const verdict = { installation: 'home-1', step: 'CB-KEY-ROTATE', verdict: 'PASS' } as StepVerdict
  const first = new KeptRun(directory, { prepared, facts })
  first.keep({ memory: () => ({ number: 3 }) } as unknown as Parties)
  first.conclude(verdict, { addressAfter: '10.60.0.10', smsoKey, givenUp, passFiles: async () => 'ok' })
  first.state.close()
  const second = new KeptRun(directory, { prepared, facts })
  onTestFinished(() => second.state.close())
  expect(second.found('home-1')).toEqual({ addressAfter: '10.60.0.10', smsoKey, givenUp })
  expect(second.concluded('home-1')).toEqual([verdict])
  expect([second.partiesMemory('home-1'), second.ended]).toEqual([{ number: 3 }, undefined])
})
