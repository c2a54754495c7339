/** Makes docs/service-requests.md of what the tests have seen (`service-coverage.ts`). Run by `npm run generate`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { kindOfVariant } from '../../src/wan/messages/requests.ts'
import { NOT_SMETS1, SERVICE_CATALOGUE, type ServiceRow } from '../../src/wan/service-catalogue.ts'

/** What each test file has seen. */
export const COVERAGE_FOLDER = new URL('../service-coverage/', import.meta.url)
/** Made of it. */
export const COVERAGE_DOC = new URL('../../docs/service-requests.md', import.meta.url)

const DEVICES = ['CHF', 'GPF', 'ESME', 'GSME', 'PPMID', 'IHD', 'CAD', 'gone']

interface Seen {
  /** By device. */
  outcomes: Map<string, Set<string>>
  files: Set<string>
}

/** The page as the tests have it. */
export function coverageDoc(): string {
  const seen = read()
  const rows = [...SERVICE_CATALOGUE.values()]
  const done = rows.filter(({ variant }) => seen.get(variant)?.outcomes.size)
  return `# Service requests

Made by \`npm run generate\` from what the tests saw, not by hand: which answers each service request was seen to give, by
device. \`-\`: not for this device, and not tried. Empty: for this device, and not tried. \`gone\`: a device that is not there. What the
codes mean: [wan.md](wan.md#answers). C: critical. ${done.length} of ${rows.length} requests of the catalogue have a test.

| SRV | name | sure | ${DEVICES.join(' | ')} | tests |
|---|---|---|${DEVICES.map(() => '---|').join('')}---|
${rows.map(row => line(row, seen.get(row.variant))).join('\n')}

## Not for SMETS1

${[...NOT_SMETS1].map(([variant, name]) => `- ${variant} ${name}: ${refused(seen.get(variant))}`).join('\n')}
`
}

function line(row: ServiceRow, seen: Seen | undefined): string {
  const cells = DEVICES.map(device => {
    const outcomes = seen?.outcomes.get(device)
    if (outcomes) return [...outcomes].sort().join(' ')
    return device === 'gone' || row.devices.some(one => one === device) ? '' : '-'
  })
  const name = `${row.name}${row.critical ? ' (C)' : ''}${standing(row)}`
  const files = [...(seen?.files ?? [])].sort().join(', ')
  return `| ${[row.variant, name, row.confidence, ...cells, files].join(' | ')} |`
}

/** What stands behind the name. */
function standing({ variant, modes }: ServiceRow): string {
  if (kindOfVariant(variant)) return ''
  return modes.includes('ND') ? ", the DCC's own" : ', not built'
}

function refused(seen: Seen | undefined): string {
  const outcomes = new Set([...(seen?.outcomes.values() ?? [])].flatMap(codes => [...codes]))
  return outcomes.size > 0 ? [...outcomes].sort().join(' ') : 'not tried'
}

function read(): Map<string, Seen> {
  const all = new Map<string, Seen>()
  for (const name of readdirSync(COVERAGE_FOLDER).sort()) {
    for (const text of readFileSync(new URL(name, COVERAGE_FOLDER), 'utf8').split('\n')) {
      const [variant, device, outcome] = text.split(' ')
      if (!variant || !device || !outcome) continue
      const seen = all.get(variant) ?? { outcomes: new Map(), files: new Set() }
      all.set(variant, seen)
      seen.files.add(name.replace(/\.txt$/, ''))
      seen.outcomes.set(device, (seen.outcomes.get(device) ?? new Set()).add(outcome))
    }
  }
  return all
}

if (import.meta.main) writeFileSync(COVERAGE_DOC, coverageDoc())
