import { Refusal } from '../../shared/problem.ts'

/** A place between rows: after the entry with this key and id, whether or not it is still there. */
export interface ListCursor {
  readonly key: number
  readonly id: number
}

const SHAPE = /^1\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})$/

/** Opaque text of a cursor, safe in a URL. */
export function writeCursor(cursor: ListCursor): string {
  const text = `1.${cursor.key.toString(36)}.${cursor.id.toString(36)}`
  return Buffer.from(text).toString('base64url')
}

/** @throws Refusal `bad-request` for text this service never wrote */
export function readCursor(text: string): ListCursor {
  const parts = SHAPE.exec(Buffer.from(text, 'base64url').toString('latin1'))
  const key = Number.parseInt(parts?.[1] ?? '', 36)
  const id = Number.parseInt(parts?.[2] ?? '', 36)
  if (!Number.isSafeInteger(key) || !Number.isSafeInteger(id))
    throw new Refusal(
      'bad-request',
      'cursor is not one this list gave; leave it out to start again',
    )
  return { key, id }
}
