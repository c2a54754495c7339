import { expect, test } from 'vitest'
import { Progress } from '../../src/evidence/progress.ts'
import { verdict } from './evidence-samples.ts'

/** A place to write that keeps what was written. */
function paper(terminal: { isTTY?: boolean; columns?: number } = {}) {
  const written: string[] = []
  return { ...terminal, write: (text: string) => written.push(text), text: () => written.join('') }
}

const start = { installation: 'home-1', step: 'CB-030', title: 'SIM is active', party: 'CSP', atUs: 1_000_000 }
const ESCAPE = '\x1b'

test('off a terminal each verdict is one plain line in columns', () => {
  const out = paper()
  const progress = new Progress(out, { env: {} })
  progress.note('seed 42')
  progress.stepStarted(start)
  progress.stepEnded(verdict())
  progress.stepEnded(verdict({ verdict: 'TOLERATED', device: '00db123400000002', deviceType: 'GSME', reason: 'KI-7' }))
  progress.stepEnded(verdict({ verdict: 'SKIPPED', step: 'CB-1', reason: 'credit mode' }))
  progress.finish()
  expect(out.text().split('\n')).toEqual([
    'seed 42',
    'PASS       CB-030  CSP    SIM is active  00:00:02.500',
    'TOLERATED  CB-030  CSP  GSME 00db123400000002  SIM is active  00:00:02.500',
    '    because KI-7',
    'SKIPPED    CB-1    CSP                         SIM is active  00:00:02.500',
    '    because credit mode',
    '',
  ])
})

test('failed and blocked steps show what was expected and what was observed', () => {
  const out = paper()
  new Progress(out, { env: {} }).stepEnded(verdict({ verdict: 'FAIL', expected: 'I0', observed: 'E5' }))
  new Progress(out, { env: {} }).stepEnded(verdict({ verdict: 'BLOCKED', expected: 'I0', observed: 'nothing' }))
  expect(out.text()).toContain('\n    expected I0\n    observed E5\n')
  expect(out.text()).toContain('\n    expected I0\n    observed nothing\n')
})

test('with several installations each line says which', () => {
  const out = paper()
  new Progress(out, { installations: ['home-1', 'home-2'], env: {} }).stepEnded(verdict({ installation: 'home-2' }))
  expect(out.text()).toMatch(/^PASS {7}home-2 {2}CB-030 /)
})

test('on a terminal one status line is refreshed under the verdicts and gone at the end', () => {
  const out = paper({ isTTY: true, columns: 80 })
  const progress = new Progress(out, { env: { NO_COLOR: '1' } })
  progress.stepStarted(start)
  progress.stepEnded(verdict())
  progress.stepStarted({ ...start, step: 'CB-040' })
  progress.finish()
  const screen = play(out.text())
  expect(out.text()).toContain('… CB-030  CSP  SIM is active  00:00:01  (0 done)')
  expect(out.text()).toContain('… CB-040  CSP  SIM is active  00:00:01  (1 done)')
  expect(screen).toEqual(['PASS       CB-030  CSP    SIM is active  00:00:02.500', ''])
})

test('a step that ends shows another that is still under way', () => {
  const out = paper({ isTTY: true })
  const progress = new Progress(out, { installations: ['home-1', 'home-2'], env: {} })
  progress.stepStarted({ ...start, installation: 'a', device: 'GSME' })
  progress.stepStarted({ ...start, installation: 'b' })
  expect(play(out.text()).at(-1)).toBe('… b  CB-030  CSP  SIM is active  00:00:01  (0 done, 2 under way)')
  progress.stepEnded(verdict({ installation: 'b' }))
  expect(play(out.text()).at(-1)).toBe('… a  CB-030  CSP  GSME  SIM is active  00:00:01  (1 done)')
  progress.stepEnded(verdict({ installation: 'a', deviceType: 'GSME', device: '00db123400000002' }))
  expect(play(out.text()).at(-1)).toBe('')
})

test('a status line never wraps', () => {
  const out = paper({ isTTY: true, columns: 20 })
  new Progress(out, { env: {} }).stepStarted({ ...start, title: 'a title much longer than the terminal' })
  expect(play(out.text())).toEqual(['… CB-030  CSP  a t…'])
})

test('colours appear on a terminal only, and not with NO_COLOR', () => {
  const written = (isTTY: boolean, env: Record<string, string>) => {
    const out = paper({ isTTY })
    new Progress(out, { env }).stepEnded(verdict())
    return out.text()
  }
  expect(written(true, {})).toContain(`${ESCAPE}[32mPASS`)
  expect(written(true, { NO_COLOR: '' })).toContain(`${ESCAPE}[32mPASS`)
  expect(written(true, { NO_COLOR: '1' })).not.toContain(`${ESCAPE}[32m`)
  expect(written(true, { TERM: 'dumb' })).not.toContain(ESCAPE)
  expect(written(false, {})).not.toContain(ESCAPE)
})

test('what a device says cannot steer the terminal', () => {
  const out = paper()
  const progress = new Progress(out, { env: {} })
  progress.stepEnded(verdict({ verdict: 'FAIL', title: `${ESCAPE}[2J`, observed: 'one\ntwo\r\x07' }))
  progress.note(`${ESCAPE}]0;title\x07`)
  expect(out.text()).not.toContain(ESCAPE)
  expect(out.text()).toContain('␛[2J')
  expect(out.text()).toContain('observed one␊two␍␇')
})

/** What a terminal shows after carriage returns and line erasures. */
function play(text: string): string[] {
  const lines = text.replaceAll(new RegExp(`${ESCAPE}\\[\\d*m`, 'g'), '').split('\n')
  return lines.map(line => line.split('\r\x1b[2K').at(-1) ?? '')
}
