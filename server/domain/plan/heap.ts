/**
 * A binary heap of node numbers, least key first and of equal keys the least number, each node in it at most once. Flat
 * arrays, no allocation in use.
 */
export interface Heap {
  readonly nodes: Int32Array
  /** Place of each node in `nodes`; OUT when it is not there. */
  readonly places: Int32Array
  size: number
}

const OUT = -1

/** Empty, with room for the nodes 0 to `nodeCount` - 1. */
export function newHeap(nodeCount: number): Heap {
  return { nodes: new Int32Array(nodeCount), places: new Int32Array(nodeCount).fill(OUT), size: 0 }
}

/** Puts a node in, or moves it up after its key became less. */
export function raise(heap: Heap, keys: Float64Array, node: number): void {
  const { nodes, places } = heap
  let place = places[node] as number
  if (place === OUT) place = heap.size++
  const key = keys[node] as number
  while (place > 0) {
    const above = (place - 1) >> 1
    const parent = nodes[above] as number
    const parentKey = keys[parent] as number
    if (parentKey < key || (parentKey === key && parent < node)) break
    nodes[place] = parent
    places[parent] = place
    place = above
  }
  nodes[place] = node
  places[node] = place
}

/** Takes out the node with the least key. The heap must not be empty. */
export function take(heap: Heap, keys: Float64Array): number {
  const { nodes, places } = heap
  const least = nodes[0] as number
  places[least] = OUT
  const size = --heap.size
  if (size === 0) return least
  const moved = nodes[size] as number
  const key = keys[moved] as number
  let place = 0
  for (;;) {
    let below = 2 * place + 1
    if (below >= size) break
    const right = below + 1
    let child = nodes[below] as number
    let childKey = keys[child] as number
    if (right < size) {
      const other = nodes[right] as number
      const otherKey = keys[other] as number
      if (otherKey < childKey || (otherKey === childKey && other < child)) {
        below = right
        child = other
        childKey = otherKey
      }
    }
    if (childKey > key || (childKey === key && child > moved)) break
    nodes[place] = child
    places[child] = place
    place = below
  }
  nodes[place] = moved
  places[moved] = place
  return least
}

/** Empties the heap in time of what is left in it. */
export function clear(heap: Heap): void {
  for (let place = 0; place < heap.size; place++) heap.places[heap.nodes[place] as number] = OUT
  heap.size = 0
}
