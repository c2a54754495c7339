/** 6.15.1, 6.21, 6.23 and 6.24.1: whose credentials a device holds. Of certificates, who it is of and its serial number are told. */
import { X509Certificate } from 'node:crypto'
import { fromHex, toHex } from '../../base/bytes.ts'
import type { Eui64 } from '../../base/ids.ts'
import type { NewSupplier, ReadCredentials, UpdateCredentials } from '../../wan/messages/wan-types.generated.ts'
import { choiceOf, type Fields, refuse, textOf } from '../fields.ts'
import type { XmlElement } from '../xml-reader.ts'

const MOST_ROLES = 8
const MOST_CERTIFICATES = 8

export function updateCredentials(fields: Fields): UpdateCredentials {
  floors(fields)
  const role = fields.choice('RemotePartyRole', ['Supplier', 'NetworkOperator'])
  const party = fields.inside('ReplacementCertificates', replacement =>
    replacement.inside('SupplierOrNetworkOperatorCertificates', partyIn),
  )
  return { role: role === 'Supplier' ? 'SUPPLIER' : 'NETWORK_OPERATOR', ...party }
}

export function requestHandover(fields: Fields): NewSupplier {
  floors(fields)
  fields.choice('RemotePartyRole', ['Supplier'])
  return fields.inside('ReplacementCertificates', partyIn)
}

export function changeSupplier(fields: Fields): NewSupplier {
  fields.unused('SupplierFloorSeqNumber', 'SupplierPrepaymentTopUpFloorSeqNumber', 'ImportMPxN', 'ExportMPAN')
  path(fields)
  return fields.inside('SupplierReplacementCertificates', partyIn)
}

/** All that the device holds is read, whichever of them are asked for. */
export function readCredentials(fields: Fields): ReadCredentials {
  const roles = fields.all('RemotePartyRole', MOST_ROLES)
  for (const role of roles) choiceOf(role, ['Supplier', 'NetworkOperator'])
  return {}
}

/** What only a device that counts messages itself has a use for. */
function floors(fields: Fields): void {
  fields.unused('RemotePartyFloorSeqNumber', 'RemotePartyPrepaymentTopUpFloorSeqNumber')
  path(fields)
}

/** The way to the root is not followed: nothing here trusts anybody by it. */
function path(fields: Fields): void {
  fields.unused('ApplyTimeBasedCPVChecks')
  fields.insideOptional('CertificationPathCertificates', inside => void inside.all('Certificate', MOST_CERTIFICATES))
}

function partyIn(certificates: Fields): { entityId: Eui64; certificate: Uint8Array } {
  certificates.unused('KeyAgreementCertificate', 'KeyAgreementTopUpCertificate')
  const element = certificates.required('DigitalSigningCertificate')
  const certificate = read(element)
  const entityId = ownerOf(certificate)
  if (entityId === undefined) refuse(element, 'a certificate of an organisation, by its EUI-64', 'another')
  const serial = certificate.serialNumber.replace(/^0+(?=..)/, '')
  return { entityId, certificate: fromHex(`${serial.length % 2 === 1 ? '0' : ''}${serial}`.toLowerCase()) }
}

function read(element: XmlElement): X509Certificate {
  const text = textOf(element).replace(/\s+/g, '')
  try {
    return new X509Certificate(Buffer.from(text, 'base64'))
  } catch {
    return refuse(element, 'an X.509 certificate in base64', text.slice(0, 40))
  }
}

/** Subject's unique identifier, a bit string of 8 octets. @source SMKI, organisation certificates; X.520, 2.5.4.45 */
const UNIQUE_IDENTIFIER = fromHex('060355042d030900')

function ownerOf({ raw }: X509Certificate): Eui64 | undefined {
  const at = raw.lastIndexOf(UNIQUE_IDENTIFIER)
  const end = at + UNIQUE_IDENTIFIER.length
  return at < 0 || raw.length < end + 8 ? undefined : toHex(raw.subarray(end, end + 8))
}
