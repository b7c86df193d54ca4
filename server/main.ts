import closeWithGrace from 'close-with-grace'
import { ROLES } from '../shared/vocabulary.ts'
import { readConfig } from './config.ts'
import { startService, type Service } from './start.ts'

const CLOSE_WITHIN_MS = 15_000

/*
 * `npm start`. Everything that can go wrong for a reason outside the program is one clear line and a non-zero exit.
 */
async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(
      'npm start    starts the service. Settings come from the environment; .env.example lists them.',
    )
    return
  }
  const startedAt = performance.now()
  const config = readConfig(process.env)
  const service = await startService(config, { say: (line) => console.log(line) })
  closeWithGrace({ delay: CLOSE_WITHIN_MS }, async ({ err }) => {
    if (err !== undefined) console.error(err)
    await service.stop()
  })
  console.log(welcome(service, (performance.now() - startedAt) / 1000))
  let stopping = false
  process.once('SIGINT', () => (stopping = true)).once('SIGTERM', () => (stopping = true))
  await service.sample?.history.then(
    (rows) => {
      if (rows > 0 && !stopping)
        console.log(
          `  closed history is in: this start loaded ${rows.toLocaleString('en-GB')} pathways of it`,
        )
    },
    () => console.log('  the closed history was not taken whole; the next start goes on with it'),
  )
}

/** One block with all a newcomer needs: where, who to be, and the keys to push with. */
function welcome({ url, mllpPort, sample }: Service, seconds: number): string {
  const lines = ['', `Shared patient tracking list: ${url}   (ready in ${seconds.toFixed(1)} s)`]
  if (sample !== null) {
    lines.push('', 'Everything in it is SYNTHETIC. Sign in on the page as one of:')
    for (const { name, role, organisation } of sample.people) {
      lines.push(`  ${organisation.padEnd(5)} ${ROLES[role].padEnd(34)} ${name}`)
    }
    lines.push('', 'Feed keys of the sample trusts (Authorization: Bearer ...):')
    for (const { organisation, key } of sample.keys)
      lines.push(`  ${organisation.padEnd(5)} ${key}`)
  }
  if (mllpPort !== null) lines.push('', `HL7 over MLLP: port ${mllpPort}`)
  lines.push('', `API: ${url}/docs   sockets: ${url}/asyncapi.json   stop: Ctrl-C`, '')
  return lines.join('\n')
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
})
