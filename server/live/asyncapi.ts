import { z } from 'zod'
import { CLOSE_CODES, SUBPROTOCOL } from '../../shared/protocol.ts'
import { heartbeatMessage, helloMessage, patchMessage } from '../../shared/protocol.ts'
import { resetMessage, subscribeMessage, welcomeMessage } from '../../shared/protocol.ts'

const CLIENT_MESSAGES = {
  hello: { schema: helloMessage, summary: 'First message: topics, and where one had got to' },
  subscribe: { schema: subscribeMessage, summary: 'Changes topics, such as the list window' },
} as const
const SERVER_MESSAGES = {
  welcome: { schema: welcomeMessage, summary: 'Answer to hello; names the stream to resume' },
  reset: { schema: resetMessage, summary: 'The whole state of a topic' },
  patch: { schema: patchMessage, summary: 'What changed in a topic since baseSeq' },
  heartbeat: { schema: heartbeatMessage, summary: 'Nothing else to say; the line is alive' },
} as const

/** The socket as an AsyncAPI 3 document, made from the schemas that check the messages. [LIVE-14] */
export function asyncApiDocument(version: string): Record<string, unknown> {
  const all = { ...CLIENT_MESSAGES, ...SERVER_MESSAGES }
  const names = Object.keys(all)
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Shared patient tracking list, live',
      version,
      description: [
        `Websocket subprotocol ${SUBPROTOCOL}. Close codes: `,
        Object.values(CLOSE_CODES)
          .map(({ code, words }) => `${String(code)} ${words}`)
          .join('; '),
        '.',
      ].join(''),
    },
    defaultContentType: 'application/json',
    channels: {
      live: {
        address: '/live',
        messages: refs(names, (name) => `#/components/messages/${name}`),
        bindings: { ws: { method: 'GET', bindingVersion: '0.1.0' } },
      },
    },
    operations: {
      hear: operation('receive', Object.keys(CLIENT_MESSAGES)),
      tell: operation('send', Object.keys(SERVER_MESSAGES)),
    },
    components: {
      messages: Object.fromEntries(
        Object.entries(all).map(([name, { schema, summary }]) => [
          name,
          { name, summary, payload: payloadOf(schema) },
        ]),
      ),
    },
  }
}

function operation(action: 'send' | 'receive', names: readonly string[]) {
  return {
    action,
    channel: { $ref: '#/channels/live' },
    messages: names.map((name) => ({ $ref: `#/channels/live/messages/${name}` })),
  }
}

function refs(names: readonly string[], target: (name: string) => string) {
  return Object.fromEntries(names.map((name) => [name, { $ref: target(name) }]))
}

/** As written on the wire: before defaults and brands. A date's own check has no form in JSON Schema. */
function payloadOf(schema: z.ZodType): unknown {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
}
