/*
 * `npm run bench [name] [-- args]`: one JSON line per figure, each with its peer measured in the same run and the
 * ratio between them; above 1 we are ahead. Without a name: all of them, one after another.
 */
import { spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('.', import.meta.url))
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.part.ts') && file !== 'run.ts')
  .map((file) => file.slice(0, -'.ts'.length))
  .sort()

const [wanted, ...args] = process.argv.slice(2)
if (wanted === '--help' || (wanted !== undefined && !names.includes(wanted))) {
  console.error(`npm run bench [${names.join(' | ')}] [-- args]`)
  process.exit(wanted === '--help' ? 0 : 2)
}
for (const name of wanted === undefined ? names : [wanted]) {
  const child = spawn(
    process.execPath,
    // As `npm start` runs the service.
    ['--max-semi-space-size=32', '--import', 'tsx', `${folder}${name}.ts`, ...args],
    { stdio: 'inherit' },
  )
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) process.exitCode = 1
}
