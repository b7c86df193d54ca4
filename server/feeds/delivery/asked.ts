import { z } from 'zod'

/** What every door of a feed is asked by: the trust in the address. */
export const trustParams = z.object({ trust: z.string().max(10) })

/** Says what would come of a body, and keeps nothing of it. */
export const dryRun = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .default(false)

/** An id that a sender gives, to be told again in the answer. */
export const senderId = z.string().min(1).max(200).optional()
