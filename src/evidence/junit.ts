/** Verdicts as JUnit XML, the form CI servers read: a test suite per installation, a test case per verdict. */
import XmlBuilder from 'fast-xml-builder'
import type { StepVerdict } from '../ports/verdict.ts'
import type { RunFacts } from './run-facts.ts'
import { countVerdicts } from './summary.ts'
import { visibleLine, visibleText } from './visible-text.ts'

/**
 * FAIL is a failure, BLOCKED an error, SKIPPED is skipped, TOLERATED passes with a property that names the difference.
 * Times are simulated seconds. Characters XML forbids are replaced visibly.
 * @source the JUnit dialect common to Jenkins and GitLab
 */
export function junitXml(verdicts: readonly StepVerdict[], facts: RunFacts): string {
  const suites = [...Map.groupBy(verdicts, verdict => verdict.installation)].map(([installation, own]) => ({
    '@_name': visibleLine(installation),
    ...totals(own),
    '@_timestamp': facts.startedAt,
    testcase: own.map(testCase),
  }))
  const document = {
    '?xml': { '@_version': '1.0', '@_encoding': 'UTF-8' },
    testsuites: {
      '@_name': visibleLine(`${facts.tool.name} ${facts.rig.name}`),
      ...totals(verdicts),
      testsuite: suites,
    },
  }
  // An attribute that happens to read "true" is still an attribute with a value.
  const builder = new XmlBuilder({ ignoreAttributes: false, format: true, suppressBooleanAttributes: false })
  return builder.build(document)
}

function totals(verdicts: readonly StepVerdict[]) {
  const counts = countVerdicts(verdicts)
  return {
    '@_tests': verdicts.length,
    '@_failures': counts.FAIL,
    '@_errors': counts.BLOCKED,
    '@_skipped': counts.SKIPPED,
    '@_time': seconds(verdicts.reduce((sum, verdict) => sum + verdict.endedUs - verdict.startedUs, 0)),
  }
}

function testCase(verdict: StepVerdict) {
  const { installation, phase, step, title, device, deviceType, startedUs, endedUs } = verdict
  const about = [deviceType, device].filter(Boolean).join(' ')
  return {
    '@_classname': visibleLine(`${installation}.${phase}`),
    '@_name': visibleLine(`${step} ${title}${about ? ` [${about}]` : ''}`),
    '@_time': seconds(endedUs - startedUs),
    properties: { property: properties(verdict) },
    ...outcome(verdict),
  }
}

function properties({ party, source, device, deviceType, verdict, reason }: StepVerdict) {
  const tolerated = verdict === 'TOLERATED' ? (reason ?? 'no reason given') : undefined
  return Object.entries({ party, source, device, deviceType, tolerated }).flatMap(([name, value]) =>
    value === undefined ? [] : [{ '@_name': name, '@_value': visibleLine(value) }],
  )
}

function outcome({ verdict, expected, observed, reason }: StepVerdict) {
  const evidence = visibleText(`expected: ${expected}\nobserved: ${observed}${reason ? `\nreason: ${reason}` : ''}`)
  const message = visibleLine(reason ?? `expected ${expected}, observed ${observed}`)
  switch (verdict) {
    case 'PASS':
    case 'TOLERATED':
      return {}
    case 'FAIL':
      return { failure: { '@_message': message, '@_type': verdict, '#text': evidence } }
    case 'BLOCKED':
      return { error: { '@_message': message, '@_type': verdict, '#text': evidence } }
    case 'SKIPPED':
      return { skipped: { '@_message': message } }
    default:
      return verdict satisfies never
  }
}

const seconds = (us: number): string => (us / 1_000_000).toFixed(6)
