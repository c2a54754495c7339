/** report.html as a browser would have to read it; the HTML parser of libxml2 stands in for one. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { type Report, reportHtml } from '../../src/evidence/report.ts'
import { needs } from '../peer/strangers.ts'
import { end, facts, verdict } from '../unit/evidence-samples.ts'

const report = (differing: Partial<Report> = {}): string =>
  reportHtml({ facts: facts(), end: end(), verdicts: [verdict()], traceHash: 'ef'.repeat(32), ...differing })

const hostile = `<script>alert("x")</script> & 'y'`
const harmless = '&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &#39;y&#39;'

/** Everything a file, a device or a person may have named. */
const everywhere = (text: string): string => {
  const file = { name: text, file: text, sha256: text }
  const left = [{ installation: text, part: text, name: text, value: text }]
  const step = { installation: text, step: text, title: text, phase: text, party: text, source: text, expected: text }
  return report({
    facts: facts({
      ...{ rig: file, group: file, profiles: [file, file], seed: text, clock: text, faults: [text], commit: text },
      settings: { [text]: text },
      tool: { name: text, version: text },
    }),
    end: end({ outcome: 'error', reason: text, left }),
    verdicts: [verdict({ ...step, verdict: 'FAIL', observed: text, reason: text, device: text, deviceType: text })],
    traceHash: text,
  })
}

test('markup in names, values and observations is text', () => {
  const page = everywhere(hostile)
  expect(page).not.toContain('<script')
  expect(page).not.toContain('alert("x")')
  expect(page.split(harmless).length).toBeGreaterThan(25)
})

test('an HTML parser finds no script, handler or address to fetch from', context => {
  const xmllint = needs(context, 'xmllint')
  const input = everywhere(`"><img src=x onerror=alert(1)><script src=//x></script>' onload='`)
  const xpath =
    'count(//script | //img | //link | //iframe | //@src | //@onerror | //@onload | //a[not(starts-with(@href, "#"))])'
  const { stdout } = spawnSync(xmllint, ['--html', '--xpath', xpath, '-'], { input, encoding: 'utf8' })
  expect(stdout.trim()).toBe('0')
  expect(input).not.toMatch(/@import|url\(/)
})

test('every tag that opens closes: the page also reads as XML', context => {
  const xmllint = needs(context, 'xmllint')
  const page = everywhere(hostile)
  const input = page.replace('<!doctype html>', '').replaceAll(/<(meta[^>]*|br)>/g, '<$1/>')
  const { stderr, status } = spawnSync(xmllint, ['--noout', '-'], { input, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
})

test('expected stands beside observed, with what was tested and what was left', () => {
  const page = report({
    verdicts: [verdict({ expected: 'response I0', observed: 'response E5', verdict: 'FAIL' })],
    end: end({ left: [{ installation: 'home-1', part: 'esme', name: 'supply', value: 'enabled' }] }),
  })
  expect(page).toContain('<td class="text">response I0</td><td class="text">response E5</td>')
  expect(page).toContain('<td>esme</td><td>supply</td><td>enabled</td>')
  expect(page).toContain('ab'.repeat(32))
  expect(page).toContain('commit unknown')
})

test('a run that was stopped is not green', () => {
  const overall = (page: string) => /<title>cb-dual-fuel: (\w+)<\/title>/.exec(page)?.[1]
  expect(overall(report())).toBe('PASS')
  expect(overall(report({ end: end({ outcome: 'interrupted' }) }))).toBe('BLOCKED')
  expect(overall(report({ verdicts: [] }))).toBe('SKIPPED')
})

test('the picture has a block per step and a lane per party, and links to the rows', () => {
  const verdicts = [
    verdict({ step: 'A', party: 'CSP' }),
    verdict({ step: 'B', party: 'S1SP', deviceType: 'ESME' }),
    verdict({ step: 'B', party: 'S1SP', deviceType: 'GSME', verdict: 'FAIL' }),
  ]
  const page = report({ verdicts })
  const links = [...page.matchAll(/href="#([^"]+)"/g)].map(match => match[1])
  expect(links).toEqual(['i1-1', 'i1-2'])
  for (const id of links) expect(page).toContain(`id="${id}"`)
  expect([...page.matchAll(/class="party"/g)]).toHaveLength(2)
  expect(page).toContain('<rect class="fill-FAIL"')
})

test('steps beyond the width of the page go on in another line, none outside it', () => {
  const verdicts = Array.from({ length: 120 }, (_, i) => verdict({ step: `S${i}`, phase: i < 100 ? 'long' : `p${i}` }))
  const page = report({ verdicts })
  expect([...page.matchAll(/<svg /g)].length).toBeGreaterThan(3)
  const rights = [...page.matchAll(/<rect class="fill-\w+" x="([\d.]+)"[^>]* width="([\d.]+)"/g)].map(
    m => Number(m[1]) + Number(m[2]),
  )
  expect(rights).toHaveLength(120)
  expect(Math.max(...rights)).toBeLessThanOrEqual(1060)
})

test('a large fleet is summed up, with the installations in trouble shown first', () => {
  const fleet = Array.from({ length: 3_000 }, (_, i) => verdict({ installation: `home-${i}` }))
  fleet.push(verdict({ installation: 'home-bad', verdict: 'FAIL' }))
  const page = report({ verdicts: fleet })
  expect(page).toContain('3001 installations')
  expect(page).toContain('The steps of 2000 of 3001 installations follow')
  expect(page.indexOf('<h2>home-bad')).toBeLessThan(page.indexOf('<h2>home-0'))
  expect(page.indexOf('<h2>home-bad')).toBeGreaterThan(0)
})
