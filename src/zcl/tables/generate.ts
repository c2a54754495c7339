/**
 * Makes `clusters.generated.ts` from `clusters.source.json` (`npm run generate`).
 * The source keeps the facts in the specification's order and words; the generated table is what the codec runs on.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

interface SourceParam {
  name: string
  zclType: string
  since?: string
  removedIn?: string
  presentIf?: string
  repeats?: boolean
  repeatCount?: string
  fields?: SourceParam[]
}

interface SourceCluster {
  id: string
  name: string
  apsLinkKeyRequired: boolean
  attributes: { id: string; name: string; side: string; zclType: string; access: string }[]
  commands: { id: string; name: string; direction: string; responses?: string[]; params: SourceParam[] }[]
}

/**
 * The text of `clusters.generated.ts` for a source document.
 * @throws Error when a condition or a list in the source cannot be expressed, or an id is there twice.
 */
export function generateTables(source: { clusters: SourceCluster[] }): string {
  const ids = source.clusters.map(({ id }) => id)
  const twice = source.clusters.find(({ id }, at) => ids.indexOf(id) !== at)
  if (twice) throw new Error(`${twice.name}: cluster ${twice.id} is there twice`)
  return [
    '// Made from clusters.source.json by generate.ts (npm run generate). Do not edit.',
    '',
    'export const clusters = {',
    ...source.clusters.flatMap(clusterLines),
    '} as const',
    '',
  ].join('\n')
}

function clusterLines(cluster: SourceCluster): string[] {
  const commands = (direction: string) =>
    cluster.commands
      .filter(command => command.direction === direction)
      .map(command => {
        const params = paramsText(command.params, `${cluster.name}.${command.name}`)
        const responses = `[${(command.responses ?? []).map(quote).join(', ')}]`
        return `      ${command.name}: { id: ${command.id}, params: ${params}, responses: ${responses} },`
      })
  return [
    `  ${cluster.name}: {`,
    `    id: ${cluster.id},`,
    `    security: ${quote(cluster.apsLinkKeyRequired ? 'link' : 'network')},`,
    '    attributes: {',
    ...cluster.attributes.map(
      a =>
        `      ${a.name}: { id: ${a.id}, type: ${quote(a.zclType)}, side: ${quote(a.side)}, writable: ${a.access.includes('w')} },`,
    ),
    '    },',
    '    toServer: {',
    ...commands('clientToServer'),
    '    },',
    '    toClient: {',
    ...commands('serverToClient'),
    '    },',
    '  },',
  ]
}

/** A count field is folded into the list that follows it, so that the two cannot disagree. */
function paramsText(params: SourceParam[], where: string): string {
  const counts = new Map(params.flatMap(p => (p.repeatCount ? [[p.repeatCount, p] as const] : [])))
  const texts = params.flatMap((param, i) => {
    const list = counts.get(param.name)
    if (list) {
      if (params[i + 1] !== list) throw new Error(`${where}: count ${param.name} does not stand before its list`)
      return []
    }
    const count = params.find(p => p.name === param.repeatCount)
    if (param.repeatCount && !count) throw new Error(`${where}: no count field ${param.repeatCount}`)
    return [paramText(param, count, where)]
  })
  return `[${texts.join(', ')}]`
}

function paramText(param: SourceParam, count: SourceParam | undefined, where: string): string {
  const parts = [`name: ${quote(param.name)}`, `type: ${quote(param.zclType)}`]
  if (param.fields) parts.push(`fields: ${paramsText(param.fields, `${where}.${param.name}`)}`)
  if (count) parts.push(`repeat: ${quote(count.zclType)}`)
  else if (param.repeats) parts.push(`repeat: 'rest'`)
  if (param.presentIf) parts.push(`when: ${conditionText(param.presentIf, where)}`)
  if (param.since || param.removedIn) parts.push('optional: true')
  return `{ ${parts.join(', ')} }`
}

const OPERATORS: Record<string, string> = { '&': 'has', '==': 'is', '>=': 'atLeast' }

function conditionText(presentIf: string, where: string): string {
  const match = /^(\w+) (&|==|>=) (\w+)$/.exec(presentIf)
  const operator = OPERATORS[match?.[2] ?? '']
  if (!match || !operator) throw new Error(`${where}: condition "${presentIf}" is not "field &|==|>= number"`)
  return `{ field: ${quote(match[1] ?? '')}, ${operator}: ${Number(match[3])} }`
}

const quote = (text: string): string => `'${text}'`

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = (name: string) => new URL(name, import.meta.url)
  const source = JSON.parse(readFileSync(file('clusters.source.json'), 'utf8'))
  writeFileSync(file('clusters.generated.ts'), generateTables(source))
}
