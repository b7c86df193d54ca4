import { parseArgs } from 'node:util'
import { isIsoDate, londonDate } from '../../shared/date.ts'
import { MOST_TRUSTS } from './alliance.ts'
import { writeFiles } from './files.ts'
import { MOST_PATHWAYS, populationOf } from './population.ts'

const HELP = `Writes a synthetic cancer alliance as feed files. Nothing in them is about anybody real.

npm run sample -- --out DIR [options]

  --out DIR        folder to write; made if missing, must be empty
  --overwrite      write into a folder that is not empty
  --pathways N     open pathways, 1 to ${String(MOST_PATHWAYS)} (6000)
  --trusts N       1 to ${String(MOST_TRUSTS)} (8)
  --seed S         whole number; the same seed gives the same bytes (1)
  --as-of DATE     day of the extract, YYYY-MM-DD (today in London)
  --dirty RATE     share of rows broken on purpose, 0 to 1 (0.01)
  --history        closed pathways of two years too
  --help           this text
`

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      overwrite: { type: 'boolean', default: false },
      pathways: { type: 'string', default: '6000' },
      trusts: { type: 'string', default: '8' },
      seed: { type: 'string', default: '1' },
      'as-of': { type: 'string' },
      dirty: { type: 'string', default: '0.01' },
      history: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    process.stdout.write(HELP)
    return
  }
  if (values.out === undefined) throw new Error('--out DIR is wanted; --help tells the rest')
  const asOf = values['as-of'] ?? londonDate(Date.now())
  if (!isIsoDate(asOf)) throw new Error('--as-of wants a calendar date as YYYY-MM-DD')
  const pathways = wholeNumber('--pathways', values.pathways, 1, MOST_PATHWAYS)
  const trusts = wholeNumber('--trusts', values.trusts, 1, MOST_TRUSTS)
  const seed = wholeNumber('--seed', values.seed, 0, 2 ** 31 - 1)
  const dirtyRate = Number(values.dirty)
  if (!(dirtyRate >= 0 && dirtyRate <= 1)) throw new Error('--dirty wants a number from 0 to 1')

  const say = (text: string): void => void process.stderr.write(`${text}\n`)
  say(`Drawing the arrivals of ${String(pathways)} open pathways over ${String(trusts)} trusts ...`)
  const written = await writeFiles(populationOf({ seed, asOf, pathways, trusts }), {
    directory: values.out,
    dirtyRate,
    history: values.history,
    overwrite: values.overwrite,
    onProgress: (done, total, what) =>
      say(`  ${String(done)}${total > 0 ? ` of ${String(total)}` : ''} ${what}`),
  })
  say(
    `Wrote ${String(written.files.length)} files in ${values.out}: ${String(written.openEntries)} open ` +
      `entries, ${String(written.closedEntries)} closed, ${String(written.dirtyRows)} rows broken on purpose.`,
  )
}

function wholeNumber(option: string, text: string, low: number, high: number): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value >= low && value <= high) return value
  throw new Error(`${option} wants a whole number from ${String(low)} to ${String(high)}`)
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
})
