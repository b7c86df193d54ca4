import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { Refusal } from '../../shared/problem.ts'
import { tagOf } from './build.ts'
import type { Page, PageFile } from './build.ts'

/** Places the page draws by itself: a reload or a link from a mail must land there. */
const PLACES = [
  '/',
  '/sign-in',
  '/list',
  '/entries/:id',
  '/suggestions',
  '/transfers',
  '/capacity',
  '/lead',
  '/policy',
  '/mdt',
  '/weekly',
  '/effect',
  '/flow',
  '/plan',
  '/feeds',
  '/governance',
]
const A_YEAR = 'public, max-age=31536000, immutable'

/** The page and its files. Names of files carry their hash, so they are kept for a year; the page itself is asked for anew. */
export async function webRoutes(
  app: FastifyInstance,
  options: { readonly page: Page },
): Promise<void> {
  const { files } = options.page
  const index = files.get('/index.html')
  if (index === undefined) throw new Error('the page was built without index.html')
  const tag = tagOf(index.body)

  for (const place of PLACES) {
    app.get(place, { schema: { hide: true } }, async (request, reply) => {
      void reply.header('cache-control', 'no-cache').header('etag', tag)
      if (request.headers['if-none-match'] === tag) return reply.code(304).send()
      return sendFile(request, reply, index)
    })
  }

  app.get('/assets/*', { schema: { hide: true } }, async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const file = files.get(path)
    if (file === undefined) {
      throw new Refusal('not-found', 'No such file. Reload the page: it may have been renewed.')
    }
    return sendFile(request, reply.header('cache-control', A_YEAR), file)
  })
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: PageFile): FastifyReply {
  void reply.header('content-type', file.type).header('vary', 'accept-encoding')
  const accepted = request.headers['accept-encoding'] ?? ''
  if (!/\bgzip\b/.test(accepted)) return reply.send(file.body)
  return reply.header('content-encoding', 'gzip').send(file.gzipped)
}
