/** zigbee-herdsman over zigbee-on-host, which is coordinator and trust centre itself, on a Spinel stick of ours. */
import { livesWithAHome } from './dongle-suite.ts'

livesWithAHome('spinel')
