/** zigbee-herdsman's zstack adapter on a ZNP stick of ours. */
import { livesWithAHome } from './dongle-suite.ts'

livesWithAHome('znp')
