import type { Population } from './population.ts'

/** What stands in the folder beside the files, so that nobody takes them for anything else. */
export function readmeOf(population: Population, dirtyRows: number): string {
  const { alliance, seed, asOf, pathways, trusts } = population
  return `# Synthetic cancer waiting list

Everything here is made up by a generator. No file describes a real person, trust or hospital:
NHS numbers are from the range 999 000 0000 to 999 999 9999, which is never issued, surnames begin with
Zz, postcodes with ZZ99, organisation codes with ZT.

${alliance.name}: ${String(pathways)} open pathways of ${String(trusts)} trusts as of ${asOf}, seed ${String(seed)}.
The same numbers always give the same files.

| file | what |
|---|---|
| \`ZT1.ncwtmds.csv\` | national CSV: 54 columns, no header (\`profile=ncwtmds\`) |
| \`ZT1.ptl.csv\` | PTL extract with a header (\`profile=ptl\`) |
| \`ZT1.json\`, \`ZT1.ndjson\` | the same as JSON (\`application/json\`) and one entry a line (\`application/x-ndjson\`) |
| \`ZT1.ncwtmds.xml\` | the national items as XML (\`application/xml\`) |
| \`ZT1.fhir.json\` | the same as the JSON, as a FHIR R4 Bundle (\`application/fhir+json\`; send X-Request-Id and X-Correlation-Id) |
| \`ZT1.hl7\` | HL7 v2.4: of each pathway the referral and its appointment (\`application/hl7-v2\`, \`mode=delta\`) |
| \`ZT1.history.ndjson\` | closed pathways of two years, with \`--history\`: deliver with \`mode=delta\` |
| \`ZT1.capacity.csv\` | free slots of one trust: \`POST /api/feeds/ZT1/capacity\` (\`text/csv\`) |
| \`capacity.json\` | free slots: each element is one \`PUT /api/capacity/{site}/{step}\` |
| \`organisations.json\` | trusts, sites, minutes of travel |
| \`dirty.json\` | the ${String(dirtyRows)} rows broken on purpose: file, record number, what is wrong |

Volumes, tumour mix and waits follow the official statistics of NHS England (Cancer Waiting Times,
October 2024 to September 2025), used under the Open Government Licence v3.0.
`
}
