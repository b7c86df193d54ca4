import { spawnSync } from 'node:child_process'
import { build } from 'esbuild'

if (process.argv.includes('--help')) {
  process.stdout.write(
    'npm run mutation    breaks the clock and transfer rules and says which breaks no test sees\n',
  )
  process.exit(0)
}

/**
 * `npm run mutation`: mutation testing of clock and transfer. The runner is made plain JavaScript first, because a
 * loader in Stryker's workers would talk on the channel that they talk to Stryker on.
 */
await build({
  entryPoints: ['test/mutation/runner.ts'],
  outfile: '.tap/mutation-runner.mjs',
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  logLevel: 'error',
})
const stryker = 'node_modules/@stryker-mutator/core/bin/stryker.js'
const { status } = spawnSync(process.execPath, [stryker, 'run', '.stryker.config.json'], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
