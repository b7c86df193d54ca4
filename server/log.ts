import { pino, type DestinationStream, type Logger } from 'pino'
import { toldPath } from './ops/told-path.ts'

/**
 * The log: JSON lines on standard error, so that standard output stays for people.
 * Bodies are never logged; redaction is the second line of defence, not the first.
 */
export function openLog(
  level: string,
  to: DestinationStream = pino.destination({ fd: 2, sync: false }),
): Logger {
  return pino(
    {
      level,
      base: null,
      redact: {
        paths: [
          'req.headers.authorization',
          'req.headers.cookie',
          '*.identity',
          '*.nhsNumber',
          '*.name',
        ],
        censor: '[redacted]',
      },
      serializers: {
        // the path only: a query may hold what somebody typed to find a patient
        req: (request: { method: string; url: string; id: string }) => ({
          id: request.id,
          method: request.method,
          path: toldPath(request.url),
        }),
      },
    },
    to,
  )
}

/** What failed, without the message: a driver's may quote a value out of a row. */
export function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return typeof error
  const code = 'code' in error ? ` ${String(error.code)}` : ''
  const frames = (error.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
  return `${error.name}${code} ${frames.slice(0, 4).join(' ')}`
}
