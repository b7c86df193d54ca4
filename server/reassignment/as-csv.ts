import type { FastifyReply } from 'fastify'

/** Lines as CSV, a column a field; what a spreadsheet would take for a formula is made text. */
export type WriteCsv = (lines: readonly object[], nothing: '' | '*') => string

/** Sends a text as a file to keep. */
export function asCsv(reply: FastifyReply, name: string, text: string): FastifyReply {
  return reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .send(text)
}
