import type { TransactionSql } from '../../../db/client.ts'

/** Numbers of entries to be, taken from their sequence beforehand; those not used are left out for good. */
export interface IdBlocks {
  /** @throws Error when the block is used up: more rows were added to a part than it may hold */
  next(): number
  /**
   * Ends the block that is being used.
   * @returns what asks for a further block, to be called when the connection is free
   */
  fill(): () => Promise<void>
  /** Resolves when the block to be used next is here; to be asked once the part before the last is in. */
  ready(): Promise<void>
}

type Block = readonly number[]

/**
 * Two blocks lie ready from the start: one is used, and the next is there before the part being copied in has kept the
 * connection busy. The same connection is used throughout: another could wait for a slot of the pool and this for it.
 * @param size rows of a part, at the most
 */
export async function openIdBlocks(tx: TransactionSql, size: number): Promise<IdBlocks> {
  const [first, second] = await Promise.all([take(tx, size), take(tx, size)])
  let block: Block = first
  let used = 0
  let coming: Promise<Block>[] = [Promise.resolve(second)]
  return {
    next() {
      const id = block[used]
      if (id === undefined) throw new Error('a part has more rows than numbers were taken for')
      used += 1
      return id
    },
    fill() {
      let arrive: (block: Promise<Block>) => void = () => undefined
      const next = new Promise<Block>((resolve) => (arrive = resolve))
      // Heard by `ready`, if it comes to that.
      next.catch(() => undefined)
      coming.push(next)
      return async () => {
        const asked = take(tx, size)
        arrive(asked)
        await asked
      }
    },
    async ready() {
      const [next, ...rest] = coming
      if (next === undefined) throw new Error('no further numbers were asked for')
      block = await next
      coming = rest
      used = 0
    },
  }
}

async function take(tx: TransactionSql, size: number): Promise<Block> {
  const [row] = await tx<{ lowest: number; ids: number[] | null }[]>`
    select min(id) as lowest, case when max(id) - min(id) + 1 > count(*) then array_agg(id) end as ids
    from (select nextval('entry_id_seq'::regclass) as id from generate_series(1, ${size})) taken`
  if (row === undefined) throw new Error('the numbers did not come back')
  const { lowest, ids } = row
  return ids ?? Array.from({ length: size }, (_, at) => lowest + at)
}
