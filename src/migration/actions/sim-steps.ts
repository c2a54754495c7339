/** Steps about what becomes of SIMs when a batch is closed. */
import type { StepOf } from '../group.ts'
import { FILE_ANSWERS } from '../sim-files.ts'
import { blocked, fail, judge, type Outcome, type StepContext } from '../step-context.ts'
import { askPlan } from './network-steps.ts'

/** Both files are passed for all installations of the run together; each learns how the operator took them. */
export async function passSimFiles(context: StepContext): Promise<Outcome> {
  const { control, installation, found } = context
  const expected = 'the operator takes the files of migrated and of retained SIMs'
  const { passFiles } = found
  if (!passFiles) return blocked(expected, 'the batch is not closed')
  // On a replay they are passed again, for the operator is of the rig; what he answered is in the record.
  const taken = await passFiles()
  const question = { name: 'files of SIMs taken', answers: FILE_ANSWERS, ask: async () => taken }
  const answer = await control.ask(installation.id, question)
  return judge(answer === 'ok', expected, answer === 'ok' ? 'taken' : answer)
}

/** What the operator says that the SIM has become. */
export async function checkSim(context: StepContext, { stage }: StepOf<'check-sim'>): Promise<Outcome> {
  const { group, found } = context
  const plan = group.simFiles?.[stage].plan
  const expected = `${stage}, plan ${plan}`
  await askPlan(context)
  if (found.plan === undefined) return fail(expected, 'no answer from the operator')
  const observed = `${found.stage ?? 'no stage'}, plan ${found.plan}`
  return judge(observed === expected, expected, observed)
}
