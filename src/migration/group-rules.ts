/** The rules between the parts of a Group file: every name it uses is one it gives, and each is given once. */
import { didYouMean, type FileProblem } from '../base/errors.ts'
import type { problemAt } from '../profiles/located-yaml.ts'
import { PARTS } from './firmware-demand.ts'
import type { Group, Step } from './group.ts'

/** `at`: a problem at a pointer of the Group, located in the file that states it. */
export function groupProblems(
  group: Group,
  at: (pointer: string, detail: Parameters<typeof problemAt>[2]) => FileProblem,
): FileProblem[] {
  const problems: FileProblem[] = []
  const report = (pointer: string, code: string, message: string, hint?: string) =>
    problems.push(at(pointer, { code, message, hint }))
  const plans = Object.keys(group.plans)
  const checkPlan = (pointer: string, plan: string) => {
    if (plans.includes(plan)) return
    const near = didYouMean(plan, plans)
    report(
      pointer,
      'group.plan',
      `expected one of the plans ${plans.join(', ')}, found "${plan}"`,
      near && `did you mean "${near}"?`,
    )
  }
  const checkOnce = (what: string, ids: readonly (readonly [pointer: string, id: string])[]) => {
    const seen = new Map<string, string>()
    for (const [pointer, id] of ids) {
      const first = seen.get(id)
      if (first === undefined) seen.set(id, pointer)
      else report(pointer, 'group.id', `expected ${what} of its own, found "${id}", which ${first} has`)
    }
  }

  const { before, after } = group.apns
  if (before === after)
    report('/apns/after', 'group.apns', `expected another access point than before, found "${after}"`)
  for (const [name, { apns }] of Object.entries(group.plans)) {
    for (const [index, found] of apns.entries()) {
      if (found === before || found === after) continue
      report(`/plans/${name}/apns/${index}`, 'group.apns', `expected ${before} or ${after}, found "${found}"`)
    }
  }
  for (const [of, side] of [
    ['migrated', after],
    ['retained', before],
  ] as const) {
    const plan = group.simFiles?.[of].plan
    if (plan === undefined) continue
    const pointer = `/simFiles/${of}/plan`
    checkPlan(pointer, plan)
    const allowed = group.plans[plan]?.apns
    if (allowed && !allowed.includes(side))
      report(pointer, 'group.plan', `expected a plan that allows ${side}, found "${plan}"`)
  }
  const steps = placedSteps(group)
  for (const [pointer, step] of steps) if (step.action === 'set-plan') checkPlan(`${pointer}/plan`, step.plan)
  for (const [index, { plan }] of group.conditions.entries()) {
    if (plan !== undefined) checkPlan(`/conditions/${index}/plan`, plan)
  }
  checkOnce(
    'a step id',
    steps.map(([pointer, { id }]) => [`${pointer}/id`, id]),
  )
  checkOnce(
    'a phase id',
    group.phases.map(({ id }, index) => [`/phases/${index}/id`, id]),
  )
  checkOnce(
    'a condition id',
    group.conditions.map(({ id }, index) => [`/conditions/${index}/id`, id]),
  )
  for (const { pointer, message } of upgradeProblems(group)) report(pointer, 'group.upgrade', message)
  const entries = group.eligibleProductCombinations
  checkOnce(
    'an entry id',
    entries.map(({ id }, index) => [`/eligibleProductCombinations/${index}/id`, id]),
  )
  return problems
}

function upgradeProblems(group: Group): { pointer: string; message: string }[] {
  return group.eligibleProductCombinations.flatMap((entry, index) =>
    PARTS.flatMap(part => {
      const demand = entry[part]
      if (demand?.upgradeTo === undefined || demand.firmware.includes(demand.upgradeTo)) return []
      const { firmware, upgradeTo } = demand
      const pointer = `/eligibleProductCombinations/${index}/${part}/upgradeTo`
      return [{ pointer, message: `expected one of ${firmware.join(', ')}, found "${upgradeTo}"` }]
    }),
  )
}

function placedSteps(group: Group): [pointer: string, step: Step][] {
  const inPhases = group.phases.flatMap(({ steps }, phase) =>
    steps.map((step, index): [string, Step] => [`/phases/${phase}/steps/${index}`, step]),
  )
  const closing = (['migrated', 'retained'] as const).flatMap(side =>
    (group.closing?.[side] ?? []).map((step, index): [string, Step] => [`/closing/${side}/${index}`, step]),
  )
  return [...inPhases, ...closing, ...group.recovery.map((step, index): [string, Step] => [`/recovery/${index}`, step])]
}
