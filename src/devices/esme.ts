/** An electricity meter: registers that only grow, demand, half-hour profile, time, supply state. */
import type { EsmeProfile } from '../profiles/profile.ts'
import type { Surroundings } from './device.ts'
import { type InstalledMeter, Meter } from './meter.ts'
import { METERING_DEVICE, toDemand, UNIT } from './meter-registers.ts'

/** Wh on the register of a new rig's meter: anything up to this. Assumed. */
const GREATEST_START_WH = 20_000_000

/**
 * It counts, and somebody bills: no bit of prepayment, and a contactor to cut the supply with. In credit mode from the factory on:
 * assumed. @source ZigBee Smart Energy, Prepayment: Payment Control Configuration, ContactorFitted
 */
const CREDIT_MODE = 0x0080

export class Esme extends Meter<EsmeProfile> {
  constructor(around: Surroundings, profile: EsmeProfile, installed: InstalledMeter) {
    super(around, profile, {
      ...installed,
      dice: 'load',
      shape: profile.load,
      annual: profile.load.annualKWh * 1_000,
      greatestStart: GREATEST_START_WH,
      unitOfMeasure: UNIT.kWh,
      meteringDeviceType: METERING_DEVICE.electric,
      closesOnCommand: true,
    })
    this.serveMetering({
      // A flat tariff: all of it in the first register, so the registers add up to the total.
      CurrentTier1SummationDelivered: () => this.register(),
      InstantaneousDemand: () => toDemand(this.consumption.ratePerHour(), profile.metering),
    })
    this.endpoint.serve('Prepayment', { attributes: { PaymentControlConfiguration: CREDIT_MODE } })
  }

  /** Wh since the meter was made. */
  get totalWh(): number {
    return Math.floor(this.consumption.total())
  }
}
