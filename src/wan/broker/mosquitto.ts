/** The same logins and rules in mosquitto's words, for a bench that runs its own broker. */
import { pbkdf2Sync } from 'node:crypto'
import type { TopicRules } from './access.ts'

/** `acl_file`: what each user may publish (`write`) and receive (`read`). @source mosquitto.conf(5), acl_file */
export function mosquittoAcl(rules: Readonly<Record<string, TopicRules>>): string {
  const users = Object.entries(rules).map(([user, { publish, subscribe }]) =>
    [
      `user ${user}`,
      ...publish.map(filter => `topic write ${filter}`),
      ...subscribe.map(filter => `topic read ${filter}`),
    ].join('\n'),
  )
  return `${users.join('\n\n')}\n`
}

/**
 * `password_file`: salted PBKDF2-SHA-512 of each password, 101 rounds as `mosquitto_passwd` of mosquitto 2.0 writes it.
 * @source mosquitto_passwd(1)
 */
export function mosquittoPasswords(
  logins: Readonly<Record<string, string>>,
  randomBytes: (length: number) => Uint8Array,
): string {
  const lines = Object.entries(logins).map(([user, password]) => {
    const salt = randomBytes(12)
    const hash = pbkdf2Sync(password, salt, 101, 64, 'sha512')
    return `${user}:$7$101$${Buffer.from(salt).toString('base64')}$${hash.toString('base64')}\n`
  })
  return lines.join('')
}

export interface MosquittoFiles {
  host: string
  port: number
  aclFile: string
  passwordFile: string
  /** Folder, ending in `/`, where sessions and queued messages outlive a restart. */
  persistenceFolder: string
  /** Whom it runs as when root starts it; otherwise it would be a user that cannot read these files. */
  user?: string
  /** Of its own, with its key: it speaks TLS. */
  certFile?: string
  keyFile?: string
  /** Clients have to be known by these authorities. */
  caFile?: string
}

/** `mosquitto.conf` for one listener. @source mosquitto.conf(5) */
export function mosquittoConf(files: MosquittoFiles): string {
  const { user, certFile, keyFile, caFile } = files
  const tls = [
    ...(certFile === undefined ? [] : [`certfile ${certFile}`, `keyfile ${keyFile}`]),
    ...(caFile === undefined ? [] : [`cafile ${caFile}`, 'require_certificate true']),
  ]
  return `${user === undefined ? '' : `user ${user}\n`}# Sessions and what is queued for them survive a restart.
persistence true
persistence_location ${files.persistenceFolder}
max_queued_messages 100000
message_size_limit 65536
# Nagle's algorithm costs 40 ms and more per QoS 1 exchange.
set_tcp_nodelay true

listener ${files.port} ${files.host}
${tls.map(line => `${line}\n`).join('')}allow_anonymous false
password_file ${files.passwordFile}
acl_file ${files.aclFile}
`
}
