import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import { z } from 'zod'

/*
 * `npm run sbom [-- DIR]`: a CycloneDX list of everything the service runs with, and the licence of each, as
 * `sbom.json` and `licences.csv`. Development packages are left out.
 */
const LONGEST_OUTPUT = 64 * 1024 * 1024
const licence = z.union([
  z.object({ license: z.object({ id: z.string().optional(), name: z.string().optional() }) }),
  z.object({ expression: z.string() }),
])
const bom = z.looseObject({
  components: z.array(
    z.looseObject({
      name: z.string(),
      version: z.string(),
      licenses: z.array(licence).optional(),
    }),
  ),
})

if (process.argv.includes('--help')) {
  say(
    'npm run sbom [-- DIR]    writes sbom.json (CycloneDX) and licences.csv of what runs to DIR (.sbom)',
  )
  process.exit(0)
}
const directory = process.argv[2] ?? '.sbom'
const text = execFileSync('npm', ['sbom', '--sbom-format=cyclonedx', '--omit=dev'], {
  encoding: 'utf8',
  maxBuffer: LONGEST_OUTPUT,
  stdio: ['ignore', 'pipe', 'ignore'],
})
const { components } = bom.parse(JSON.parse(text))
const lines = components.map(({ name, version, licenses = [] }) => [
  name,
  version,
  licenses
    .map((one) =>
      'expression' in one ? one.expression : (one.license.id ?? one.license.name ?? 'unknown'),
    )
    .join(' AND ') || 'unknown',
])
mkdirSync(directory, { recursive: true })
writeFileSync(join(directory, 'sbom.json'), text)
writeFileSync(
  join(directory, 'licences.csv'),
  stringify([['package', 'version', 'licence'], ...lines]),
)

const counts = new Map<string, number>()
for (const [, , name = ''] of lines) counts.set(name, (counts.get(name) ?? 0) + 1)
say(`${String(lines.length)} packages, in ${directory}/sbom.json and ${directory}/licences.csv`)
for (const [name, count] of [...counts].sort((a, b) => b[1] - a[1]))
  say(`${String(count).padStart(5)} ${name}`)

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
