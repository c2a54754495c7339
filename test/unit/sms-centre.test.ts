/** The operator's short message service: who gets a message, when, and who gets none. */
import { expect, test } from 'vitest'
import { hours, seconds } from '../../src/base/time.ts'
import { Kernel } from '../../src/kernel/kernel.ts'
import type { TraceEvent } from '../../src/ports/trace.ts'
import type { Standing } from '../../src/ports/wan.ts'
import { SmsCentre } from '../../src/wan/sms-centre.ts'

const HUB = '447700900121'

function bench() {
  const kernel = new Kernel({ seed: 'sms', startUnixMs: 1_634_104_800_000 })
  const events: TraceEvent[] = []
  const centre = new SmsCentre({ clock: kernel, timers: kernel, trace: { emit: event => void events.push(event) } })
  const network: { standing: Standing } = { standing: 'welcome' }
  const link = centre.link(HUB, () => network.standing)
  const texts: string[] = []
  link.listen(({ text }) => texts.push(text) > 0)
  const stand = (standing: Standing) => {
    network.standing = standing
    link.ready()
  }
  const submit = (text = 'wake up', to = HUB) => centre.submit({ from: '447700900001', to, text })
  return { submit, stand, texts, events, run: (span: number) => void kernel.runUntil(kernel.nowUs() + span) }
}

test('messages are delivered in their order, each once', () => {
  const { submit, texts, run } = bench()
  expect([submit('one'), submit('two')]).toEqual([undefined, undefined])
  run(seconds(60))
  expect(texts).toEqual(['one', 'two'])
})

test('a number that nobody has, and a text too long for one message, are refused', () => {
  const { submit } = bench()
  expect(submit('wake up', '447700900999')).toBe('no-number')
  expect([submit('x'.repeat(160)), submit('x'.repeat(161))]).toEqual([undefined, 'too-long'])
})

test('what comes while the hub has no coverage waits, and is delivered when it is back', () => {
  const { submit, stand, texts, run } = bench()
  stand('no-coverage')
  submit('one')
  run(hours(23))
  submit('two')
  stand('welcome')
  run(seconds(10))
  expect(texts).toEqual(['one', 'two'])
})

test('a message waits for a day, then it is discarded and traced', () => {
  const { submit, stand, texts, events, run } = bench()
  stand('no-coverage')
  submit('old')
  run(hours(24))
  stand('welcome')
  run(seconds(10))
  expect(texts).toEqual([])
  const detail = `1 short messages to ${HUB} are discarded`
  expect(events).toEqual([{ kind: 'wan.refused', reason: 'sms-expired', detail }])
})

test('a suspended SIM gets none, neither new ones nor those that wait', () => {
  const { submit, stand, texts, events, run } = bench()
  stand('no-coverage')
  submit('waiting')
  stand('denied')
  expect(submit('new')).toBe('barred')
  run(seconds(10))
  stand('welcome')
  run(seconds(10))
  expect(texts).toEqual([])
  expect(events).toMatchObject([{ reason: 'sms-barred' }])
})

test('at most a hundred wait; what has expired makes room', () => {
  const { submit, stand, texts, run } = bench()
  stand('no-coverage')
  for (let i = 0; i < 100; i++) expect(submit()).toBeUndefined()
  expect(submit()).toBe('congestion')
  run(hours(24))
  expect(submit('room again')).toBeUndefined()
  stand('welcome')
  run(hours(1))
  expect(texts).toEqual(['room again'])
})
