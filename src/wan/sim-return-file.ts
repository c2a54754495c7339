/** One file that came back, row by row: each must agree with what the operator holds of its SIM. @source assumed */
import type { Csv, CsvField } from '../base/csv.ts'
import { didYouMean, type FileProblem } from '../base/errors.ts'
import type { ReturnRules, Sim, SimPlatform } from './sim-platform.ts'

/** Which SIMs a file is about. */
export type ReturnGroup = 'migrated' | 'retained'

/** The columns of every file about SIMs. */
export const SIM_FILE_COLUMNS = ['imsi', 'iccid', 'apn', 'ip'] as const
type Column = (typeof SIM_FILE_COLUMNS)[number]

export interface ReturnFile {
  file: string
  group: ReturnGroup
  /** By IMSI: where its row starts. */
  rows: ReadonlyMap<string, { line: number; column: number }>
  problems: readonly FileProblem[]
  end: { line: number; column: number }
}

interface Holdings {
  sims: SimPlatform
  rules: ReturnRules
}

type Report = (at: { line: number; column: number }, column: Column | '', code: string, says: Says) => void
interface Says {
  expected: string
  found: string
  hint?: string | undefined
}

export function readReturnFile(
  { file, group, csv }: { file: string; group: ReturnGroup; csv: Csv },
  holdings: Holdings,
): ReturnFile {
  const problems = [...csv.problems]
  const report: Report = ({ line, column }, pointer, code, { expected, found, hint }) => {
    const message = `expected ${expected}, found ${found}`
    problems.push({ code, file, line, column, pointer: pointer && `/${pointer}`, message, ...(hint && { hint }) })
  }
  const rows = new Map<string, { line: number; column: number }>()
  const [header, ...records] = csv.records
  const known = checkHeader(header, report)
  for (const record of records) {
    const [first] = record as [CsvField, ...CsvField[]]
    if (record.length !== SIM_FILE_COLUMNS.length) {
      const found = record.length === 1 && first.text === '' ? 'an empty line' : `${record.length}`
      report(first, '', 'csv.columns', { expected: `${SIM_FILE_COLUMNS.length} fields`, found })
    } else if (known) {
      const row = Object.fromEntries(SIM_FILE_COLUMNS.map((name, i) => [name, record[i]])) as Record<Column, CsvField>
      checkRow(row, group, { holdings, rows, report })
    }
  }
  problems.sort((a, b) => a.line - b.line || a.column - b.column)
  return { file, group, rows, problems, end: csv.end }
}

/** Whether the columns are those expected: what stands in others cannot be told. */
function checkHeader(header: readonly CsvField[] | undefined, report: Report): boolean {
  const expected = `the columns ${SIM_FILE_COLUMNS.join(',')}`
  if (!header) {
    report({ line: 1, column: 1 }, '', 'csv.header', { expected, found: 'nothing' })
    return false
  }
  const wrong = header.findIndex(({ text }, index) => text !== SIM_FILE_COLUMNS[index])
  const at = header[wrong]
  if (at) {
    const near = didYouMean(at.text, SIM_FILE_COLUMNS)
    const hint = near && near === SIM_FILE_COLUMNS[wrong] ? `did you mean "${near}"?` : undefined
    report(at, '', 'csv.header', { expected, found: JSON.stringify(at.text), hint })
  } else if (header.length < SIM_FILE_COLUMNS.length) {
    const last = header.at(-1) as CsvField
    report(last, '', 'csv.header', { expected, found: `"${last.text}" as the last` })
  } else return true
  return false
}

function checkRow(
  { imsi, iccid, apn, ip }: Record<Column, CsvField>,
  group: ReturnGroup,
  {
    holdings,
    rows,
    report,
  }: { holdings: Holdings; rows: Map<string, { line: number; column: number }>; report: Report },
): void {
  const { sims, rules } = holdings
  if (!/^[0-9]{15}$/.test(imsi.text)) {
    return report(imsi, 'imsi', 'sim.imsi', { expected: 'an IMSI of 15 digits', found: JSON.stringify(imsi.text) })
  }
  const before = rows.get(imsi.text)
  if (before) {
    const found = `${imsi.text}, which line ${before.line} has`
    return report(imsi, 'imsi', 'sim.duplicate', { expected: 'each IMSI once', found })
  }
  rows.set(imsi.text, { line: imsi.line, column: imsi.column })
  const sim = sims.sim(imsi.text)
  if (!sim) return report(imsi, 'imsi', 'sim.unknown', { expected: 'a SIM of ours', found: imsi.text })
  const stage = checkStanding(sim, group, holdings)
  if (stage) report(imsi, 'imsi', 'sim.standing', stage)
  const tell = (field: CsvField, column: Column, expected: string | undefined, note = '') => {
    if (field.text === expected) return
    const found = `${JSON.stringify(field.text)}${note}`
    report(field, column, `sim.${column}`, { expected: expected ?? 'no address, as the SIM has none', found })
  }
  const side = rules.apns[group === 'migrated' ? 'after' : 'before']
  tell(iccid, 'iccid', sim.iccid)
  tell(apn, 'apn', side)
  const holder = sims.holderOf(side, ip.text)
  tell(ip, 'ip', sim.addresses[side], holder && holder !== sim ? `, the address of ${holder.imsi}` : '')
}

/** What keeps a SIM from being closed off; undefined when nothing does. */
function checkStanding(sim: Sim, group: ReturnGroup, { sims, rules }: Holdings): Says | undefined {
  const { imsi, account, plan, suspended } = sim
  const stage = sims.stageOf(imsi)
  if (stage === 'migrated' || stage === 'retained')
    return { expected: 'a SIM of this batch', found: `one ${stage} before` }
  if (account !== rules.account) return { expected: `a SIM of account ${rules.account}`, found: `one of ${account}` }
  if (stage !== 'data-sent') {
    const expected = 'a SIM whose IMSI and address were sent to the SMSO'
    return { expected, found: `one in stage ${stage}`, hint: 'order file.imsi-ip first' }
  }
  const side = rules.apns[group === 'migrated' ? 'after' : 'before']
  if (!sims.apnsOf(plan)?.includes(side)) return { expected: `a SIM whose plan allows ${side}`, found: `plan ${plan}` }
  if (suspended) return { expected: 'an active SIM', found: 'a suspended one', hint: 'order sim.resume first' }
  return undefined
}
