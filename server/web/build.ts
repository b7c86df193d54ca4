import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { build } from 'esbuild'
import type { Metafile, OutputFile, Plugin } from 'esbuild'

const compress = promisify(gzip)
const require = createRequire(import.meta.url)

export interface PageFile {
  readonly body: Buffer
  /** The same, gzipped once at the start rather than at each request. */
  readonly gzipped: Buffer
  readonly type: string
}

/** Everything a browser loads, by path. `/index.html` names the others; all others carry their hash in their name. */
export interface Page {
  readonly files: ReadonlyMap<string, PageFile>
}

const TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  html: 'text/html; charset=utf-8',
}

/**
 * Bundles the page in memory: about 0.3 s, so the service does it at each start and no build step can be forgotten.
 * Nothing it makes asks another origin for anything, and it holds no inline script or style.
 */
export async function buildPage(): Promise<Page> {
  const folder = join(import.meta.dirname, 'page')
  const result = await build({
    entryPoints: [join(folder, 'main.tsx'), join(folder, 'page.css'), join(folder, 'icon.svg')],
    bundle: true,
    minify: true,
    splitting: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    outdir: '/assets',
    entryNames: '[name]-[hash]',
    chunkNames: '[name]-[hash]',
    loader: { '.svg': 'copy' },
    plugins: [withoutZod, nhsStyles],
    logLevel: 'silent',
  })
  const files = new Map<string, PageFile>()
  for (const output of result.outputFiles) {
    files.set(pathOf(output), await pageFile(Buffer.from(output.contents), output.path))
  }
  const named = (pattern: RegExp): string => {
    const path = [...files.keys()].find((candidate) => pattern.test(candidate))
    if (path === undefined)
      throw new Error(`the page was built without a file like ${pattern.source}`)
    return path
  }
  const script = named(/^\/assets\/main-.*\.js$/)
  const html = indexHtml({
    script,
    beside: importedBy(result.metafile, script),
    style: named(/^\/assets\/page-.*\.css$/),
    icon: named(/^\/assets\/icon-.*\.svg$/),
  })
  files.set('/index.html', await pageFile(Buffer.from(html), 'index.html'))
  return { files }
}

/** Paths of the scripts that this one imports at once, however far down. */
function importedBy({ outputs }: Metafile, script: string): string[] {
  const found = new Set<string>()
  const follow = (path: string): void => {
    const output = Object.entries(outputs).find(([name]) => servedAs(name) === path)?.[1]
    for (const { path: name, kind } of output?.imports ?? []) {
      const imported = servedAs(name)
      if (kind !== 'import-statement' || found.has(imported)) continue
      found.add(imported)
      follow(imported)
    }
  }
  follow(script)
  return [...found]
}

/** A strong entity tag of a body. */
export function tagOf(body: Buffer): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`
}

/** The path of an output of the bundle, which names it from the working directory. */
function servedAs(name: string): string {
  return `/assets/${name.slice(name.lastIndexOf('/') + 1)}`
}

/** On Windows esbuild puts a drive in front of the virtual folder. */
function pathOf(output: OutputFile): string {
  return output.path.replaceAll('\\', '/').replace(/^[A-Za-z]:/, '')
}

async function pageFile(body: Buffer, name: string): Promise<PageFile> {
  const type = TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? 'application/octet-stream'
  return { body, gzipped: await compress(body, { level: 9 }), type }
}

function indexHtml(paths: {
  readonly script: string
  /** What the script cannot begin without: asked for with it, not after it. */
  readonly beside: readonly string[]
  readonly style: string
  readonly icon: string
}): string {
  const preloads = paths.beside.map((path) => `<link rel="modulepreload" href="${path}">\n`)
  return `<!doctype html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>Shared patient tracking list</title>
<link rel="icon" href="${paths.icon}" type="image/svg+xml">
<link rel="stylesheet" href="${paths.style}">
${preloads.join('')}<script type="module" src="${paths.script}"></script>
</head>
<body>
<div id="page"></div>
<noscript>This page needs JavaScript. The same data is at /api/list; see /docs.</noscript>
</body>
</html>
`
}

/**
 * The page takes words and types from the shared schemas and checks nothing with them: what it reads was made from the
 * same schemas by the server it came from. So zod (60 kB) stays out; its place is taken by something that may be
 * called and chained at will.
 */
const withoutZod: Plugin = {
  name: 'without-zod',
  setup(builder) {
    builder.onResolve({ filter: /^zod$/ }, () => ({ path: 'zod', namespace: 'without-zod' }))
    builder.onLoad({ filter: /.*/, namespace: 'without-zod' }, () => ({
      contents: `export const z = new Proxy(() => z, { get: () => z, apply: () => z })`,
    }))
  },
}

/** The NHS styles as published, less the fonts (asked of another origin), with their few icons drawn in. */
const nhsStyles: Plugin = {
  name: 'nhs-styles',
  setup(builder) {
    const assets = dirname(require.resolve('nhsuk-frontend/package.json'))
    const styles = join(assets, 'dist/nhsuk/nhsuk-frontend.min.css')
    builder.onResolve({ filter: /^nhsuk-frontend$/, namespace: 'file' }, () => ({ path: styles }))
    builder.onLoad({ filter: /nhsuk-frontend\.min\.css$/ }, async (args) => {
      const published = await readFile(args.path, 'utf8')
      return { contents: published.replaceAll(/@font-face\{[^}]*\}/g, ''), loader: 'css' }
    })
    builder.onResolve({ filter: /^\/assets\/images\// }, (args) => ({
      path: join(assets, 'dist/nhsuk', args.path),
      namespace: 'nhs-icon',
    }))
    builder.onLoad({ filter: /\.svg$/, namespace: 'nhs-icon' }, async (args) => {
      return { contents: await readFile(args.path), loader: 'dataurl' }
    })
  },
}
