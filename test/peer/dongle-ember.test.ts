/** zigbee-herdsman's ember adapter on an EZSP stick of ours. */
import { livesWithAHome } from './dongle-suite.ts'

livesWithAHome('ezsp')
