// The tables and views of the application, as SQLite itself describes them. What SQLite or Outboard
// keeps for itself is not among them: its names start with sqlite_, or it is the inside of a
// virtual table.
import {
  type DatabaseIntrospector,
  type DatabaseMetadataOptions,
  type Kysely,
  type SchemaMetadata,
  sql,
  type TableMetadata,
} from 'kysely'

// Where Kysely's Migrator keeps its books, unless it was told otherwise.
const kyselyTables: readonly string[] = ['kysely_migration', 'kysely_migration_lock']

// Numbers are bigints where the dialect was told so.
interface Column {
  table: string
  kind: 'table' | 'virtual' | 'view'
  name: string
  type: string
  isNotNull: number | bigint
  hasDefault: number | bigint
  isOnlyKey: number | bigint
}

export class OutboardIntrospector implements DatabaseIntrospector {
  readonly #db: Kysely<unknown>

  constructor(db: Kysely<unknown>) {
    this.#db = db
  }

  /** None: there is one file. */
  async getSchemas(): Promise<SchemaMetadata[]> {
    return []
  }

  async getTables(
    options: DatabaseMetadataOptions = { withInternalKyselyTables: false },
  ): Promise<TableMetadata[]> {
    const { rows } = await columnsOfAll().execute(this.#db)
    const tables = new Map<string, Column[]>()
    for (const column of rows) {
      const columns = tables.get(column.table)
      if (columns === undefined) tables.set(column.table, [column])
      else columns.push(column)
    }
    if (!options.withInternalKyselyTables) for (const name of kyselyTables) tables.delete(name)
    return [...tables].map(([name, columns]) => tableOf(name, columns))
  }
}

// `hidden` is 1 for the hidden columns of a virtual table, and more for generated ones.
const columnsOfAll = () => sql<Column>`
  select t.name as "table", t.type as kind, c.name, c.type, c."notnull" as isNotNull,
    c.dflt_value is not null or c.hidden > 1 as hasDefault,
    c.pk > 0 and not t.wr and count(*) filter (where c.pk > 0) over (partition by t.name) = 1
      as isOnlyKey
  from pragma_table_list as t join pragma_table_xinfo(t.name, 'main') as c
  where t.schema = 'main' and t.type in ('table', 'virtual', 'view')
    and t.name not like 'sqlite\\_%' escape '\\' and c.hidden <> 1
  order by t.name, c.cid`

function tableOf(name: string, columns: readonly Column[]): TableMetadata {
  return {
    name,
    isView: columns[0]!.kind === 'view',
    isForeign: false,
    columns: columns.map((column) => ({
      name: column.name,
      dataType: column.type,
      isNullable: !column.isNotNull && !isRowid(column),
      isAutoIncrementing: isRowid(column),
      hasDefaultValue: Boolean(column.hasDefault),
    })),
  }
}

// An INTEGER PRIMARY KEY is the rowid: SQLite gives it a value where an insert has none.
function isRowid({ isOnlyKey, type }: Column): boolean {
  return Boolean(isOnlyKey) && type.toUpperCase() === 'INTEGER'
}
