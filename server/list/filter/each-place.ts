/** Below this a needle matches so much that the native search stops too often to be quick. */
const NATIVE_NEEDLE_BYTES = 3

/** Calls `hit` at each place of `needle` before `end`; it says from where to go on. */
export function eachPlace(
  bytes: Buffer,
  end: number,
  needle: Buffer,
  hit: (at: number) => number,
): void {
  const within = bytes.subarray(0, end)
  if (needle.length >= NATIVE_NEEDLE_BYTES) {
    let at = within.indexOf(needle)
    while (at >= 0) at = within.indexOf(needle, hit(at))
    return
  }
  const first = needle[0]
  const second = needle[1]
  const last = end - needle.length
  for (let at = 0; at <= last; at++) {
    if (within[at] === first && (second === undefined || within[at + 1] === second))
      at = hit(at) - 1
  }
}
