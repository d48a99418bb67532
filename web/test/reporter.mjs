// A reporter for Node's test runner: a line of JSON for each test.
export default async function* lines(events) {
  for await (const { type, data } of events) {
    if (type !== 'test:pass' && type !== 'test:fail') continue
    if (data.skip !== undefined) yield line('skip', data)
    else if (type === 'test:pass') yield line('pass', data)
    else {
      const error = data.details.error?.cause ?? data.details.error
      yield line('fail', data, String(error?.stack ?? error))
    }
  }
}

function line(kind, { name, details }, error) {
  return `\u0001${JSON.stringify({ kind, name, ms: details.duration_ms ?? 0, error })}\n`
}
