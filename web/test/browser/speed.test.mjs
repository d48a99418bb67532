// How long the page's own thread is held, and how long things take. The figures are reported; what
// is asserted is far enough from them to hold on a busy machine.

function check(condition, message) {
  if (!condition) throw new Error(message)
}

async function openDatabase([name, options]) {
  const { open } = await import('/outboard/index.js')
  window.db = await open(name, options)
}

// The tasks of the page's main thread while `action` runs, longest first: { wall, cpu } in ms.
async function tasksDuring(context, page, action) {
  const debug = await context.newCDPSession(page)
  const events = []
  debug.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  await debug.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      recordMode: 'recordAsMuchAsPossible',
      includedCategories: ['toplevel', '__metadata', 'blink.user_timing'],
    },
  })
  await page.evaluate(() => performance.mark('outboard-page'))
  const result = await action()
  const complete = new Promise((resolve) => debug.once('Tracing.tracingComplete', resolve))
  await debug.send('Tracing.end')
  await complete
  const mark = events.find(({ name }) => name === 'outboard-page')
  check(mark, 'the trace lacks its mark')
  const tasks = events
    .filter(
      (event) =>
        event.pid === mark.pid &&
        event.tid === mark.tid &&
        /RunTask/.test(event.name) &&
        event.dur &&
        event.ts > mark.ts,
    )
    .map(({ dur, tdur }) => ({ wall: dur / 1000, cpu: (tdur ?? dur) / 1000 }))
    .sort((a, b) => b.wall - a.wall)
  await debug.detach()
  return { result, tasks }
}

function describe(tasks) {
  const longest = tasks
    .slice(0, 3)
    .map(({ wall, cpu }) => `${wall.toFixed(1)} (${cpu.toFixed(1)} of CPU)`)
  return `longest tasks of the page: ${longest.join(', ')} ms, of ${tasks.length}`
}

export const tests = {
  'no task of the page is long while 100,000 rows are written and read': async ({
    page,
    context,
    database,
    note,
  }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(() =>
      db.exec('create table note(id integer primary key, title text, body text, rank real)'),
    )
    const writing = await tasksDuring(context, page, () =>
      page.evaluate(async () => {
        function* sets() {
          for (let i = 0; i < 100_000; ++i)
            yield [i, `title ${i}`, `the body of note number ${i}, which is somewhat longer`, i / 7]
        }
        const start = performance.now()
        await db.many('insert into note values (?, ?, ?, ?)', sets())
        return performance.now() - start
      }),
    )
    note(`written in ${Math.round(writing.result)} ms; ${describe(writing.tasks)}`)
    const reading = await tasksDuring(context, page, () =>
      page.evaluate(async () => {
        const start = performance.now()
        const rows = await db.all('select * from note')
        return [performance.now() - start, rows.length]
      }),
    )
    note(`read in ${Math.round(reading.result[0])} ms; ${describe(reading.tasks)}`)
    for (const { tasks } of [writing, reading]) check(tasks[0].cpu < 50, describe(tasks))
    check(reading.result[1] === 100_000, `${reading.result[1]} rows`)
  },

  'figures of the usual work': async ({ page, database, note }) => {
    await page.evaluate(openDatabase, [database])
    const figures = await page.evaluate(async () => {
      const median = (values) => values.sort((a, b) => a - b)[values.length >> 1]
      const timed = async (action) => {
        const start = performance.now()
        await action()
        return performance.now() - start
      }
      const repeat = async (times, action) => {
        const all = []
        for (let i = 0; i < times; ++i) all.push(await timed(() => action(i)))
        return median(all)
      }
      const N = 100_000
      const sets = Array.from({ length: N }, (_, i) => [
        i,
        `title ${i}`,
        `the body of note number ${i}, which is somewhat longer`,
        i / 7,
      ])
      const echo = new Worker(
        URL.createObjectURL(new Blob(['onmessage = ({ data }) => postMessage(data, [data])'])),
      )
      const roundTrip = () =>
        new Promise((resolve) => {
          echo.onmessage = resolve
          const bytes = new ArrayBuffer(128)
          echo.postMessage(bytes, [bytes])
        })
      const series = (count, action) => async () => {
        for (let i = 0; i < count; ++i) await action(i)
      }
      const result = {}
      result.insert = await repeat(5, async (i) => {
        await db.exec(
          `drop table if exists note; create table note(id integer primary key, title text, body text, rank real)`,
        )
        result.insertOnly = [
          ...(result.insertOnly ?? []),
          await timed(() => db.many('insert into note values (?, ?, ?, ?)', sets)),
        ]
      })
      result.insertOnly = median(result.insertOnly)
      result.scan = await repeat(5, () => db.all('select * from note'))
      result.points = await repeat(5, () =>
        db.many(
          'select * from note where id = ?',
          sets.map(([id]) => [(id * 7919) % N]),
        ),
      )
      result.commits = await repeat(
        3,
        series(1000, (i) => db.exec('insert into note(title) values (?)', [`n${i}`])),
      )
      await series(500, roundTrip)()
      result.echo = (await repeat(5, series(1000, roundTrip))) / 1000
      result.first =
        (await repeat(
          5,
          series(1000, (i) => db.first('select title from note where id = ?', [i])),
        )) / 1000
      result.pipelined = await repeat(5, () =>
        Promise.all(
          Array.from({ length: 10_000 }, (_, i) =>
            db.first('select title from note where id = ?', [i]),
          ),
        ),
      )
      return result
    })
    const ms = (value) => `${value.toFixed(0)} ms`
    note(
      `100,000 rows: insert ${ms(figures.insertOnly)}, scan ${ms(figures.scan)}, point reads by many ${ms(figures.points)}`,
    )
    note(
      `1,000 commits one by one ${ms(figures.commits)}; 10,000 reads at once ${ms(figures.pipelined)}`,
    )
    note(
      `a read ${(figures.first * 1000).toFixed(0)} µs, a bare echo ${(figures.echo * 1000).toFixed(0)} µs`,
    )
  },
}
