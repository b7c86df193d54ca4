import { z } from 'zod'

const onOff = z.enum(['on', 'off'])

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z.string().startsWith('postgres').optional(),
  DATA_DIR: z.string().default('.data'),
  SAMPLE: onOff.optional(),
  SAMPLE_PATHWAYS: z.coerce.number().int().min(100).max(300_000).default(6000),
  SAMPLE_HISTORY: onOff.default('on'),
  SAMPLE_SEED: z.coerce
    .number()
    .int()
    .min(0)
    .max(2 ** 31)
    .default(1),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('warn'),
  COOKIE_SECURE: onOff.default('off'),
  PTL_IDENTITY_KEY: z.string().optional(),
})

/** Everything the environment can say, parsed once. `.env.example` lists it. */
export interface Config {
  readonly port: number
  readonly host: string
  /** null: start the embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | null
  readonly dataDir: string
  /** The synthetic alliance and its sample sign-ins. Off by default on a database of yours. */
  readonly sample: boolean
  readonly samplePathways: number
  readonly sampleHistory: boolean
  readonly sampleSeed: number
  readonly logLevel: string
  readonly cookieSecure: boolean
  /** 32 bytes in hex or base64; null: a key file kept in `dataDir`. */
  readonly identityKey: string | null
}

/**
 * Reads the environment.
 * @throws Error with one line naming each setting that is wrong; values are not repeated, a secret may be among them
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const parsed = environment.safeParse(env)
  if (!parsed.success) {
    const wrong = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`)
    throw new Error(`The environment is not usable. ${wrong.join('; ')}`)
  }
  const said = parsed.data
  return {
    port: said.PORT,
    host: said.HOST,
    databaseUrl: said.DATABASE_URL ?? null,
    dataDir: said.DATA_DIR,
    sample: (said.SAMPLE ?? (said.DATABASE_URL === undefined ? 'on' : 'off')) === 'on',
    samplePathways: said.SAMPLE_PATHWAYS,
    sampleHistory: said.SAMPLE_HISTORY === 'on',
    sampleSeed: said.SAMPLE_SEED,
    logLevel: said.LOG_LEVEL,
    cookieSecure: said.COOKIE_SECURE === 'on',
    identityKey: said.PTL_IDENTITY_KEY ?? null,
  }
}
