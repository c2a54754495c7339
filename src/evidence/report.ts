/** One page about a run for people: nothing to fetch, no scripts, fit to be printed. */
import { formatSpan } from '../base/time.ts'
import type { StepVerdict, Verdict } from '../ports/verdict.ts'
import { Html, type HtmlValue, html } from './html.ts'
import { picture, type ReportStep, stepsOf, VERDICT_SIGNS } from './report-picture.ts'
import { REPORT_STYLE } from './report-style.ts'
import type { InputFile, LeftState, RunEnd, RunFacts } from './run-facts.ts'
import { countVerdicts, overallVerdict, summaryLine } from './summary.ts'

export interface Report {
  facts: RunFacts
  end: RunEnd
  verdicts: readonly StepVerdict[]
  /** Hash of the run, lower-case hex. */
  traceHash: string
}

/** Verdicts shown one by one; of a larger run, the page shows whole installations, those in trouble first, up to here. */
const SHOWN_AT_MOST = 2_000

/** The report as an HTML document. Whatever came from files and devices is escaped. */
export function reportHtml(report: Report): string {
  const { facts, end, verdicts } = report
  const installations = installationsOf(verdicts, end.left)
  const shown = choose(installations)
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${facts.rig.name}: ${verdictOf(report)}</title>
<style>${new Html(REPORT_STYLE)}</style>
</head>
<body>
<header>${badge(verdictOf(report))}<div><h1>${facts.rig.name}</h1>
<p>${summaryLine(verdicts)}</p>
<p class="quiet">${utc(facts.startedAt)} to ${utc(end.endedAt)}; ${formatSpan(end.spanUs)} of simulated time${howItEnded(end)}</p></div></header>
${whatWasTested(report)}
${installations.length > 1 ? overview(installations) : undefined}
${shown.length < installations.length ? omission(shown.length, installations.length) : undefined}
${shown.map((one, i) => installationPart(one, `i${i + 1}-`))}
<footer>Trace hash <code>${report.traceHash}</code>: ${whatRepeatsIt(facts)} the same hash. The same verdicts for machines are in
verdicts.json and junit.xml; every event is in trace.jsonl; manifest.json has the hash of each file.</footer>
</body>
</html>
`
  return page.markup
}

const whatRepeatsIt = ({ clock }: RunFacts): string =>
  clock === 'virtual' ? 'the same files, seed and tool give' : 's1rig replay of this folder gives'

interface Installation {
  id: string
  verdicts: readonly StepVerdict[]
  left: readonly LeftState[]
}

function installationsOf(verdicts: readonly StepVerdict[], left: readonly LeftState[]): Installation[] {
  const byVerdict = Map.groupBy(verdicts, verdict => verdict.installation)
  const byState = Map.groupBy(left, state => state.installation)
  const ids = new Set([...byVerdict.keys(), ...byState.keys()])
  return [...ids].map(id => ({ id, verdicts: byVerdict.get(id) ?? [], left: byState.get(id) ?? [] }))
}

const inTrouble = ({ verdicts }: Installation): boolean =>
  verdicts.some(({ verdict }) => verdict === 'FAIL' || verdict === 'BLOCKED')

function choose(installations: readonly Installation[]): Installation[] {
  const total = installations.reduce((sum, { verdicts }) => sum + verdicts.length, 0)
  if (total <= SHOWN_AT_MOST) return [...installations]
  const [bad, good] = [installations.filter(inTrouble), installations.filter(one => !inTrouble(one))]
  let room = SHOWN_AT_MOST
  return [...bad, ...good].filter((one, i) => {
    room -= one.verdicts.length
    return room >= 0 || i === 0
  })
}

const omission = (shown: number, of: number): Html =>
  html`<p class="note">The steps of ${shown} of ${of} installations follow, those with failed or blocked steps first; verdicts.json has all.</p>`

/** `2021-10-11 06:00:00 UTC` */
const utc = (iso: string): string => iso.replace(/T(.*?)(\.\d+)?Z$/, ' $1 UTC')

/** A run that did not finish is never green. */
const verdictOf = ({ end, verdicts }: Report): Verdict => {
  const verdict = overallVerdict(verdicts)
  return end.outcome === 'finished' || verdict === 'FAIL' ? verdict : 'BLOCKED'
}

const badge = (verdict: Verdict): Html =>
  html`<span class="verdict ${verdict}">${VERDICT_SIGNS[verdict]} ${verdict}</span>`

function howItEnded({ outcome, reason }: RunEnd): string {
  if (outcome === 'finished') return ''
  const what = outcome === 'interrupted' ? 'interrupted' : 'ended by an error'
  return `; ${what}${reason ? `: ${reason}` : ''}`
}

function whatWasTested({ facts }: Report): Html {
  const fact = (name: string, value: HtmlValue) => html`<dt>${name}</dt><dd>${value}</dd>\n`
  return html`<h2>What was tested</h2>
<dl>
${fact('Rig', file(facts.rig))}${facts.group && fact('Group', file(facts.group))}${facts.groupBases && fact('Group extends', separated(facts.groupBases.map(file), html`<br>`))}${fact(
  facts.profiles.length === 1 ? 'Profile' : 'Profiles',
  facts.profiles.length > 0 ? separated(facts.profiles.map(file), html`<br>`) : 'none',
)}${facts.disasters && fact('Disasters', separated(facts.disasters.map(file), html`<br>`))}${fact('Seed', facts.seed)}${fact('Clock', facts.clock)}${fact('Faults', facts.faults.join(', ') || 'none')}${fact(
  'Settings',
  Object.entries(facts.settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ') || 'none',
)}${fact('Tool', `${facts.tool.name} ${facts.tool.version}, ${facts.commit ? `commit ${facts.commit}` : 'commit unknown'}`)}</dl>
`
}

const file = ({ name, file, sha256 }: InputFile): Html =>
  html`${name} <span class="quiet">${file}</span> <code>sha256 ${sha256}</code>`

const separated = (items: readonly Html[], by: Html): Html[] =>
  items.flatMap((item, i) => (i === 0 ? [item] : [by, item]))

function overview(installations: readonly Installation[]): Html {
  const counts = countVerdicts(installations.map(({ verdicts }) => ({ verdict: overallVerdict(verdicts) })))
  const kinds = Object.entries(counts).filter(([, n]) => n > 0)
  return html`<h2>${installations.length} installations</h2>
<table class="counts"><thead><tr><th>Came to</th><th>Installations</th></tr></thead><tbody>
${kinds.map(([verdict, n]) => html`<tr><td><span class="verdict ${verdict}">${verdict}</span></td><td>${n}</td></tr>\n`)}</tbody></table>
`
}

function installationPart({ id, verdicts, left }: Installation, prefix: string): Html {
  const steps = stepsOf(verdicts)
  return html`<section>
<h2>${id} ${verdicts.length > 0 ? badge(overallVerdict(verdicts)) : undefined}</h2>
${steps.length > 0 ? html`${picture(steps, prefix)}${stepTable(steps, prefix)}` : html`<p class="note">No step was carried out.</p>`}
<h3>The condition it was left in</h3>
${left.length > 0 ? leftTable(left) : html`<p class="note">Not recorded.</p>`}
</section>
`
}

const stepTable = (steps: readonly ReportStep[], prefix: string): Html =>
  html`<table class="steps"><thead><tr><th class="c-n">#</th><th class="c-verdict">Verdict</th><th class="c-step">Step</th><th class="c-who">Party, device</th><th>Expected</th><th>Observed</th><th class="c-time">Time</th></tr></thead><tbody>
${steps.map((step, i) => html`${steps[i - 1]?.phase === step.phase ? undefined : html`<tr class="phase-row"><td colspan="7">${step.phase}</td></tr>\n`}${stepRows(step, prefix)}`)}</tbody></table>
`

const stepRows = (step: ReportStep, prefix: string): Html[] =>
  step.verdicts.map((verdict, i) => {
    const id = i === 0 ? html` id="${prefix}${step.number}"` : undefined
    return html`<tr class="${verdict.verdict}"${id}><td class="n">${step.number}</td><td>${badge(verdict.verdict)}</td>
<td><b>${verdict.step}</b> ${verdict.title}<br><span class="quiet">${verdict.source}</span></td>
<td>${verdict.party}${verdict.deviceType && html`<br>${verdict.deviceType}`}${verdict.device && html`<br><code>${verdict.device}</code>`}</td>
<td class="text">${verdict.expected}</td><td class="text">${verdict.observed}${verdict.reason && html`\n<span class="note">${verdict.reason}</span>`}</td>
<td class="time">${formatSpan(verdict.startedUs)}<br>+${formatSpan(verdict.endedUs - verdict.startedUs)}</td></tr>
`
  })

const leftTable = (left: readonly LeftState[]): Html =>
  html`<table class="left"><tbody>
${left.map(({ part, name, value }) => html`<tr><td>${part}</td><td>${name}</td><td>${String(value)}</td></tr>\n`)}</tbody></table>
`
