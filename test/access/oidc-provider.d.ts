/** What the tests use of oidc-provider, which brings no types of its own. */
declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'
  class Provider {
    constructor(
      issuer: string,
      configuration: {
        findAccount: (
          context: unknown,
          subject: string,
        ) => { accountId: string; claims: () => Record<string, unknown> }
        [setting: string]: unknown
      },
    )
    on(event: string, listener: (context: unknown, error: unknown) => void): void
    callback(): (request: IncomingMessage, response: ServerResponse) => unknown
  }
  export { Provider as default }
}
