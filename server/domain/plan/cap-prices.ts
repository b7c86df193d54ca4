import {
  changePrices,
  comers,
  endEasing,
  importsNow,
  marginal,
  unproved,
  type CapLedger,
} from './cap-ledger.ts'

/** So many are tried for a cap that has room. */
const TRIED = 32
/** Where caps hang together sinking one can lead far away: so much further than the best it is given up. */
const WORSE = 2
const UNITS = 1024
/** Rises by a unit, after which they grow. */
const PATIENCE = 4
/** Units by which the price of a cap with room sinks first: a sixty-fourth of a point. */
const STEP = 16

/** How a plan stands: imports by cap, and the units by which it may miss the optimum; Infinity: a cap is broken. */
export interface Standing {
  readonly used: readonly number[]
  readonly gap: number
}

/**
 * Brings a plan within its caps, from prices that are about right, after a change: those of broken caps rise, and what
 * room that makes is filled. [MOV-52]
 */
export function settleCaps(ledger: CapLedger): Standing {
  endEasing(ledger)
  const before = importsNow(ledger)
  if (standing(ledger).gap === Infinity) {
    hold(ledger)
    ledger.caps.forEach(({ imports }, cap) => {
      if ((before[cap] ?? 0) > imports && hasRoom(ledger, cap)) easeSome(ledger, cap)
    })
    hold(ledger)
  }
  return standing(ledger)
}

/**
 * The same as well as it can be done: prices of caps with room sink to the last unit at which all hold; where one unit
 * less would let in too many, some pay it and some do not; what is left is tried one by one.
 * @param better told at each answer that keeps the caps and is nearer to the optimum than all before
 */
export function improveCaps(ledger: CapLedger, better: (standing: Standing) => void): void {
  let least = Infinity
  const tell = (): void => {
    const now = standing(ledger)
    if (now.gap >= least) return
    least = now.gap
    better(now)
  }
  hold(ledger)
  tell()
  tryOnes(ledger)
  tell()
  for (const cap of ledger.caps.keys()) {
    sink(ledger, cap)
    if (hasRoom(ledger, cap)) easeSome(ledger, cap)
    if (standing(ledger).gap === Infinity) hold(ledger)
    tell()
    if (standing(ledger).gap > WORSE * least + UNITS) break
  }
  tryOnes(ledger)
  tell()
}

export function standing(ledger: CapLedger): Standing {
  const used = importsNow(ledger)
  const holds = used.every((count, cap) => count <= (ledger.caps[cap]?.imports ?? 0))
  return { used, gap: holds ? unproved(ledger, used) : Infinity }
}

/** Where a cap with a price has room those nearest are tried one by one; who makes nothing better goes again. */
function tryOnes(ledger: CapLedger): void {
  const none = ledger.caps.map(() => 0)
  let { gap } = standing(ledger)
  for (const cap of ledger.caps.keys()) {
    if (!hasRoom(ledger, cap)) continue
    for (const { side, patient, by } of comers(ledger, cap, TRIED)) {
      if (!hasRoom(ledger, cap)) break
      changePrices(ledger, none, [{ side, patient, cap, less: by + 1 }])
      const now = standing(ledger).gap
      if (now < gap) gap = now
      else changePrices(ledger, none, [{ side, patient, cap, less: 0 }])
    }
  }
  if (standing(ledger).gap === Infinity) hold(ledger)
}

/**
 * Raises the prices of caps that are broken until all hold. Two caps between which people go to and fro would rise past
 * each other for ever: so after a while the steps grow, and caps that are just full rise with those that are broken.
 */
function hold(ledger: CapLedger): void {
  for (let round = 0; ; round++) {
    const used = importsNow(ledger)
    const over = ledger.caps.map(({ imports }, cap) => (used[cap] ?? 0) - imports)
    if (over.every((by) => by <= 0)) return
    const step = 2 ** Math.max(0, round - PATIENCE)
    const isJoint = round >= PATIENCE
    changePrices(
      ledger,
      over.map((by, cap) =>
        by > 0 || (isJoint && by === 0 && (ledger.price[cap] ?? 0) > 0) ? step : 0,
      ),
    )
  }
}

/** Lowers one price, by more and then by less, as long as every cap holds. */
function sink(ledger: CapLedger, cap: number): void {
  let grows = true
  for (let step = STEP; step >= 1 && hasRoom(ledger, cap);) {
    const by = Math.min(step, ledger.price[cap] ?? 0)
    changeOne(ledger, cap, -by)
    if (allHold(ledger)) {
      if (grows) step *= 2
      continue
    }
    changeOne(ledger, cap, by)
    hold(ledger)
    grows = false
    step = Math.floor(step / 2)
  }
}

/** A unit less for as many of those concerned as the caps allow, in order of part and row. */
function easeSome(ledger: CapLedger, cap: number): void {
  const concerned = marginal(ledger, cap)
  const none = ledger.caps.map(() => 0)
  let eased = 0
  const easeFirst = (count: number): boolean => {
    const [from, to, less] = count > eased ? [eased, count, 1] : [count, eased, 0]
    changePrices(
      ledger,
      none,
      concerned.slice(from, to).map((one) => ({ ...one, cap, less })),
    )
    eased = count
    return allHold(ledger)
  }
  if (easeFirst(concerned.length)) return
  let low = 0
  let high = concerned.length
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (easeFirst(middle)) low = middle
    else high = middle
  }
  easeFirst(low)
}

function changeOne(ledger: CapLedger, cap: number, units: number): void {
  changePrices(
    ledger,
    ledger.caps.map((_, one) => (one === cap ? units : 0)),
  )
}

function hasRoom({ caps, price, ...ledger }: CapLedger, cap: number): boolean {
  const used = importsNow({ caps, price, ...ledger })[cap] ?? 0
  return (price[cap] ?? 0) > 0 && used < (caps[cap]?.imports ?? 0)
}

function allHold(ledger: CapLedger): boolean {
  return standing(ledger).gap < Infinity
}
