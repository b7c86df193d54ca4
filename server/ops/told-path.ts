const PLAIN = /^[\w.~:-]{0,64}$/
/** As long as an NHS number, and not the end of a UUID. */
const LONG_NUMBER = /(?<![\da-f-])\d{9,}(?![\da-f-])/i

/**
 * The path of an address as it may be logged and told: without its query, and without what somebody typed where an id
 * belongs, a number of a person or a name with a space in it. [IG-22]
 */
export function toldPath(url: string): string {
  const [path = ''] = url.split('?', 1)
  return path
    .split('/')
    .map((part) => (PLAIN.test(part) && !LONG_NUMBER.test(part) ? part : '...'))
    .join('/')
}
