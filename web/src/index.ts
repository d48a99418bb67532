/// <reference lib="esnext.disposable" preserve="true" />
// Outboard: a local-first data engine off the main thread. Nothing runs until `open` or `connect`
// is called.
export { connect, type ConnectOptions } from './client/connect.js'
export { open, type OpenOptions } from './client/open.js'
export { databases, remove, storageEstimate } from './client/databases.js'
export type { DatabaseEntry, StorageEstimate } from './client/databases.js'
export type { Database, Durability, Info } from './client/database.js'
export type { Importable } from './client/bytes.js'
export type { Migrate } from './client/schema.js'
export type { Seed } from './client/seed.js'
export type { BatchOptions, ManyResult, Session, StreamOptions } from './client/session.js'
export type { SetUpOptions } from './client/set_up.js'
export type {
  Aggregate,
  FunctionOptions,
  FunctionResult,
  ReadOptions,
  SetUp,
  SetUpModule,
} from './protocol/set_up.js'
export type { StartThread, Thread, ThreadEvents } from './client/thread.js'
export type { Transaction } from './client/transaction.js'
export type { RowStream } from './client/stream.js'
export { type Query, type Sql, sql } from './protocol/query.js'
export type { CallOptions, Result } from './client/result.js'
export { type Code, OutboardError, type Outcome } from './protocol/errors.js'
export type { Integers } from './protocol/column.js'
export type { Shape } from './protocol/rows.js'
export type { Storage } from './protocol/host.js'
export type { Param, Params, Row, Value } from './protocol/value.js'
