// Draws the frame times of the last seconds as water: a sliver for each frame, as wide and as high
// as it was long.
import { duration, frameTime } from './format.js'
import { frameMs, judge, windowMs } from './frames.js'

const scalesMs = [50, 100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 60_000]
const axisHeight = 18
const axisWidth = 60
const labelHeight = 22
const labelledWidth = 70 // a frame so wide has its time written on it
const redrawReducedMs = 500

export class Chart {
  #canvas
  #meter
  #context
  #colours = {}
  #width = 0
  #height = 0
  // How much the height stands for, and what that is moving to.
  #scaleMs = scalesMs[0]
  #wantedMs = scalesMs[0]
  #drawnMs = 0
  #calm = matchMedia('(prefers-reduced-motion: reduce)')

  constructor(canvas, meter) {
    this.#canvas = canvas
    this.#meter = meter
    this.#context = canvas.getContext('2d')
    new ResizeObserver(() => this.#resize()).observe(canvas)
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.#readColours())
    this.#readColours()
  }

  /** Draws what is known at `now`: once per frame, less often for whoever asked for less motion. */
  draw(now) {
    if (this.#width === 0 || (this.#calm.matches && now - this.#drawnMs < redrawReducedMs)) return
    this.#drawnMs = now
    const longestMs = this.#meter.longestSince(now - windowMs)
    this.#wantedMs = scalesMs.find((ms) => ms >= longestMs * 1.05) ?? scalesMs.at(-1)
    this.#scaleMs += (this.#wantedMs - this.#scaleMs) * (this.#calm.matches ? 1 : 0.2)
    this.#context.clearRect(0, 0, this.#width, this.#height)
    this.#drawSpans(now)
    this.#drawFrames(now)
    this.#drawScale()
  }

  #readColours() {
    const style = getComputedStyle(this.#canvas)
    for (const name of [
      'smooth',
      'uneven',
      'stutters',
      'surface',
      'span',
      'ink',
      'line',
      'label',
    ]) {
      this.#colours[name] = style.getPropertyValue(`--chart-${name}`).trim()
    }
    this.#context.font = `12px ${style.fontFamily}`
  }

  #resize() {
    const ratio = devicePixelRatio || 1
    const { clientWidth, clientHeight } = this.#canvas
    this.#canvas.width = Math.round(clientWidth * ratio)
    this.#canvas.height = Math.round(clientHeight * ratio)
    this.#context.scale(ratio, ratio)
    this.#width = clientWidth
    this.#height = clientHeight
    this.#readColours()
  }

  // Whole pixels, or slivers beside each other would show a seam.
  #x(ms, now) {
    const share = Math.max(0, 1 - (now - ms) / windowMs)
    return axisWidth + Math.round((this.#width - axisWidth) * share)
  }

  #y(ms) {
    const floor = this.#height - axisHeight
    return floor - (floor - labelHeight) * Math.min(1, ms / this.#scaleMs)
  }

  #drawSpans(now) {
    const context = this.#context
    let freeTo = this.#width
    for (const { label, startMs, endMs = now } of [...this.#meter.spans].reverse()) {
      if (endMs < now - windowMs) break
      const from = this.#x(startMs, now)
      context.fillStyle = this.#colours.span
      context.fillRect(from, 0, Math.max(2, this.#x(endMs, now) - from), this.#height - axisHeight)
      // Where there is no room for both, the newer one has its label.
      const { width } = context.measureText(label)
      const place = Math.min(from + 4, this.#width - width - 4)
      if (place + width > freeTo) continue
      freeTo = place - 8
      context.fillStyle = this.#colours.ink
      context.fillText(label, place, 14)
    }
  }

  #drawFrames(now) {
    const floor = this.#y(0)
    const water = { smooth: new Path2D(), uneven: new Path2D(), stutters: new Path2D() }
    const surface = new Path2D()
    const labels = []
    this.#meter.each(now - windowMs, (startMs, endMs) => {
      const [from, to] = [this.#x(startMs, now), this.#x(endMs, now)]
      const ms = endMs - startMs
      const top = this.#y(ms)
      water[judge(ms)].rect(from, top, to - from, floor - top)
      surface.rect(from, top - 0.75, to - from, 1.5)
      if (to - from >= labelledWidth) labels.push([frameTime(ms), from + 8, top + 20])
    })
    for (const [kind, path] of Object.entries(water)) {
      this.#context.fillStyle = this.#colours[kind]
      this.#context.fill(path)
    }
    this.#context.fillStyle = this.#colours.surface
    this.#context.fill(surface)
    this.#context.fillStyle = this.#colours.label
    for (const [text, left, baseline] of labels) this.#context.fillText(text, left, baseline)
  }

  #drawScale() {
    const context = this.#context
    const floor = this.#y(0)
    const line = Math.round(this.#y(frameMs)) + 0.5
    context.strokeStyle = this.#colours.line
    context.setLineDash([4, 4])
    context.beginPath()
    context.moveTo(axisWidth, line)
    context.lineTo(this.#width, line)
    context.stroke()
    context.setLineDash([])
    context.fillStyle = this.#colours.ink
    this.#labelLeftOf(axisWidth - 8, line + 4, '16.7 ms')
    this.#labelLeftOf(axisWidth - 8, labelHeight + 4, duration(this.#wantedMs))
    context.fillText(`${windowMs / 1000} s ago`, axisWidth, floor + 15)
    this.#labelLeftOf(this.#width, floor + 15, 'now')
  }

  #labelLeftOf(right, baseline, text) {
    this.#context.fillText(text, right - this.#context.measureText(text).width, baseline)
  }
}
