/** The cluster tables by name and by id, and the types that follow from them. */
import { didYouMean, InvariantError } from '../base/errors.ts'
import type { DataType, ValueOf } from './data-types.ts'
import type { Direction } from './header.ts'
import type { ParamSpec, PayloadOf } from './payload.ts'
import { clusters } from './tables/clusters.generated.ts'

/** Which end of a cluster. */
export type Side = 'server' | 'client'

/** An attribute in the tables. */
export interface AttributeSpec {
  id: number
  type: DataType
  /** Which end owns it. */
  side: Side | 'both'
  /** Writable over the air as far as the specification goes. */
  writable: boolean
}

/** A command in the tables. */
export interface CommandSpec {
  id: number
  params: readonly ParamSpec[]
  /** Commands of the other direction that answer it under the same sequence number. */
  responses: readonly string[]
}

/** A cluster in the tables. */
export interface ClusterSpec {
  id: number
  /** Key that Smart Energy endpoints protect the cluster with. @source SE 1.x, 5.4.6 */
  security: 'network' | 'link'
  attributes: { readonly [name: string]: AttributeSpec }
  toServer: { readonly [name: string]: CommandSpec }
  toClient: { readonly [name: string]: CommandSpec }
}

type Clusters = typeof clusters
type Names<T> = keyof T & string

/** Name of a cluster in the tables. */
export type ClusterName = Names<Clusters>

/** Attributes owned by one side of a cluster, or by either. */
export type AttributeName<C extends ClusterName, S extends Side = Side> = {
  [A in Names<Clusters[C]['attributes']>]: Clusters[C]['attributes'][A] extends { side: S | 'both' } ? A : never
}[Names<Clusters[C]['attributes']>]

/** TypeScript type of an attribute. */
export type AttributeValue<
  C extends ClusterName,
  A extends Names<Clusters[C]['attributes']>,
> = Clusters[C]['attributes'][A] extends { type: infer T extends DataType } ? ValueOf<T> : never

/** Some attributes of a cluster with their values. */
export type AttributeValues<C extends ClusterName, S extends Side = Side> = {
  [A in AttributeName<C, S>]?: AttributeValue<C, A>
}

/** Commands of a cluster in one direction, or in either. */
export type CommandName<C extends ClusterName, D extends Direction = Direction> = D extends Direction
  ? Names<Clusters[C][D]>
  : never

/** Typed payload of a command; of both directions when it exists in both. */
export type CommandPayload<
  C extends ClusterName,
  N extends string,
  D extends Direction = Direction,
> = D extends Direction
  ? Clusters[C][D] extends { [K in N]: { params: infer P extends readonly ParamSpec[] } }
    ? PayloadOf<P>
    : never
  : never

type ResponseNames<C extends ClusterName, N extends string, D extends Direction> = D extends Direction
  ? Clusters[C][D] extends { [K in N]: { responses: infer R extends readonly string[] } }
    ? R[number]
    : never
  : never

/** What answers a command under the same sequence number; undefined when only a Default Response does. */
export type ResponseTo<C extends ClusterName, N extends string> = [ResponseNames<C, N, Direction>] extends [never]
  ? undefined
  : { [R in ResponseNames<C, N, Direction>]: { command: R; payload: CommandPayload<C, R> } }[ResponseNames<
      C,
      N,
      Direction
    >]

const SPECS: { readonly [name: string]: ClusterSpec } = clusters

interface Index {
  name: ClusterName
  spec: ClusterSpec
  attributes: Record<Side, ReadonlyMap<number, string>>
  commands: Record<Direction, ReadonlyMap<number, string>>
}

const INDEX: ReadonlyMap<number, Index> = new Map(clusterNames().map(name => [SPECS[name]?.id ?? 0, indexOf(name)]))

/** Every cluster in the tables. */
export function clusterNames(): ClusterName[] {
  return Object.keys(clusters) as ClusterName[]
}

/** A cluster by name. @throws InvariantError for a name that is not in the tables */
export function clusterSpec(name: string): ClusterSpec {
  return named(SPECS, name, 'cluster')
}

/** An attribute by name. @throws InvariantError for a name that is not in the tables */
export function attributeSpec(cluster: string, name: string): AttributeSpec {
  return named(clusterSpec(cluster).attributes, name, `${cluster} attribute`)
}

/** A command by name. @throws InvariantError for a name that is not in the tables */
export function commandSpec(cluster: string, direction: Direction, name: string): CommandSpec {
  return named(clusterSpec(cluster)[direction], name, `${cluster} command ${direction}`)
}

/** The directions in which a cluster has a command of that name. */
export function directionsOf(cluster: string, name: string): Direction[] {
  const spec = clusterSpec(cluster)
  return (['toServer', 'toClient'] as const).filter(direction => Object.hasOwn(spec[direction], name))
}

/** The cluster of an id; undefined outside the tables. */
export const clusterNameOf = (id: number): ClusterName | undefined => INDEX.get(id)?.name
/** The attribute of an id; undefined outside the tables. */
export const attributeNameOf = (clusterId: number, side: Side, id: number): string | undefined =>
  INDEX.get(clusterId)?.attributes[side].get(id)
/** Ids of all attributes a side owns. */
export const attributeIdsOf = (clusterId: number, side: Side): number[] => [
  ...(INDEX.get(clusterId)?.attributes[side].keys() ?? []),
]
/** The command of an id; undefined outside the tables. */
export const commandNameOf = (clusterId: number, direction: Direction, id: number): string | undefined =>
  INDEX.get(clusterId)?.commands[direction].get(id)

function named<T>(table: { readonly [name: string]: T }, name: string, what: string): T {
  const found = Object.hasOwn(table, name) ? table[name] : undefined
  if (found !== undefined) return found
  const near = didYouMean(name, Object.keys(table))
  throw new InvariantError(`no ${what} is called ${name}${near ? `; did you mean ${near}?` : ''}`)
}

function indexOf(name: ClusterName): Index {
  const spec = clusterSpec(name)
  const owned = (side: Side) =>
    new Map(
      Object.entries(spec.attributes).flatMap(([n, a]) => (a.side === side || a.side === 'both' ? [[a.id, n]] : [])),
    )
  const ids = (direction: Direction) => new Map(Object.entries(spec[direction]).map(([n, c]) => [c.id, n]))
  return {
    name,
    spec,
    attributes: { server: owned('server'), client: owned('client') },
    commands: { toServer: ids('toServer'), toClient: ids('toClient') },
  }
}
