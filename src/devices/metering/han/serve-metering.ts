/** What a meter serves of Metering from what it measures and keeps: registers by name, profiles, snapshots and samples. */
import type { SideOptions } from '../../../zcl/endpoint-types.ts'
import { Status } from '../../../zcl/status.ts'
import { answerGetProfile } from '../../meter-registers.ts'
import type { MeterView } from './meter-view.ts'
import { registerAttribute } from './register-attributes.ts'
import { sampledData } from './samples.ts'
import { publishSnapshot } from './snapshots.ts'
import { sinceTenancy } from './tenancy.ts'

type Metering = SideOptions<'Metering', 'server', 'toServer'>

export const meteringServices = (view: MeterView): Required<Pick<Metering, 'others' | 'commands'>> => ({
  others: name => registerAttribute(view, name),
  commands: {
    GetProfile: (question, from, reply) =>
      reply('GetProfileResponse', sinceTenancy(answerGetProfile(question, view), view.notBefore(from))),
    GetSnapshot: (question, from, reply) => {
      const earliestStartTime = Math.max(question.earliestStartTime, view.notBefore(from))
      const found = publishSnapshot(view, { ...question, earliestStartTime })
      if (!found) return Status.NOT_FOUND
      reply('PublishSnapshot', found)
      return
    },
    GetSampledData: (question, from, reply) => {
      const earliestSampleTime = Math.max(question.earliestSampleTime, view.notBefore(from))
      const found = sampledData(view, { ...question, earliestSampleTime })
      if (!found) return Status.NOT_FOUND
      reply('GetSampledDataResponse', found)
      return
    },
  },
})
