/** junit.xml as libxml2 reads it. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { junitXml } from '../../src/evidence/junit.ts'
import { needs } from '../peer/strangers.ts'
import { facts, verdict } from '../unit/evidence-samples.ts'

/** Evaluates an XPath expression that gives a string or a number. */
function read(xmllint: string, xml: string, xpath: string): string {
  const { stdout, stderr, status } = spawnSync(xmllint, ['--xpath', xpath, '-'], { input: xml, encoding: 'utf8' })
  expect(stderr).toBe('')
  expect(status).toBe(0)
  return stdout.replace(/\n$/, '')
}

const everyKind = [
  verdict({ step: 'S1' }),
  verdict({ step: 'S2', verdict: 'FAIL', expected: 'response I0', observed: 'response E5' }),
  verdict({ step: 'S3', verdict: 'BLOCKED', expected: 'response I0', observed: 'nothing', reason: 'broker gone' }),
  verdict({ step: 'S4', verdict: 'SKIPPED', reason: 'credit mode' }),
  verdict({ step: 'S5', verdict: 'TOLERATED', reason: 'KI-7' }),
  verdict({ step: 'S1', installation: 'home-2', device: '00db123400000002', deviceType: 'GSME' }),
]

test('each verdict is a test case of its installation, with its kind of outcome', context => {
  const xmllint = needs(context, 'xmllint')
  const xml = junitXml(everyKind, facts())
  const at = (xpath: string) => read(xmllint, xml, xpath)
  expect(at('count(/testsuites/testsuite)')).toBe('2')
  expect(at('string(/testsuites/@tests)')).toBe('6')
  expect(
    at('concat(//testsuite[1]/@tests, //testsuite[1]/@failures, //testsuite[1]/@errors, //testsuite[1]/@skipped)'),
  ).toBe('5111')
  expect(at('string(//testcase[2]/failure/@message)')).toBe('expected response I0, observed response E5')
  expect(at('string(//testcase[2]/failure)')).toBe('expected: response I0\nobserved: response E5')
  expect(at('string(//testcase[3]/error/@message)')).toBe('broker gone')
  expect(at('string(//testcase[3]/error)')).toContain('reason: broker gone')
  expect(at('string(//testcase[4]/skipped/@message)')).toBe('credit mode')
  expect(at('string(//testcase[5]/properties/property[@name="tolerated"]/@value)')).toBe('KI-7')
  expect(at('count(//testcase[5]/*[not(self::properties)])')).toBe('0')
  expect(at('string(//testsuite[2]/testcase/@name)')).toBe('S1 SIM is active [GSME 00db123400000002]')
  expect(at('string(//testcase[1]/@time)')).toBe('1.500000')
})

test('a run of one step, or none, is well-formed', context => {
  const xmllint = needs(context, 'xmllint')
  expect(read(xmllint, junitXml([verdict()], facts()), 'count(//testcase)')).toBe('1')
  expect(read(xmllint, junitXml([], facts()), 'string(/testsuites/@tests)')).toBe('0')
})

test('hostile text comes back as it was, and what XML forbids is shown', context => {
  const xmllint = needs(context, 'xmllint')
  const nasty = `]]> <script a="b">'&amp;'</script> true`
  const observed = `\u0000\u001b[31m\ud800\uffff\r\n\ttab 😀`
  const xml = junitXml(
    [verdict({ installation: 'true', title: nasty, verdict: 'FAIL', expected: nasty, observed })],
    facts(),
  )
  const at = (xpath: string) => read(xmllint, xml, xpath)
  expect(at('string(//testcase/@name)')).toBe(`CB-030 ${nasty}`)
  expect(at('string(//testcase/failure)')).toBe(`expected: ${nasty}\nobserved: ␀␛[31m\ufffd\ufffd␍\n\ttab 😀`)
  expect(at('string(//testcase/failure/@message)')).toContain('␍␊␉tab')
  expect(at('string(//testsuite/@name)')).toBe('true')
  expect(at('count(//script)')).toBe('0')
})
