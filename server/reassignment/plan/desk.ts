import type { Worker } from 'node:worker_threads'
import type { PlanChanges } from '../../domain/plan/kept.ts'
import type { WhyNot } from '../../domain/plan/model.ts'
import type { PlanAnswer, PlanOpening, PlanOrder, PlanResult } from './messages.ts'
import { startThread } from '../thread.ts'

/** The planning thread is gone, and with it what it held: open it anew. */
export class PlannerGone extends Error {
  constructor(cause?: unknown) {
    super('the planning thread ended; it is started anew')
    this.name = 'PlannerGone'
    // where it failed, for the log; not what it said, which may hold a value
    if (cause instanceof Error) {
      const frames = (cause.stack ?? '').split('\n').filter((line) => line.startsWith('    at '))
      this.stack = [`${this.name}: ${cause.name}`, ...frames].join('\n')
    }
  }
}

/** Where plans are made: a thread of its own, started when first needed. */
export interface PlanDesk {
  /** Begins a new plan, on a new thread where the last one ended. */
  open(opening: PlanOpening): void
  change(changes: PlanChanges): void
  /** @throws PlannerGone when the thread ends before it answers */
  plan(): Promise<PlanResult>
  whyNot(patientId: number, capacityId: number): Promise<WhyNot | null>
  /** False after the thread ended: whatever it held must be told again, from `open` on. */
  isOpen(): boolean
  /** The thread itself, while there is one: for whoever wants to see it fail. */
  thread(): Worker | null
  close(): Promise<void>
}

interface Waiting {
  readonly done: (answer: PlanAnswer) => void
  readonly failed: (error: Error) => void
}

/** @param onLost told each time the thread ends by itself */
export function openPlanDesk(onLost: (error: Error) => void): PlanDesk {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let asked = 0
  let closed = false

  function start(): Worker {
    const started = startThread(new URL('./thread.ts', import.meta.url))
    started.on('message', (answer: PlanAnswer) => {
      waiting.get(answer.ask)?.done(answer)
      waiting.delete(answer.ask)
    })
    started.on('error', lost)
    started.on('exit', () => lost())
    return started

    function lost(cause?: unknown): void {
      if (worker !== started) return
      worker = null
      const gone = new PlannerGone(cause)
      for (const { failed } of waiting.values()) failed(gone)
      waiting.clear()
      if (!closed) onLost(gone)
    }
  }

  function send(order: PlanOrder): void {
    if (worker === null) throw new PlannerGone()
    worker.postMessage(order)
  }

  function ask(order: (number: number) => PlanOrder): Promise<PlanAnswer> {
    const number = ++asked
    return new Promise((done, failed) => {
      waiting.set(number, { done, failed })
      try {
        send(order(number))
      } catch (error) {
        waiting.delete(number)
        throw error
      }
    })
  }

  return {
    open(opening) {
      worker ??= start()
      send({ kind: 'open', ...opening })
    },
    change: (changes) => send({ kind: 'change', changes }),
    async plan() {
      const answer = await ask((number) => ({ kind: 'plan', ask: number }))
      if (answer.kind !== 'plan') throw new PlannerGone()
      return answer.result
    },
    async whyNot(patientId, capacityId) {
      const answer = await ask((number) => ({ kind: 'whyNot', ask: number, patientId, capacityId }))
      if (answer.kind !== 'whyNot') throw new PlannerGone()
      return answer.result
    },
    isOpen: () => worker !== null,
    thread: () => worker,
    async close() {
      closed = true
      const last = worker
      worker = null
      for (const { failed } of waiting.values()) failed(new PlannerGone())
      waiting.clear()
      await last?.terminate()
    },
  }
}
