import { readFileSync } from 'node:fs'
import { z } from 'zod'

const onOff = z.enum(['on', 'off'])
const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
/** Sign-in over plain http is for a provider on this very machine, in tests. */
const safeAddress = z
  .url({ protocol: /^https?$/ })
  .refine((text) => text.startsWith('https:') || LOOPBACK.has(new URL(text).hostname), {
    message: 'wants https, or a provider on this machine',
  })

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  DATABASE_URL: z.string().startsWith('postgres').optional(),
  DATA_DIR: z.string().default('.data'),
  SAMPLE: z.enum(['on', 'off', 'force']).optional(),
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
  TRUST_PROXY: z.string().min(1).optional(),
  PTL_IDENTITY_KEY: z.string().optional(),
  OIDC_ISSUER: safeAddress.optional(),
  OIDC_CLIENT_ID: z.string().min(1).optional(),
  OIDC_CLIENT_SECRET: z.string().min(1).optional(),
  OIDC_REDIRECT_URL: safeAddress.optional(),
  OIDC_SCOPE: z.string().default('openid'),
  OIDC_ACR_VALUES: z.string().default(''),
  OIDC_MIN_AAL: z.coerce.number().int().min(0).max(4).default(0),
  OIDC_ROLE_CLAIM: z.string().min(1).optional(),
  OIDC_ALG: z.enum(['RS256', 'RS512', 'PS256', 'ES256', 'ES512']).default('RS256'),
  OIDC_CLOCK_TOLERANCE: z.coerce.number().int().min(0).max(600).default(60),
  MLLP_PORT: z.coerce.number().int().min(0).max(65_535).optional(),
  MLLP_SENDERS: z.string().min(1).optional(),
  MLLP_TLS_KEY: z.string().min(1).optional(),
  MLLP_TLS_CERT: z.string().min(1).optional(),
  MLLP_TLS_CA: z.string().min(1).optional(),
  SECURITY_CONTACT: z
    .string()
    .regex(/^(mailto|https):[!-~]+$/, 'wants mailto:... or https://...')
    .optional(),
  BREAK_GLASS_MINUTES: z.coerce.number().int().min(1).max(1440).default(60),
  RETENTION_YEARS: z.coerce.number().int().min(1).max(100).default(8),
  AUDIT_RETENTION_YEARS: z.coerce.number().int().min(1).max(100).default(8),
})
/** Settings that may come from a file, as `<NAME>_FILE`: what is in the environment shows in too many places. */
const SECRETS = ['DATABASE_URL', 'PTL_IDENTITY_KEY', 'OIDC_CLIENT_SECRET'] as const

/** Where people sign in, and what is asked of the provider. */
export interface OidcConfig {
  readonly issuer: string
  readonly clientId: string
  /** null: a public client, held by PKCE alone. */
  readonly clientSecret: string | null
  readonly redirectUrl: string
  readonly scope: string
  /** Asked for, and one of them must come back; empty: not asked. NHS CIS2: `AAL3_ANY` and the like. */
  readonly acrValues: readonly string[]
  /** The least `authentication_assurance_level` that is let in; 0: not looked at. */
  readonly minimumAal: number
  /** The claim with the role profile that was picked; with the subject it finds our person. null: the subject alone. */
  readonly roleClaim: string | null
  readonly algorithm: string
  readonly clockToleranceSeconds: number
}

/** HL7 over MLLP: where it listens, and the files that say to whom. */
export interface MllpConfig {
  readonly port: number
  /** The allow list of senders, with their keys. */
  readonly sendersFile: string
  /** Files in PEM; null: plain TCP. `caFile` null: senders show no certificate. */
  readonly tls: {
    readonly keyFile: string
    readonly certFile: string
    readonly caFile: string | null
  } | null
}

/** Everything the environment can say, parsed once. `.env.example` lists it. */
export interface Config {
  readonly port: number
  readonly host: string
  /** null: start the embedded PostgreSQL in `dataDir`. */
  readonly databaseUrl: string | null
  readonly dataDir: string
  /** The synthetic alliance and its sample sign-ins. Off by default on a database of yours. */
  readonly sample: boolean
  /** Even in a database that holds more than the sample: anybody may then sign in to it. */
  readonly sampleForced: boolean
  readonly samplePathways: number
  readonly sampleHistory: boolean
  readonly sampleSeed: number
  readonly logLevel: string
  readonly cookieSecure: boolean
  /** Addresses of proxies whose word on where a request came from is taken; null: nobody's. */
  readonly trustProxy: string | null
  readonly identityKey: string | null
  /** null: no provider; people sign in as the sample's, or not at all. */
  readonly oidc: OidcConfig | null
  /** null: nobody is listened to. */
  readonly mllp: MllpConfig | null
  /** Of security.txt, where flaws are told. */
  readonly securityContact: string | null
  readonly breakGlassMinutes: number
  /** Whole years a closed pathway is kept, and an event of the audit. [IG-12, IG-13] */
  readonly retentionYears: number
  readonly auditRetentionYears: number
}

/**
 * Reads the environment.
 * @throws Error with one line naming each setting that is wrong; values are not repeated, a secret may be among them
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const parsed = environment.safeParse({ ...env, ...secretsFromFiles(env) })
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
    sample: (said.SAMPLE ?? (said.DATABASE_URL === undefined ? 'on' : 'off')) !== 'off',
    sampleForced: said.SAMPLE === 'force',
    samplePathways: said.SAMPLE_PATHWAYS,
    sampleHistory: said.SAMPLE_HISTORY === 'on',
    sampleSeed: said.SAMPLE_SEED,
    logLevel: said.LOG_LEVEL,
    cookieSecure: said.COOKIE_SECURE === 'on',
    trustProxy: said.TRUST_PROXY ?? null,
    identityKey: said.PTL_IDENTITY_KEY ?? null,
    oidc: oidcOf(said),
    mllp: mllpOf(said),
    securityContact: said.SECURITY_CONTACT ?? null,
    breakGlassMinutes: said.BREAK_GLASS_MINUTES,
    retentionYears: said.RETENTION_YEARS,
    auditRetentionYears: said.AUDIT_RETENTION_YEARS,
  }
}

function oidcOf(said: z.infer<typeof environment>): OidcConfig | null {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_REDIRECT_URL: redirectUrl } = said
  if (issuer === undefined && clientId === undefined && redirectUrl === undefined) return null
  if (issuer === undefined || clientId === undefined || redirectUrl === undefined) {
    throw new Error(
      'The environment is not usable. Sign-in wants OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_REDIRECT_URL together.',
    )
  }
  return {
    issuer,
    clientId,
    clientSecret: said.OIDC_CLIENT_SECRET ?? null,
    redirectUrl,
    scope: said.OIDC_SCOPE,
    acrValues: said.OIDC_ACR_VALUES.split(/\s+/).filter((value) => value !== ''),
    minimumAal: said.OIDC_MIN_AAL,
    roleClaim: said.OIDC_ROLE_CLAIM ?? null,
    algorithm: said.OIDC_ALG,
    clockToleranceSeconds: said.OIDC_CLOCK_TOLERANCE,
  }
}

function mllpOf(said: z.infer<typeof environment>): MllpConfig | null {
  const { MLLP_PORT: port, MLLP_SENDERS: sendersFile } = said
  const { MLLP_TLS_KEY: keyFile, MLLP_TLS_CERT: certFile, MLLP_TLS_CA: caFile } = said
  if (port === undefined) return null
  if (sendersFile === undefined) {
    throw new Error(
      'The environment is not usable. MLLP_PORT wants MLLP_SENDERS, the file that says who may send.',
    )
  }
  if (keyFile !== undefined && certFile !== undefined) {
    return { port, sendersFile, tls: { keyFile, certFile, caFile: caFile ?? null } }
  }
  if (keyFile === undefined && certFile === undefined && caFile === undefined) {
    return { port, sendersFile, tls: null }
  }
  throw new Error('The environment is not usable. Set MLLP_TLS_KEY and MLLP_TLS_CERT together.')
}

function secretsFromFiles(
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const name of SECRETS) {
    const file = env[`${name}_FILE`]
    if (file === undefined) continue
    if (env[name] !== undefined) {
      throw new Error(`The environment is not usable. Set ${name} or ${name}_FILE, not both.`)
    }
    try {
      found[name] = readFileSync(file, 'utf8').trim()
    } catch {
      throw new Error(`The environment is not usable. ${name}_FILE names no file that can be read.`)
    }
  }
  return found
}
