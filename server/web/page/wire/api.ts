import type { Problem } from '../../../../shared/problem.ts'

/** A "no" of the server, with its problem document; `status` 0 when no answer came. */
export class ApiProblem extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, detail: string) {
    super(detail)
    this.name = 'ApiProblem'
    this.status = status
    this.code = code
  }
}

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly body?: unknown
  /** Version looked at: quoted into If-Match unless it is already an entity tag. */
  readonly ifMatch?: string | number
  readonly signal?: AbortSignal
  /** Nothing is written by it, whatever its method: as a GET unless told. */
  readonly isRead?: boolean
  /** How long an answer is waited for; a read 20 s, what is sent 2 minutes. */
  readonly patienceMs?: number
}

/** Told of the window when any answer says that nobody is signed in. */
export const SIGNED_OUT = 'ptl-signed-out'

const READ_PATIENCE_MS = 20_000
const SEND_PATIENCE_MS = 120_000
/** After this long without a key or a press, what the page asks for by itself does not keep the session alive. */
const ATTENDED_MS = 60_000
let touchedAt = Date.now()
for (const kind of ['pointerdown', 'keydown', 'wheel'])
  addEventListener(kind, () => (touchedAt = Date.now()), { capture: true, passive: true })

/**
 * One call of the service's own API. The answer is taken as what the shared schema of its route says: it comes from
 * the server that served this page.
 * @throws ApiProblem
 */
export async function api<T>(path: string, request: ApiRequest = {}): Promise<T> {
  return call(path, request, async (response) => {
    if (response.status === 204) return undefined as T
    return (await response.json()) as T
  })
}

/** A file made on asking, as it came. @throws ApiProblem */
export async function apiFile(path: string, body: unknown): Promise<Blob> {
  return call(path, { method: 'POST', body, isRead: true }, (response) => response.blob())
}

/** What to show for anything that was thrown. */
export function problemWords(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.'
}

/** Whether the same call may go well in a moment: nothing is wrong with what was asked, or who asked. */
export function isPassing(error: unknown): boolean {
  if (!(error instanceof ApiProblem)) return false
  return error.status < 400 || error.status === 408 || error.status === 429 || error.status >= 500
}

async function call<T>(
  path: string,
  request: ApiRequest,
  read: (response: Response) => Promise<T>,
): Promise<T> {
  const { method = 'GET', signal, isRead = method === 'GET' } = request
  const headers: Record<string, string> = { accept: 'application/json' }
  if (Date.now() - touchedAt > ATTENDED_MS) headers['x-ptl-unattended'] = '1'
  if (request.body !== undefined) headers['content-type'] = 'application/json'
  if (request.ifMatch !== undefined) headers['if-match'] = entityTag(request.ifMatch)
  const patienceMs = request.patienceMs ?? (isRead ? READ_PATIENCE_MS : SEND_PATIENCE_MS)
  const stop = new AbortController()
  const leave = (): void => stop.abort()
  signal?.addEventListener('abort', leave)
  const timer = setTimeout(leave, patienceMs)
  let response: Response | null = null
  try {
    response = await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      signal: stop.signal,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    })
    if (response.ok) return await read(response)
  } catch (error) {
    if (signal?.aborted === true) throw error
    const why = stop.signal.aborted
      ? `The service has not answered for ${Math.round(patienceMs / 1000)} seconds.`
      : response === null
        ? 'The service cannot be reached.'
        : 'The answer cannot be read: it was cut off, or something in between answered for the service.'
    throw new ApiProblem(response?.status ?? 0, 'unanswered', withDoubt(why, isRead))
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', leave)
  }
  if (response.status === 401) dispatchEvent(new Event(SIGNED_OUT))
  throw await problemOf(response, isRead)
}

async function problemOf(response: Response, isRead: boolean): Promise<ApiProblem> {
  const { status } = response
  const problem = (await response.json().catch(() => null)) as Problem | null
  // what stands before the service answers in a language of its own
  if (typeof problem?.detail !== 'string')
    return new ApiProblem(
      status,
      'unknown',
      withDoubt(`The service does not answer as it should (${status}).`, isRead),
    )
  const { code, title, detail } = problem
  if (status !== 500) return new ApiProblem(status, code, detail)
  return new ApiProblem(status, code, withDoubt(`${title}. ${detail}`, isRead))
}

/** Nobody knows what became of something that was sent and not answered. */
function withDoubt(why: string, isRead: boolean): string {
  if (isRead) return why
  return `${why} It is not known whether it was saved: look, then try again. What you entered is still here.`
}

function entityTag(version: string | number): string {
  const text = String(version)
  return text.startsWith('"') || text.startsWith('W/') ? text : `"${text}"`
}
