// Medians, ratios, whether a figure is reached; the table and the JSON.
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, type } from 'node:os'

export function machine(chromium) {
  const system = /^PRETTY_NAME="?(.*?)"?$/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1]
  const processors = cpus()
  return (
    `${processors[0].model}, ${processors.length} cores, ${system ?? type()}, ` +
    `${type()} ${release()}, Chromium ${chromium}, Node ${process.version}`
  )
}

export const load = () => loadavg()[0].toFixed(1)

function summarize(values) {
  const sorted = [...values].sort((a, b) => a - b)
  return {
    median: sorted[sorted.length >> 1],
    lowest: sorted[0],
    highest: sorted[sorted.length - 1],
  }
}

/** `samples`: for each contender the list of what its runs gave. */
export function compare(figure, samples) {
  const contenders = figure.contenders.map(({ name, side, scale = 1 }, i) => {
    const values = samples[i].map(({ ms }) => (ms * scale * 1000) / (figure.per ?? 1000))
    const details = Object.keys(samples[i][0].details ?? {}).map((key) => [
      key,
      summarize(samples[i].map(({ details }) => details[key])),
    ])
    return { name, side, ...summarize(values), details: Object.fromEntries(details) }
  })
  const [ours, ...peers] = contenders
  for (const peer of peers) peer.ratio = ours.median / peer.median
  const beside = peers
    .filter(({ side }) => side === (figure.beside ?? 'public'))
    .sort((a, b) => a.median - b.median)[0]
  const { title, unit, reach, reachMs } = figure
  const reached =
    reachMs !== undefined
      ? ours.median < reachMs
      : reach !== undefined
        ? ours.median / beside.median <= reach
        : undefined
  return { title, unit, reach, reachMs, reached, beside: beside.name, contenders }
}

const number = (value) =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)

const sides = { ours: '', public: 'public', inside: 'inside', bare: 'bare', other: '' }

export function tableOf({ title, unit, reach, reachMs, reached, beside, contenders }) {
  const lines = [`${title} (${unit})`]
  for (const { name, side, median, lowest, highest, ratio, details } of contenders) {
    const cells = [
      `  ${name === beside ? '*' : ' '}${sides[side].padEnd(7)}${name.padEnd(60)}`,
      number(median).padStart(8),
      `(${number(lowest)} to ${number(highest)})`.padEnd(22),
      ratio === undefined ? '' : `ours / this: ${number(ratio)}`,
    ]
    lines.push(cells.join(' ').trimEnd())
    const more = Object.entries(details).map(
      ([key, { median, highest }]) => `${key} ${number(median)} (highest ${number(highest)})`,
    )
    if (more.length > 0) lines.push(`          ${more.join(', ')}`)
  }
  const verdict = reached ? 'reached' : 'NOT REACHED'
  if (reachMs !== undefined) lines.push(`  reach: ours below ${reachMs} ms: ${verdict}`)
  else if (reach !== undefined) lines.push(`  reach: at most ${reach} × of *: ${verdict}`)
  return lines.join('\n')
}
