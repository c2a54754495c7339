/** Network (short) addresses with a meaning of their own. @source ZigBee PRO, 3.6.5 broadcast communication */

/** Every node. */
export const BROADCAST_ALL = 0xffff
/** Every node whose receiver stays on. */
export const BROADCAST_RX_ON_WHEN_IDLE = 0xfffd
/** Coordinator and routers. */
export const BROADCAST_ROUTERS = 0xfffc
/** No address is known. */
export const NO_ADDRESS = 0xfffe
/** The coordinator, which in Smart Energy is the trust centre. */
export const COORDINATOR = 0x0000

/** Whether an address stands for many nodes (0xfff8 and above are reserved for that; 0xfffe is none). */
export const isBroadcast = (address: number): boolean => address >= 0xfff8 && address !== NO_ADDRESS

/** Whether an address is one that a node other than the coordinator may have. */
export const isDeviceAddress = (address: number): boolean => address > COORDINATOR && address < 0xfff8
