/** Codes of the status octet, by their names in Z-Stack. @source Z-Stack, ZComDef.h, AF.h, bdb.h; Monitor and Test API */
export const STATUS = {
  SUCCESS: 0x00,
  FAILURE: 0x01,
  INVALID_PARAMETER: 0x02,
  NV_ITEM_UNINIT: 0x09,
  NV_OPER_FAILED: 0x0a,
  NV_BAD_ITEM_LEN: 0x0c,
  MEM_ERROR: 0x10,
  BUFFER_FULL: 0x11,
  APS_TABLE_FULL: 0xb2,
  APS_NO_ACK: 0xb7,
  APS_DUPLICATE_ENTRY: 0xb8,
  NWK_INVALID_REQUEST: 0xc2,
  NWK_NO_ROUTE: 0xcd,
  MAC_CHANNEL_ACCESS_FAILURE: 0xe1,
  MAC_NO_ACK: 0xe9,
  MAC_TRANSACTION_EXPIRED: 0xf0,
} as const

/** Why a command was not taken at all. @source Monitor and Test API, 2.1.2 error response */
export const RPC_ERROR = {
  INVALID_SUBSYSTEM: 1,
  INVALID_COMMAND: 2,
  INVALID_PARAMETER: 3,
  INVALID_LENGTH: 4,
} as const

/** States of the device. @source Z-Stack, ZDApp.h, devStates_t */
export const DEVICE_STATE = { HOLD: 0, COORD_STARTING: 8, ZB_COORD: 9 } as const

/** How a known node stands to this one. @source Z-Stack, AssocList.h */
export const RELATION = {
  CHILD_RFD: 1,
  CHILD_RFD_RX_IDLE: 2,
  CHILD_FFD: 3,
  CHILD_FFD_RX_IDLE: 4,
  OTHER: 6,
  NONE: 0xff,
} as const

/** How a destination is given. @source Z-Stack, AF.h, afAddrMode_t */
export const ADDRESS_MODE = { NONE: 0, GROUP: 1, SHORT: 2, EXTENDED: 3, BROADCAST: 0x0f } as const

/** Bit of the options of a data request. @source Z-Stack, AF.h, AF_ACK_REQUEST */
export const ACK_REQUEST = 0x10

/** Answers to a start. @source Monitor and Test API, ZDO_STARTUP_FROM_APP */
export const STARTUP = { RESTORED: 0, NEW: 1, NOT_STARTED: 2 } as const
/** Bit of a commissioning mode. @source Z-Stack, bdb_interface.h */
export const BDB_MODE = { FORMATION: 4 } as const
