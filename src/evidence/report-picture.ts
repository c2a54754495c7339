/** The course of one installation's run as a picture: a lane per party, a band per phase, a block per step. */
import { formatSpan } from '../base/time.ts'
import type { StepVerdict } from '../ports/verdict.ts'
import { type Html, html } from './html.ts'
import { overallVerdict } from './summary.ts'

/** A step with its verdicts (one, or one per device). Numbered from 1 in the order of starting. */
export interface ReportStep {
  number: number
  step: string
  title: string
  phase: string
  party: string
  source: string
  verdicts: readonly StepVerdict[]
}

/** Groups one installation's verdicts by step, in the order the steps started. */
export function stepsOf(verdicts: readonly StepVerdict[]): ReportStep[] {
  const inOrder = [...verdicts].sort((a, b) => a.startedUs - b.startedUs)
  const groups = [...Map.groupBy(inOrder, verdict => verdict.step).values()]
  return groups.flatMap((own, i) => {
    const first = own[0]
    if (!first) return []
    const { step, title, phase, party, source } = first
    return [{ number: i + 1, step, title, phase, party, source, verdicts: own }]
  })
}

/** Sign of a verdict, so that the picture reads without colour. */
export const VERDICT_SIGNS = { PASS: '✓', FAIL: '✕', TOLERATED: '≈', BLOCKED: '!', SKIPPED: '–' } as const

/** All lengths in CSS pixels of a page this wide. */
const PAGE = 1060
const NAMES = 150
const SLOT = 34
const LANE = 30
const HEAD = 44
const GAP = 6
/** Width of one character of a band's label, roughly. */
const LETTER = 6.6

interface Band {
  phase: string
  steps: ReportStep[]
  width: number
}

/**
 * One drawing per line of phases that fits the page; time runs to the right, in order rather than to scale (a run has
 * steps of seconds beside silences of days). Blocks link to `#<prefix><number>`.
 */
export function picture(steps: readonly ReportStep[], prefix: string): Html[] {
  const parties = [...new Set(steps.map(step => step.party))]
  return lines(bandsOf(steps)).map(bands => drawing(bands, parties, prefix))
}

/** Runs of steps of one phase; one that would not fit a line is cut in several. */
function bandsOf(steps: readonly ReportStep[]): Band[] {
  const most = Math.floor((PAGE - NAMES - GAP) / SLOT)
  const bands: Band[] = []
  for (const step of steps) {
    const last = bands.at(-1)
    if (last?.phase === step.phase && last.steps.length < most) last.steps.push(step)
    else bands.push({ phase: step.phase, steps: [step], width: 0 })
  }
  for (const band of bands) {
    const label = Math.max(band.phase.length, timesOf(band).length) * LETTER + 12
    band.width = Math.min(PAGE - NAMES - GAP, Math.max(band.steps.length * SLOT, label))
  }
  return bands
}

function lines(bands: readonly Band[]): Band[][] {
  const all: Band[][] = []
  let used = PAGE
  for (const band of bands) {
    if (used + band.width + GAP > PAGE) {
      all.push([])
      used = NAMES
    }
    all.at(-1)?.push(band)
    used += band.width + GAP
  }
  return all
}

function drawing(bands: readonly Band[], parties: readonly string[], prefix: string): Html {
  const height = HEAD + parties.length * LANE
  let x = NAMES
  const placed = bands.map(band => {
    const at = x
    x += band.width + GAP
    return { band, at }
  })
  const blocks = placed.flatMap(({ band, at }) => {
    const slot = band.width / band.steps.length
    return band.steps.map((step, i) => block(step, at + (i + 0.5) * slot, laneOf(parties.indexOf(step.party)), prefix))
  })
  return html`<svg viewBox="0 0 ${PAGE} ${height}" width="${PAGE}" height="${height}" role="img" aria-label="Steps by party">
${placed.map(({ band, at }) => bandHead(band, at, height))}
${parties.map((party, i) => lane(party, laneOf(i), x - GAP))}
${blocks}
</svg>
`
}

const laneOf = (index: number): number => HEAD + index * LANE

const lane = (party: string, y: number, end: number): Html =>
  html`<line class="lane" x1="${NAMES - 8}" x2="${end}" y1="${y + LANE / 2}" y2="${y + LANE / 2}"/><text class="party" x="${NAMES - 16}" y="${y + LANE / 2 + 4}">${shorten(party, NAMES - 16)}</text>`

const bandHead = (band: Band, x: number, height: number): Html =>
  html`<rect class="band" x="${x}" y="0" width="${band.width}" height="${height}" rx="6"/><text class="phase" x="${x + 7}" y="17">${shorten(band.phase, band.width)}</text><text class="times" x="${x + 7}" y="33">${shorten(timesOf(band), band.width)}</text>`

function block(step: ReportStep, middle: number, y: number, prefix: string): Html {
  const verdict = overallVerdict(step.verdicts)
  const sign = verdict === 'PASS' ? '' : VERDICT_SIGNS[verdict]
  return html`<a href="#${prefix}${step.number}"><title>${step.step} ${step.title}: ${verdict}</title><rect class="fill-${verdict}" x="${middle - 14}" y="${y + 4}" width="28" height="${LANE - 8}" rx="4"/><text class="number" x="${middle}" y="${y + LANE / 2 + 4}">${step.number}${sign}</text></a>`
}

/** When the band's steps began, and how long they took together. */
function timesOf(band: Band): string {
  const verdicts = band.steps.flatMap(step => step.verdicts)
  const from = verdicts.reduce((us, { startedUs }) => Math.min(us, startedUs), Number.POSITIVE_INFINITY)
  const to = verdicts.reduce((us, { endedUs }) => Math.max(us, endedUs), 0)
  return `${wholeSeconds(from)} – ${wholeSeconds(to)}`
}

const wholeSeconds = (us: number): string => formatSpan(Math.floor(us / 1_000_000) * 1_000_000)

function shorten(text: string, width: number): string {
  const fits = Math.floor((width - 8) / LETTER)
  return text.length > fits ? `${text.slice(0, Math.max(1, fits - 1))}…` : text
}
