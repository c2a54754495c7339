/** Certificates and keys for MQTT over TLS, as files hold them. */
import { createSecureContext } from 'node:tls'
import { UsageError } from '../../base/errors.ts'

/** PEM texts. */
export interface TlsMaterial {
  /** Our certificate, and those between it and its authority. */
  cert?: string
  key?: string
  /** Authorities that the other side has to be known by, in place of the usual ones. */
  ca?: string
}

/** Files that hold it. */
export interface TlsFiles {
  cert?: string
  key?: string
  ca?: string
}

/**
 * Reads and checks it; undefined when no file is named. `read`: undefined for a file that is not there.
 * @throws UsageError for a file that cannot be read or is no PEM, a certificate without its key, or one of another key
 */
export function readTlsMaterial(files: TlsFiles, read: (path: string) => string | undefined): TlsMaterial | undefined {
  const { cert, key, ca } = files
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ['--mqtt-key', '--mqtt-cert'] : ['--mqtt-cert', '--mqtt-key']
    throw new UsageError(`${given} without ${missing}: a certificate and its key are given together`)
  }
  if (cert === undefined && ca === undefined) return undefined
  const pem = (option: string, path: string, what: RegExp, called: string): string => {
    const text = read(path)
    if (text === undefined) throw new UsageError(`--mqtt-${option} ${path}: there is no such file`)
    if (!what.test(text)) throw new UsageError(`--mqtt-${option} ${path}: ${called} in PEM expected`)
    return text
  }
  const certificate = /-----BEGIN CERTIFICATE-----/
  const material: TlsMaterial = {
    ...(cert !== undefined && { cert: pem('cert', cert, certificate, 'a certificate') }),
    ...(key !== undefined && { key: pem('key', key, /-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key') }),
    ...(ca !== undefined && { ca: pem('ca', ca, certificate, 'a certificate') }),
  }
  try {
    createSecureContext(material)
  } catch (error) {
    throw new UsageError(`${Object.values(files).join(', ')}: ${error instanceof Error ? error.message : error}`)
  }
  return material
}
