/*
 * `npm run simulate [runs]`: what pooling gives in a simulation shaped like the published Greater Manchester EBUS pilot,
 * next to what the pilot reports; assumptions: see pilot.ts.
 *
 * `npm run simulate year [pathways] [seed] [as of]`: the synthetic alliance's year, every trust alone beside all together;
 * assumptions are told with it. One JSON line a figure.
 */
import { londonDate, type IsoDate } from '../../shared/date.ts'
import { sayPilot } from './say-pilot.ts'
import { sayYear } from './say-year.ts'

const HELP = `npm run simulate [-- RUNS]                         pooling of three centres, as often (100)
npm run simulate year [PATHWAYS] [SEED] [AS-OF]    the synthetic year, every trust alone beside all together (6000, 1, today)
One JSON line a figure.`
const say = (line: object): void => console.log(JSON.stringify(line))
const [what, ...more] = process.argv.slice(2)
if (what === '--help') {
  console.log(HELP)
} else if (what === 'year') {
  const [pathways = '6000', seed = '1', asOf] = more
  const made = {
    pathways: Number(pathways),
    seed: Number(seed),
    asOf: (asOf as IsoDate | undefined) ?? londonDate(Date.now()),
    trusts: 8,
  }
  sayYear(made, say, (words) => console.error(words))
} else {
  sayPilot(Number(what ?? 100), say)
}
