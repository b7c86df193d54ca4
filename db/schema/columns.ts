import { customType, timestamp } from 'drizzle-orm/pg-core'

/** Raw bytes: hashes and sealed identities. */
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => 'bytea' })

/** An instant, microseconds, UTC. Calendar dates are `date` columns in string mode. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: 'string' })
