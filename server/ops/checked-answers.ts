import { isDeepStrictEqual } from 'node:util'
import type { FastifySerializerCompiler } from 'fastify/types/schema.js'
import { serializerCompiler } from 'fastify-type-provider-zod'
import { z } from 'zod'

/** Rows remembered at most; past it all are forgotten, to be checked again when they are next sent. */
const ROWS_REMEMBERED = 50_000

/**
 * Writes answers as their schemas have them: nothing goes out that its schema does not name, and what a schema would not
 * take is an error of ours. Rows of a list that are the same objects from answer to answer are held to their schema the
 * first time each is sent, and frozen, so that what was found then stays so; after that they are only written. That
 * check was a third of the work of a page.
 * @param kept the schema of such rows, as it stands in an array of an answer
 */
export function checkedAnswers(kept: z.ZodType): FastifySerializerCompiler<z.ZodType> {
  const rows = rowsOnceChecked(kept)
  return (route) => {
    const whole = serializerCompiler(route)
    const parts = partsOf(route.schema, kept)
    if (parts === null) return whole
    const others = serializerCompiler({ ...route, schema: parts.others })
    return (answer: Readonly<Record<string, unknown>>) => {
      const given = answer[parts.field]
      const sendable = Array.isArray(given) ? rows(given) : null
      // What is wrong with a row is told as for any other answer.
      if (sendable === null) return whole(answer)
      const text = others(answer)
      const first = `{${JSON.stringify(parts.field)}:${JSON.stringify(sendable)}`
      return text === '{}' ? `${first}}` : `${first},${text.slice(1)}`
    }
  }
}

/** The field that holds such rows, and the schema without it; null where there is none, or the whole is checked too. */
function partsOf(schema: z.ZodType, kept: z.ZodType) {
  if (!(schema instanceof z.ZodObject)) return null
  const { catchall, checks = [] } = schema.def
  if (catchall !== undefined || checks.length > 0) return null
  const fields = Object.entries(schema.shape)
  const found = fields.find(([, of]) => of instanceof z.ZodArray && of.element === kept)
  if (found === undefined) return null
  const [field] = found
  return { field, others: z.object(Object.fromEntries(fields.filter(([name]) => name !== field))) }
}

/** @returns what gives rows as their schema has them; null when one is not as it should be */
function rowsOnceChecked(schema: z.ZodType) {
  let right = new WeakSet<object>()
  let remembered = 0
  function sendable(row: unknown): unknown {
    if (typeof row !== 'object' || row === null) return undefined
    if (right.has(row)) return row
    const found = z.safeEncode(schema, row)
    if (!found.success) return undefined
    // A row that holds more than its schema names goes out without it, each time.
    if (!isDeepStrictEqual(found.data, row)) return found.data
    if (remembered >= ROWS_REMEMBERED) {
      right = new WeakSet()
      remembered = 0
    }
    right.add(frozen(row))
    remembered += 1
    return row
  }
  return (given: readonly unknown[]): unknown[] | null => {
    const found = given.map(sendable)
    return found.includes(undefined) ? null : found
  }
}

function frozen<Part extends object>(part: Part): Part {
  for (const inner of Object.values(part)) {
    if (typeof inner === 'object' && inner !== null) frozen(inner as object)
  }
  return Object.freeze(part)
}
