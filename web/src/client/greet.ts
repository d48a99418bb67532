// Greets an engine: says hello, opens the database, and learns what became of what was asked before.
import { malformed } from '../protocol/errors.js'
import { type ItemMap, mapOf } from '../protocol/frame.js'
import type { Port } from './channel.js'
import type { Connection } from './connection.js'
import type { Durability } from './database.js'
import { type Answer, Lane } from './lane.js'
import { statementOf, writeStatement } from '../protocol/query.js'
import { readResults, rowOptions } from './result.js'
import { checkVersion, versionSql } from './schema.js'
import type { PendingRequest } from './pending_request.js'

/** What the engine is asked to open. A served engine has opened its database already. */
export interface Greeting {
  name?: string
  storage?: 'file' | 'memory'
  durability?: Durability
}

/** What it says that it has opened. */
export interface Opened {
  path: string
  storage: 'file' | 'memory'
  durability: Durability
  created: boolean
  build: string
  sqlite: string
  /** That of the application, of what is there. Asked only where somebody tells his own. */
  schemaVersion: number
}

/**
 * Greets an engine, in one post, and resumes the connection. Fails with `outdated`, and does not, if
 * the database has a newer version of the application's schema than `schemaVersion`.
 */
export async function greet(
  connection: Connection,
  port: Port,
  greeting: Greeting,
  schemaVersion?: number,
): Promise<Opened> {
  const unanswered = connection.unanswered()
  let welcome!: Promise<void>
  let opened!: Promise<Answer>
  let looked: Promise<Answer> | undefined
  connection.attach(port, () => {
    let hello!: PendingRequest
    welcome = new Promise((resolve, reject) => {
      hello = connection.hello({ reply: () => resolve(), chunk: () => {}, failed: reject })
    })
    const lane = new Lane(connection)
    const { request, answer } = lane.start('open', {}, (writer) =>
      writer.item({ ...greeting, ...(unanswered.length === 0 ? {} : { unanswered }) }),
    )
    opened = answer
    if (schemaVersion === undefined) return [hello, request]
    const look = lane.start('batch', {}, (writer) => {
      writer.map(1)
      writer.text('statements')
      writer.array(1)
      writeStatement(writer, statementOf(versionSql))
    })
    looked = look.answer
    return [hello, request, look.request]
  })
  const [, { body }, answer] = await Promise.all([welcome, opened, looked])
  const told = openedOf(body)
  if (answer !== undefined && schemaVersion !== undefined) {
    const [result] = await readResults(answer, rowOptions({}))
    told.schemaVersion = Number(result?.rows[0]?.['version'])
    checkVersion(told.schemaVersion, schemaVersion)
  }
  const { outcomes = [] } = body
  connection.resume(unanswered, Array.isArray(outcomes) ? outcomes : [])
  return told
}

function openedOf(body: ItemMap): Opened {
  const keys = ['path', 'build', 'sqlite', 'created', 'storage', 'durability', 'outcomes']
  mapOf(body, 'a reply', keys)
  const { build, created, durability, path, sqlite, storage } = body
  if (typeof build !== 'string' || typeof sqlite !== 'string')
    throw malformed('a database without versions')
  return {
    path: typeof path === 'string' ? path : '',
    storage: storage === 'memory' ? 'memory' : 'file',
    durability: durability === 'power' ? 'power' : 'process',
    created: created === true,
    build,
    sqlite,
    schemaVersion: 0,
  }
}
