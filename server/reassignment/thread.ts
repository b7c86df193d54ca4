import { Worker, type WorkerOptions } from 'node:worker_threads'

/** A thread does not inherit the loader that lets the program's own files be run as they are written. */
const START = `
  const { workerData } = require('node:worker_threads')
  import('tsx/esm/api').then(({ register }) => {
    register()
    return import(workerData)
  })`

/** Starts a thread of one of the program's own files; it does not keep the process alive. */
export function startThread(file: URL, limits: WorkerOptions['resourceLimits'] = {}): Worker {
  const worker = new Worker(START, { eval: true, workerData: file.href, resourceLimits: limits })
  worker.unref()
  return worker
}
