import type { Problem } from '../../../../shared/problem.ts'

/** A "no" of the server, with its problem document; `status` 0 when the server could not be reached. */
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
}

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
  const response = await call(path, request)
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}

/** A file made on asking, as it came. @throws ApiProblem */
export async function apiFile(path: string, body: unknown): Promise<Blob> {
  return (await call(path, { method: 'POST', body })).blob()
}

async function call(path: string, request: ApiRequest): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' }
  if (Date.now() - touchedAt > ATTENDED_MS) headers['x-ptl-unattended'] = '1'
  if (request.body !== undefined) headers['content-type'] = 'application/json'
  if (request.ifMatch !== undefined) headers['if-match'] = entityTag(request.ifMatch)
  let response: Response
  try {
    response = await fetch(path, {
      method: request.method ?? 'GET',
      headers,
      credentials: 'same-origin',
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.signal === undefined ? {} : { signal: request.signal }),
    })
  } catch (error) {
    if (request.signal?.aborted === true) throw error
    throw new ApiProblem(0, 'unreachable', 'The service cannot be reached. Nothing was saved.')
  }
  if (!response.ok) throw await problemOf(response)
  return response
}

/** What to show for anything that was thrown. */
export function problemWords(error: unknown): string {
  return error instanceof Error ? error.message : 'Something went wrong.'
}

async function problemOf(response: Response): Promise<ApiProblem> {
  try {
    const problem = (await response.json()) as Problem
    return new ApiProblem(response.status, problem.code, problem.detail)
  } catch {
    return new ApiProblem(response.status, 'unknown', `The service answered ${response.status}.`)
  }
}

function entityTag(version: string | number): string {
  const text = String(version)
  return text.startsWith('"') || text.startsWith('W/') ? text : `"${text}"`
}
