// The notes in their database: the one place that knows their tables.
import { markEnd, markStart, searchQuery } from './search.js'
import { samples } from './samples.js'

export const titleCharactersMax = 200
export const bodyCharactersMax = 1_000_000
const listedMax = 300
const excerptCharacters = 240

// The search index keeps no copy of the texts (content='note'): triggers tell it what changes.
const schema = `
  create table note(
    id integer primary key,
    title text not null,
    body text not null,
    created_ms integer not null,
    changed_ms integer not null
  );
  create index note_by_change on note(changed_ms);
  create virtual table note_search using fts5(
    title, body, content='note', content_rowid='id', prefix='2 3',
    tokenize='unicode61 remove_diacritics 2'
  );
  create trigger note_added after insert on note begin
    insert into note_search(rowid, title, body) values (new.id, new.title, new.body);
  end;
  create trigger note_removed after delete on note begin
    insert into note_search(note_search, rowid, title, body)
      values ('delete', old.id, old.title, old.body);
  end;
  create trigger note_changed after update of title, body on note begin
    insert into note_search(note_search, rowid, title, body)
      values ('delete', old.id, old.title, old.body);
    insert into note_search(rowid, title, body) values (new.id, new.title, new.body);
  end;
  pragma user_version = 1`

const insertNote = 'insert into note(title, body, created_ms, changed_ms) values (?, ?, ?, ?)'

const saveNote = `
  insert into note(id, title, body, created_ms, changed_ms) values (?, ?, ?, ?, ?)
  on conflict(id) do update
    set title = excluded.title, body = excluded.body, changed_ms = excluded.changed_ms
  returning id`

const selectRecent = `
  select id, title, substr(body, 1, ${excerptCharacters}) as excerpt, changed_ms as changedMs
  from note order by changed_ms desc, id desc limit ${listedMax}`

const selectMatching = `
  select note.id, highlight(note_search, 0, :start, :end) as title,
    snippet(note_search, 1, :start, :end, '…', 18) as excerpt, changed_ms as changedMs
  from note_search join note on note.id = note_search.rowid
  where note_search match :query
  order by bm25(note_search, 4.0, 1.0), changed_ms desc limit ${listedMax}`

/** Makes the tables, with the samples in them, where they are not there yet: both or neither. */
async function prepare(db) {
  await db.transaction(async (tx) => {
    const { user_version: version } = await tx.first('pragma user_version')
    if (version !== 0) return
    await tx.exec(schema)
    const now = Date.now()
    // A minute apart, the last one newest: lists begin with the newest.
    await tx.many(
      insertNote,
      samples.map(({ title, body }, index) => {
        const time = now - (samples.length - 1 - index) * 60_000
        return [title, body, time, time]
      }),
    )
  })
}

export class Notes {
  #db

  constructor(db) {
    this.#db = db
  }

  static async of(db) {
    await prepare(db)
    return new Notes(db)
  }

  /** Whether a database holds notes as this page keeps them. */
  static async areIn(db) {
    try {
      await db.all('select id, title, body, created_ms, changed_ms from note limit 1')
      await db.all("select rowid from note_search where note_search match 'a' limit 1")
      return (await db.first('pragma user_version')).user_version === 1
    } catch (error) {
      if (error.code === 'bad_request') return false // there are no such tables
      throw error
    }
  }

  /**
   * The newest notes, or those that have all words of `text`, best first: { rows, searched, more },
   * each row { id, title, excerpt, changedMs }, with marks where it was searched.
   */
  async list(text) {
    const query = searchQuery(text)
    const rows =
      query === undefined
        ? await this.#db.all(selectRecent)
        : await this.#db.all(selectMatching, { query, start: markStart, end: markEnd })
    return { rows, searched: query !== undefined, more: rows.length === listedMax }
  }

  /** `undefined` if it is gone. */
  async read(id) {
    return this.#db.first(
      'select id, title, body, changed_ms as changedMs from note where id = ?',
      [id],
    )
  }

  /** Writes a note: adds it if it has no id yet, or is gone. Returns its id and when that was. */
  async save({ id = null, title, body }) {
    const changedMs = Date.now()
    const saved = await this.#db.first(saveNote, [
      id,
      wellFormed(title),
      wellFormed(body),
      changedMs,
      changedMs,
    ])
    return { id: saved.id, changedMs }
  }

  /** Returns what `restore` needs to bring it back, or `undefined` if it was gone. */
  async remove(id) {
    return this.#db.first(
      'delete from note where id = ? returning id, title, body, created_ms, changed_ms',
      [id],
    )
  }

  async restore({ id, title, body, created_ms, changed_ms }) {
    await this.#db.exec(
      'insert into note(id, title, body, created_ms, changed_ms) values (?, ?, ?, ?, ?)',
      [id, title, body, created_ms, changed_ms],
    )
  }

  /** { notes, bytes }: how many there are, and how big the database is. */
  async sizes() {
    return this.#db.first(`select (select count(*) from note) as notes,
      (select page_count from pragma_page_count) *
        (select page_size from pragma_page_size) as bytes`)
  }
}

// Half a character (a lone surrogate) has no place in UTF-8.
function wellFormed(text) {
  return text.replace(/\p{Surrogate}/gu, '\ufffd')
}
