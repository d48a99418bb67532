// How long the page's own thread is held. The figures are reported; what is asserted is far enough
// from them to hold on a busy machine.
import { longestTask } from './trace.mjs'
import { check } from './support.mjs'

async function openTable(database) {
  const { open } = await import('/outboard/index.js')
  window.db = await open(database)
  await db.exec('create table note(id integer primary key, title text, body text, rank real)')
}

async function write() {
  function* sets() {
    for (let i = 0; i < 100_000; ++i)
      yield [i, `title ${i}`, `the body of note number ${i}, which is somewhat longer`, i / 7]
  }
  performance.mark('work-begins')
  const { changes } = await db.many('insert into note values (?, ?, ?, ?)', sets())
  performance.mark('work-ends')
  return changes
}

async function read() {
  performance.clearMarks()
  performance.mark('work-begins')
  const rows = await db.all('select * from note')
  performance.mark('work-ends')
  return rows.length
}

export const tests = {
  'no task of the page is long while 100,000 rows are written and read': async ({
    page,
    context,
    database,
    note,
  }) => {
    await page.evaluate(openTable, database)
    for (const action of [write, read]) {
      const { result, wallMs, cpuMs = wallMs } = await longestTask(context, page, () =>
        page.evaluate(action),
      )
      const longest = `the longest task of the page took ${wallMs} ms, ${cpuMs} of CPU`
      note(`${action.name}: ${longest}`)
      check(result === 100_000, `${result} rows`)
      check(cpuMs < 50, longest)
    }
  },
}
