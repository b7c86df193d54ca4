import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { InstrumenterContext, StrykerOptions } from '@stryker-mutator/api/core'
import { commonTokens, declareFactoryPlugin, PluginKind, tokens } from '@stryker-mutator/api/plugin'
import type {
  DryRunResult,
  MutantRunOptions,
  TestResult,
  TestRunner,
} from '@stryker-mutator/api/test-runner'
import {
  determineHitLimitReached,
  DryRunStatus,
  TestStatus,
  toMutantRunResult,
} from '@stryker-mutator/api/test-runner'
import { build } from 'esbuild'
import fc from 'fast-check'
import type { Test } from 'tap'

/**
 * Runs the domain's tests for Stryker inside its own worker process, one mutant after another.
 *
 * A process, a loader and a TAP stream for each mutant and test file cost a second each, and 1,700 mutants never
 * ended. Here the test files are bundled once, after the mutants were put in, and loaded afresh for each mutant, so
 * that nothing computed under one (a cache, a constant) is seen by the next. Assertions are tap's own. Every
 * `t.test` of the top level is one test to Stryker, which so runs only those that reach the mutant.
 */
interface Case {
  readonly title: string
  readonly run: (t: unknown) => unknown
}

/** What the bundle and the runner share: the tests found, and the tap test under way. */
const COLLECTED = Symbol.for('ptl.mutation')
const shared = globalThis as {
  __stryker__?: InstrumenterContext
  [COLLECTED]?: { cases: Case[]; running: unknown }
}

/** The bundle of all test files, in which `tap` collects `t.test` and hands the rest to the test under way. */
async function bundleTests(testFiles: readonly string[], outfile: string): Promise<void> {
  await build({
    stdin: {
      contents: testFiles.map((file) => `import ${JSON.stringify(`./${file}`)}`).join('\n'),
      resolveDir: process.cwd(),
    },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'error',
    plugins: [
      {
        name: 'collect-tests',
        setup(bundler) {
          bundler.onResolve({ filter: /^tap$/ }, () => ({ path: 'tap', namespace: 'collect' }))
          bundler.onLoad({ filter: /^tap$/, namespace: 'collect' }, () => ({
            contents: `const of = globalThis[Symbol.for('ptl.mutation')]
              const test = (title, run) => of.cases.push({ title, run })
              const get = (_, name) => name === 'test' ? test : of.running[name]
              export default new Proxy({}, { get })`,
          }))
        },
      },
    ],
  })
}

type TapTest = (title: string) => Test

/**
 * tap's assertions without its root test, which would end the process after half a minute without a test of its own,
 * and tells a parent process so as an object: Stryker's own words are text, and it dies of others.
 */
async function loadTap(): Promise<TapTest> {
  const send = process.send?.bind(process)
  if (send !== undefined) process.send = (said: unknown) => typeof said !== 'string' || send(said)
  const tap = await import('tap')
  tap.default.setTimeout(0)
  return (name) => new tap.Test({ name }) as unknown as Test
}

class FirstFailure extends Error {}

/** Throws at the first assertion that fails: one is all Stryker wants to know, and telling of each costs time. */
function stopping(t: Test): Test {
  return new Proxy(t, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return (...given: unknown[]): unknown => {
        const result: unknown = Reflect.apply(member, target, given)
        const failed = target.results?.failures[0]
        if (failed !== undefined) throw new FirstFailure(String(failed.name))
        return result
      }
    },
  })
}

async function runCase({ title, run }: Case, tapTest: TapTest): Promise<TestResult> {
  const began = performance.now()
  const t = stopping(tapTest(title))
  if (shared[COLLECTED] !== undefined) shared[COLLECTED].running = t
  let failure: string | null = null
  try {
    await run(t)
  } catch (error) {
    failure = String(error)
  }
  const timeSpentMs = Math.ceil(performance.now() - began)
  const test = { id: title, name: title, timeSpentMs }
  return failure === null
    ? { ...test, status: TestStatus.Success }
    : { ...test, status: TestStatus.Failed, failureMessage: failure }
}

function createRunner(options: StrykerOptions): TestRunner {
  const outfile = join(process.cwd(), `mutated-tests-${String(process.pid)}.mjs`)
  const { testFiles } = options['inProcess'] as { readonly testFiles: readonly string[] }
  const state: InstrumenterContext = (shared.__stryker__ ??= {})
  let loads = 0
  let tapTest: TapTest

  async function loadCases(): Promise<readonly Case[]> {
    const { cases } = (shared[COLLECTED] = { cases: [] as Case[], running: null })
    loads += 1
    await import(`${pathToFileURL(outfile).href}?load=${String(loads)}`)
    return cases
  }

  async function runCases(cases: readonly Case[], bail: boolean): Promise<TestResult[]> {
    const tests: TestResult[] = []
    for (const one of cases) {
      state.currentTestId = one.title
      const result = await runCase(one, tapTest)
      tests.push(result)
      if (bail && result.status === TestStatus.Failed) break
    }
    delete state.currentTestId
    return tests
  }

  return {
    capabilities: () => ({ reloadEnvironment: true }),
    async init() {
      // a run can be repeated, and no time goes into finding a smaller example that fails too
      fc.configureGlobal({ seed: 1, endOnFailure: true })
      tapTest = await loadTap()
      await bundleTests(testFiles, outfile)
    },
    async dryRun(): Promise<DryRunResult> {
      delete state.activeMutant
      const mutantCoverage = (state.mutantCoverage = { static: {}, perTest: {} })
      const tests = await runCases(await loadCases(), false)
      return { status: DryRunStatus.Complete, tests, mutantCoverage }
    },
    async mutantRun(mutant: MutantRunOptions) {
      delete state.hitCount
      delete state.activeMutant
      if (mutant.mutantActivation === 'static') state.activeMutant = mutant.activeMutant.id
      const cases = await loadCases()
      state.activeMutant = mutant.activeMutant.id
      if (mutant.hitLimit !== undefined) {
        state.hitCount = 0
        state.hitLimit = mutant.hitLimit
      }
      const wanted = mutant.testFilter === undefined ? null : new Set(mutant.testFilter)
      const reached = cases.filter(({ title }) => wanted === null || wanted.has(title))
      const tests = await runCases(reached.sort(byCost), !mutant.disableBail)
      const endless = determineHitLimitReached(state.hitCount, mutant.hitLimit)
      return toMutantRunResult(endless ?? { status: DryRunStatus.Complete, tests })
    },
    dispose: () => rm(outfile, { force: true }),
  }
}
/** Tables before properties: they take a hundredth of the time and kill nearly all. */
function byCost(a: Case, b: Case): number {
  const isProperty = ({ run }: Case) => Number(String(run).includes('fc.assert'))
  return isProperty(a) - isProperty(b)
}

createRunner.inject = tokens(commonTokens.options)

export const strykerPlugins = [
  declareFactoryPlugin(PluginKind.TestRunner, 'in-process', createRunner),
]
