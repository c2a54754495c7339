/** Which file tests which orders: the variants of each theme, a file for each. Together with the readings they are the catalogue. */
export const ORDERS = {
  tariff: ['1.1.1', '1.2.1', '1.7'],
  account: ['1.5', '1.6', '2.1', '2.2', '2.3', '2.5'],
  messages: ['3.1', '3.2', '3.3', '3.4', '3.5', '6.20.1', '6.20.2', '9.1'],
  configuration: ['6.4.1', '6.4.2', '6.5', '6.6', '6.7', '6.8', '6.12', '6.22', '6.26', '6.27'],
  supply: ['6.25', '7.1', '7.2', '7.3'],
  credentials: ['6.15.1', '6.21', '6.23', 'S1RIG.ROTATE_CREDENTIALS'],
  joining: ['8.7.1', '8.7.2', '8.8.1', '8.8.2', '8.11', 'S1RIG.SET_APN'],
  clock: ['6.11', '8.1.1'],
  firmware: ['11.1', '11.3', 'S1RIG.READ_DISTRIBUTION', 'S1RIG.DISCARD_FIRMWARE'],
} as const satisfies Record<string, readonly string[]>
