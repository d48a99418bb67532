// The tasks of a page's main thread, from the browser's own trace.

/**
 * The longest task between the marks work-begins and work-ends that `action` sets: by the clock
 * (`wallMs`) and by processor time (`cpuMs`, where the browser tells it). And what `action` gave.
 */
export async function longestTask(context, page, action) {
  const debug = await context.newCDPSession(page)
  const events = []
  debug.on('Tracing.dataCollected', ({ value }) => events.push(...value))
  await debug.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: {
      recordMode: 'recordAsMuchAsPossible',
      includedCategories: ['toplevel', 'blink.user_timing'],
    },
  })
  const result = await action()
  const complete = new Promise((resolve) => debug.once('Tracing.tracingComplete', resolve))
  await debug.send('Tracing.end')
  await complete
  await debug.detach()

  const [begin, end] = ['work-begins', 'work-ends'].map((mark) =>
    events.find(({ name }) => name === mark),
  )
  if (!begin || !end) throw new Error('the trace lacks its marks')
  const tasks = events.filter(
    ({ name, pid, tid, ts, dur }) =>
      /RunTask/.test(name) &&
      pid === begin.pid &&
      tid === begin.tid &&
      ts < end.ts &&
      ts + dur > begin.ts,
  )
  if (tasks.length === 0) throw new Error('the trace lacks the tasks of the page')
  const longest = (of) => Math.max(...tasks.map(of)) / 1000
  return {
    result,
    wallMs: longest(({ dur }) => dur),
    cpuMs: tasks.some(({ tdur }) => tdur) ? longest(({ tdur }) => tdur ?? 0) : undefined,
  }
}
