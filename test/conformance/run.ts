import type { Outcome } from './pack.ts'
import { placeOf, readCases, runCase } from './pack.ts'

const HELP = `npm run conformance -- URL KEY [FORMAT]

Sends valid and broken files in each format to a service and checks each answer.
  URL     such as http://127.0.0.1:3000
  KEY     a SANDBOX feed key with the scopes delivery:write and capacity:write; or - to take it from PTL_CONFORMANCE_KEY
  FORMAT  one folder of test/conformance/cases alone
Exit status: 0 all passed, 1 some failed, 2 nothing was sent.`

async function main(): Promise<number> {
  const [address, said, only] = process.argv.slice(2).filter((one) => one !== '--help')
  if (process.argv.includes('--help') || address === undefined || said === undefined) {
    console.log(HELP)
    return process.argv.includes('--help') ? 0 : 2
  }
  const key = said === '-' ? (process.env['PTL_CONFORMANCE_KEY'] ?? '') : said
  const url = address.replace(/\/$/, '')
  const cases = readCases().filter(({ format }) => only === undefined || format === only)
  if (cases.length === 0) throw new Error(`There is no case of the format ${only ?? ''}.`)
  const place = await placeOf(url, key)
  const outcomes: Outcome[] = []
  for (const one of cases) outcomes.push(await runCase(url, key, place, one))
  const width = Math.max(...outcomes.map(({ format }) => format.length))
  for (const { format, title, wrong } of outcomes) {
    console.log(`${wrong === null ? 'pass' : 'FAIL'}  ${format.padEnd(width)}  ${title}`)
    if (wrong !== null) console.log(`      ${wrong}`)
  }
  const failed = outcomes.filter(({ wrong }) => wrong !== null).length
  console.log(`${outcomes.length - failed} passed, ${failed} failed, as ${place.trust}`)
  return failed === 0 ? 0 : 1
}

main().then(
  (status) => (process.exitCode = status),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error))
    process.exitCode = 2
  },
)
