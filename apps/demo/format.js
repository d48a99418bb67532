// Numbers, sizes and times as people read them.

const whole = new Intl.NumberFormat('en')
const clock = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const date = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })

export function count(value, noun = '') {
  const text = whole.format(value)
  return noun === '' ? text : `${text} ${noun}${value === 1 ? '' : 's'}`
}

export function bytes(value) {
  if (value < 1024) return `${value} B`
  const units = ['KB', 'MB', 'GB', 'TB']
  let size = value / 1024
  let unit = 0
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1024
    ++unit
  }
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`
}

export function frameTime(ms) {
  return ms < 100 ? `${ms.toFixed(1)} ms` : `${whole.format(Math.round(ms))} ms`
}

export function duration(ms) {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`
}

/** Today's as a time, this year's as a day, others as a date. */
export function moment(ms) {
  const then = new Date(ms)
  const now = new Date()
  if (then.toDateString() === now.toDateString()) return clock.format(then)
  return (then.getFullYear() === now.getFullYear() ? day : date).format(then)
}

export function timeOfDay(ms) {
  return clock.format(new Date(ms))
}
