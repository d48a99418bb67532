// The demo page as the hub serves it: somebody's notes, and a panel that shows whether the main
// thread is free.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TestServer } from './server.mjs'
import { check, equal } from './support.mjs'

const demo = fileURLToPath(new URL('../../../build/demo', import.meta.url))

// Gives a test the page on an origin of its own, so with no notes yet, and looks at what the page
// logs.
function withDemo(body) {
  return async (given) => {
    check(existsSync(join(demo, 'index.html')), 'there is no build/demo: run `npm run build`')
    const server = await new TestServer({ '/': demo }).start()
    const pages = []
    const log = []
    const openPage = async (first) => {
      const page = await given.context.newPage()
      pages.push(page)
      if (first !== undefined) await page.addInitScript(first)
      page.setDefaultTimeout(20_000)
      page.on('console', (message) => log.push(`${message.type()}: ${message.text()}`))
      page.on('pageerror', (error) => log.push(`error: ${error.stack ?? error}`))
      await page.goto(`${server.address}/index.html`)
      return page
    }
    try {
      await body({ ...given, server, openPage })
      equal(log, [], 'what the page logged')
    } finally {
      for (const page of pages) await page.close().catch(() => {})
      server.stop()
    }
  }
}

const titles = (page) => page.locator('.item-title').allTextContents()
const opened = (page) => page.waitForSelector('#list .item')
const saved = (page) => page.waitForSelector('#saved[data-state=saved]')

async function writeNote(page, title, body) {
  await page.click('#new-note')
  await page.fill('#title', title)
  await page.fill('#body', body)
  await saved(page)
}

// Waits until the list shows these titles.
async function shows(page, expected) {
  await page
    .waitForFunction((expected) => {
      const titles = [...document.querySelectorAll('.item-title')].map(
        (element) => element.textContent,
      )
      return JSON.stringify(titles) === JSON.stringify(expected)
    }, expected)
    .catch(async () => equal(await titles(page), expected, 'the list'))
}

const samples = ['Welcome aboard', 'Things to try on this page', 'Packing list for the boat']

export const tests = {
  'a note is saved while it is typed, and there after a reload': withDemo(async ({ openPage }) => {
    const page = await openPage()
    await opened(page)
    await shows(page, samples)
    await page.click('#new-note')
    await page.keyboard.type('Sea')
    await page.keyboard.press('Enter')
    await page.keyboard.type('calm,\nhalf a character: ')
    await page.evaluate(() => {
      const body = document.getElementById('body')
      body.value += '\ud83d'
      body.dispatchEvent(new Event('input'))
    })
    await saved(page)
    await shows(page, ['Sea', ...samples])
    await page.reload()
    await opened(page)
    equal(await page.inputValue('#title'), 'Sea')
    equal(await page.inputValue('#body'), 'calm,\nhalf a character: \ufffd')
    equal(await page.textContent('#status-storage'), 'OPFS')
    equal(await page.textContent('#status-notes'), '4')
  }),

  'what was typed stays with its note when another is opened at once': withDemo(
    async ({ openPage }) => {
      const page = await openPage()
      await opened(page)
      await page.fill('#body', 'one')
      await page.click('.item >> nth=1')
      for (const [title, body] of [
        ['Welcome aboard', 'one'],
        ['Packing list for the boat', 'Fuel'],
        ['Welcome aboard', 'one'],
      ]) {
        await page.click(`.item-title:text("${title}")`)
        await page.waitForFunction(
          ([title, body]) =>
            document.getElementById('title').value === title &&
            document.getElementById('body').value.startsWith(body),
          [title, body],
        )
      }
    },
  ),

  'search finds beginnings of words, and no text breaks it': withDemo(async ({ openPage }) => {
    const page = await openPage()
    await opened(page)
    await writeNote(page, 'Über Öresund', 'x <b>bold</b> AND "quoted"')
    await page.fill('#search', 'sker')
    await shows(page, ['Packing list for the boat', 'Things to try on this page'])
    equal(await page.locator('mark').allTextContents(), ['skerries', 'sker', 'skerries'])
    await page.fill('#search', 'oresu UBE')
    await shows(page, ['Über Öresund'])
    const hostile = [
      '"',
      '""',
      "'",
      '*',
      '(',
      'a AND',
      'NEAR(',
      'title:',
      '^-',
      'a"b',
      '\\',
      '%',
      '{x}:',
      '\u0000',
      '-',
      'OR OR',
    ]
    for (const text of hostile) {
      await page.fill('#search', text)
      await page.waitForTimeout(20)
      equal(await page.locator('.message').count(), 0, `messages after ${text}`)
    }
    await page.fill('#search', 'quoted" AND <b')
    await shows(page, ['Über Öresund'])
    await page.fill('#search', 'nowhere')
    await shows(page, [])
    equal(await page.textContent('#list-summary'), 'Nothing found for “nowhere”.')
    await page.fill('#search', '')
    await shows(page, ['Über Öresund', ...samples])
  }),

  'a deleted note can be taken back': withDemo(async ({ openPage }) => {
    const page = await openPage()
    await opened(page)
    await page.click('#delete')
    await shows(page, samples.slice(1))
    await page.click('.toast button')
    await shows(page, samples)
    equal(await page.inputValue('#title'), samples[0])
    for (const _ of samples) await page.click('#delete')
    await page.waitForSelector('#blank:not([hidden])')
    await page.click('#first-note')
    await page.keyboard.type('First')
    await shows(page, ['First'])
    await page.reload()
    await opened(page)
    await shows(page, ['First'])
  }),

  'text is never HTML': withDemo(async ({ openPage }) => {
    const page = await openPage()
    await opened(page)
    const hostile =
      '<img src=x onerror="document.title=\'hacked\'"><script>document.title="hacked"</script>'
    await writeNote(page, hostile, hostile)
    await page.fill('#search', 'hacked')
    await page.waitForSelector('.item mark')
    equal(await page.locator('#list img, #list script').count(), 0)
    await page.click('#delete')
    await page.waitForSelector('.toast')
    check((await page.textContent('.toast')).includes('<img'), 'the toast has no text')
    check(!(await page.title()).includes('hacked'), 'a script ran')
  }),

  'the page draws on while the engine writes, and not while the page works': withDemo(
    async ({ openPage, note }) => {
      const page = await openPage()
      await opened(page)
      const run = async (id) => {
        await page.click(`#${id}`)
        await page.waitForSelector(`#${id}[aria-disabled=false] >> visible=true`)
        await page.waitForFunction(
          (id) =>
            document
              .querySelector(`#${id}-figures span:last-child`)
              ?.textContent.startsWith('longest'),
          id,
        )
        return page.locator(`#${id}-figures span`).allTextContents()
      }
      const longest = (figures) => Number.parseFloat(figures.at(-1).replace(/[^\d.]/g, ''))
      const [writing, scanning, blocking] = [
        await run('write'),
        await run('scan'),
        await run('block'),
      ]
      for (const figures of [writing, scanning]) equal(figures[0], '100,000 rows')
      note(`writing: ${writing.join(', ')}`)
      note(`scanning: ${scanning.join(', ')}`)
      note(`the page's own work: ${blocking.join(', ')}`)
      check(
        longest(writing) < longest(blocking),
        'the engine held the page for longer than the page itself',
      )
      await page.click('#clear')
      await page.waitForFunction(() => document.querySelectorAll('.figures span').length === 0)
      // The database shrinks.
      await page.waitForFunction(() =>
        / KB$/.test(document.querySelector('#status-size').textContent),
      )
    },
  ),

  'a second tab has the notes as well, and keeps them when the first one is closed': withDemo(
    async ({ openPage }) => {
      const first = await openPage()
      await opened(first)
      const second = await openPage()
      await opened(second)
      await shows(second, samples)
      await first.close()
      await second.fill('#body', 'typed in the second tab')
      await saved(second)
    },
  ),

  'where OPFS is missing it offers memory, and says so': withDemo(async ({ openPage, server }) => {
    const worker = readFileSync(join(demo, 'outboard/worker.js'), 'utf8')
    server.routes.set('/outboard/worker.js', (response) => {
      response.setHeader('Content-Type', 'text/javascript')
      response.end(
        `Object.defineProperty(StorageManager.prototype, 'getDirectory', { value: undefined });${worker}`,
      )
    })
    const page = await openPage()
    await page.click('#gate-actions button:text("memory")')
    await opened(page)
    check((await page.textContent('.message')).includes('in memory only'), 'no notice')
    equal(await page.textContent('#status-storage'), 'memory only')
    await writeNote(page, 'Fleeting', '…')
    await shows(page, ['Fleeting', ...samples])
  }),

  'a lost engine is started again, and what was typed is kept': withDemo(async ({ openPage }) => {
    const page = await openPage(() => {
      const Native = window.Worker
      window.Worker = class extends Native {
        constructor(...parameters) {
          super(...parameters)
          window.endWorker = () => Native.prototype.terminate.call(this)
        }
      }
    })
    await opened(page)
    // The worker as somebody else would end it: the debugger, or the system short of memory.
    await page.evaluate(() => window.endWorker())
    await page.fill('#body', 'typed without an engine')
    await saved(page)
    equal(await page.locator('.message').count(), 0, 'messages')
    await page.reload()
    await opened(page)
    equal(await page.inputValue('#body'), 'typed without an engine')
  }),

  'an exported file can be imported, and another one changes nothing': withDemo(
    async ({ openPage }) => {
      const page = await openPage()
      await opened(page)
      const [download] = await Promise.all([page.waitForEvent('download'), page.click('#export')])
      check(
        /^notes-\d{4}-\d\d-\d\d\.db$/.test(download.suggestedFilename()),
        download.suggestedFilename(),
      )
      const file = await download.path()
      equal(readFileSync(file).subarray(0, 15).toString(), 'SQLite format 3')
      await writeNote(page, 'Later', 'than the export')
      await shows(page, ['Later', ...samples])

      writeFileSync(`${file}.txt`, 'this is no database '.repeat(500))
      await choose(page, `${file}.txt`)
      await page.waitForSelector('.message.error')
      check(
        (await page.textContent('.message.error')).includes('corrupt'),
        await page.textContent('.message.error'),
      )
      await shows(page, ['Later', ...samples])

      await choose(page, file)
      await shows(page, samples)
      await page.click('.toast button')
      await shows(page, ['Later', ...samples])
    },
  ),
}

async function choose(page, file) {
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.click('#import')])
  await chooser.setFiles(file)
}
