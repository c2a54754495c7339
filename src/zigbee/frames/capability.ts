/** What a node says of itself when it rejoins and announces itself: the octet it also associates with. */
export {
  type CapabilityInformation as Capability,
  capabilityInformation as capability,
} from '../../radio/mac-commands.ts'
