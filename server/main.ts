import { createServer } from 'node:net'
import closeWithGrace from 'close-with-grace'
import { readConfig } from './config.ts'
import { startService } from './start.ts'

/*
 * `npm start`. Everything that can go wrong for a reason outside the program is one clear line and a non-zero exit.
 */
async function main(): Promise<void> {
  if (process.argv.includes('--help')) {
    console.log(
      'npm start    starts the service; .env.example lists the settings, all from the environment',
    )
    return
  }
  const config = readConfig(process.env)
  await assertPortFree(config.port, config.host)
  const service = await startService(config, { say: (line) => console.log(line) })
  closeWithGrace({ delay: 15_000 }, async ({ err }) => {
    if (err !== undefined) console.error(err)
    await service.stop()
  })
}

/** Before minutes of loading, not after. */
async function assertPortFree(port: number, host: string): Promise<void> {
  if (port === 0) return
  await new Promise<void>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (cause: NodeJS.ErrnoException) => {
      const why =
        cause.code === 'EADDRINUSE'
          ? 'is in use'
          : `cannot be opened (${cause.code ?? 'unknown reason'})`
      reject(
        new Error(
          `Port ${String(port)} on ${host} ${why}. Set PORT to another, or stop what holds it.`,
        ),
      )
    })
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error))
  process.exit(1)
})
