/** A service request as a user sends it: its header, and the body that the variant names. @source DUIS schema, Request */
import { type Eui64, parseEui64 } from '../base/ids.ts'
import { Fields, refuse, textOf } from './fields.ts'
import { DuisProblem } from './problem.ts'
import type { XmlElement } from './xml-reader.ts'

export const DUIS_NAMESPACE = 'http://www.dccinterface.co.uk/ServiceUserGateway'
const SIGNATURE_NAMESPACE = 'http://www.w3.org/2000/09/xmldsig#'
/** Later versions add elements, which are refused by name where they mean something here. */
const SCHEMA_VERSION = /^[1-5](\.\d{1,2}){0,2}$/

export interface ServiceRequest {
  requestId: RequestId
  commandVariant: number
  serviceReference: string
  variant: string
  schemaVersion: string
  /** The one element of the body. */
  body: XmlElement
}

/** `originator:target:counter`. */
export interface RequestId {
  text: string
  /** Business originator: the user. */
  originator: Eui64
  /** Business target: the device, or the DCC where no device is asked. */
  target: Eui64
  counter: number
}

/** The signature is read over and not checked. @throws DuisProblem */
export function readServiceRequest(root: XmlElement): ServiceRequest {
  if (root.name !== 'Request') refuse(root, 'Request', root.name, 'duis.element')
  checkNamespaces(root)
  const schemaVersion = root.attributes.get('schemaVersion') ?? ''
  if (!SCHEMA_VERSION.test(schemaVersion)) refuse(root, 'schemaVersion 1.0 to 5.x', schemaVersion || 'none')
  return Fields.read(root, request => {
    const header = request.inside('Header', fields => ({
      requestId: requestIdOf(fields.required('RequestID')),
      commandVariant: fields.whole('CommandVariant', 1, 9),
      serviceReference: fields.text('ServiceReference'),
      variant: fields.text('ServiceReferenceVariant'),
    }))
    const bodyElement = request.required('Body')
    const [body, second] = bodyElement.children
    if (!body) return refuse(bodyElement, 'one element', bodyElement.text || 'nothing', 'duis.missing')
    if (second) refuse(second, 'one element', second.name, 'duis.element')
    const signature = request.optional('Signature')
    if (signature && signature.namespace !== SIGNATURE_NAMESPACE) {
      refuse(signature, `a Signature of ${SIGNATURE_NAMESPACE}`, signature.namespace || 'no namespace')
    }
    const { serviceReference, variant } = header
    if (variant !== serviceReference && !variant.startsWith(`${serviceReference}.`)) {
      refuse(root, `a variant of ${serviceReference}`, variant)
    }
    return { ...header, schemaVersion, body }
  })
}

function requestIdOf(element: XmlElement): RequestId {
  const text = textOf(element)
  const [originator = '', target = '', digits = '', ...more] = text.split(':')
  const ids = { originator: parseEui64(originator), target: parseEui64(target) }
  const counter = Number(digits)
  const counts = /^\d{1,16}$/.test(digits) && Number.isSafeInteger(counter)
  if (ids.originator === undefined || ids.target === undefined || !counts || more.length > 0) {
    return refuse(element, 'ORIGINATOR:TARGET:COUNTER', text)
  }
  return { text, originator: ids.originator, target: ids.target, counter }
}

/** Everything but the signature is in the one namespace. */
function checkNamespaces(element: XmlElement): void {
  if (element.name === 'Signature' && element.namespace === SIGNATURE_NAMESPACE) return
  if (element.namespace !== DUIS_NAMESPACE) {
    throw new DuisProblem('duis.element', element.place, `namespace ${DUIS_NAMESPACE}`, element.namespace || 'none')
  }
  for (const child of element.children) checkNamespaces(child)
}
