import { open } from 'outboard'

async function run() {
  const db = await open('vite')
  await db.exec('create table if not exists visit(at integer)')
  await db.exec('insert into visit values (?)', [Date.now()])
  return db.first('select count(*) as n from visit')
}

run().then(
  (row) => (document.title = `visits: ${row.n}`),
  (error) => (document.title = `failed: ${error}`),
)
