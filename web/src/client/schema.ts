// The version of the application's own schema (rule H10): kept as the file's user_version, so it is
// part of the database, wherever that is carried to.
import { badRequest, OutboardError } from '../protocol/errors.js'
import type { Database } from './database.js'
import type { Transaction } from './transaction.js'

/** Brings the schema from an older version, 0 in a new database, to that of `open`. */
export type Migrate = (tx: Transaction, from: number) => Promise<void> | void

export const versionSql = 'select user_version as version from pragma_user_version'

const versionMax = 0x7fff_ffff
/** So many engines may go while a migration is under way. */
const attemptsMax = 5

/** Throws `bad_request` unless a schema can have that version. */
export function checkSchema(version: number | undefined, migrate: Migrate | undefined): void {
  if (version === undefined && migrate === undefined) return
  if (Number.isInteger(version) && version! >= 1 && version! <= versionMax) return
  throw badRequest(
    `schemaVersion is a whole number from 1 to ${versionMax}, not ${version}`,
    'begin with 1, and raise it with every change of the schema',
  )
}

/** Throws `outdated` if the database has been migrated further than that. */
export function checkVersion(found: number, version: number): void {
  if (found <= version) return
  throw new OutboardError(
    'outdated',
    `the database has version ${found} of the schema, and this page knows version ${version}`,
    { hint: 'a newer version of the application has migrated it: reload this page' },
  )
}

/**
 * Migrates what is older, in a transaction with the new version: all of it is there, or nothing. Of
 * several tabs one does it, and the others wait.
 */
export async function upgrade(db: Database, version: number, migrate?: Migrate): Promise<void> {
  for (let attempt = 1; ; ++attempt) {
    try {
      return await db.transaction(async (tx) => {
        const { version: from } = (await tx.first<{ version: number }>(versionSql))!
        checkVersion(from, version)
        if (from === version) return
        await migrate?.(tx, from)
        await tx.exec(`pragma user_version = ${version}`)
      })
    } catch (error) {
      // The tab that had the engine went: nothing of it is there, or it is found done.
      const isLost = error instanceof OutboardError && error.code === 'worker_lost'
      if (!isLost || attempt === attemptsMax) throw error
    }
  }
}
