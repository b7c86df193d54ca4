import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { quantise, type TransportProblem } from '../../server/domain/plan/transport.ts'

/** Reads patients, buckets and arcs as whole numbers; says the total and the milliseconds of the solve alone. */
const PROGRAM = `
#include <chrono>
#include <cstdio>
#include <vector>
#include <lemon/smart_graph.h>
#include <lemon/network_simplex.h>
using namespace lemon;
int main() {
  long n, m, a;
  if (std::scanf("%ld %ld %ld", &n, &m, &a) != 3) return 1;
  SmartDigraph g;
  g.reserveNode(n + m + 1);
  g.reserveArc(a + n + m);
  for (long i = 0; i < n + m + 1; i++) g.addNode();
  SmartDigraph::NodeMap<long> supply(g, 0);
  for (long i = 0; i < n; i++) supply[g.nodeFromId(i)] = 1;
  supply[g.nodeFromId(n + m)] = -n;
  std::vector<long> from(a + n + m), to(a + n + m), most(a + n + m), cost(a + n + m);
  for (long i = 0; i < a + n + m; i++) {
    if (std::scanf("%ld %ld %ld %ld", &from[i], &to[i], &most[i], &cost[i]) != 4) return 1;
    g.addArc(g.nodeFromId(from[i]), g.nodeFromId(to[i]));
  }
  SmartDigraph::ArcMap<long> upper(g), price(g);
  for (long i = 0; i < a + n + m; i++) {
    upper[g.arcFromId(i)] = most[i];
    price[g.arcFromId(i)] = cost[i];
  }
  auto start = std::chrono::steady_clock::now();
  NetworkSimplex<SmartDigraph, long, long> simplex(g);
  simplex.upperMap(upper).costMap(price).supplyMap(supply);
  if (simplex.run() != NetworkSimplex<SmartDigraph, long, long>::OPTIMAL) return 2;
  std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - start;
  std::printf("%ld %f\\n", (long) simplex.totalCost(), took.count());
}
`

export type Lemon = (problem: TransportProblem) => { readonly units: number; readonly ms: number }

/** LEMON's NetworkSimplex compiled here; null where its headers or a compiler are absent. */
export function openLemon(): Lemon | null {
  const folder = mkdtempSync(join(tmpdir(), 'ptl-lemon-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const program = join(folder, 'solve')
  writeFileSync(`${program}.cc`, PROGRAM)
  const made = spawnSync('g++', ['-O3', '-o', program, `${program}.cc`, '-llemon'], {
    stdio: 'ignore',
  })
  if (made.status !== 0) return null
  return (problem) => {
    const ran = spawnSync(program, { input: networkOf(problem), encoding: 'utf8' })
    const [units, ms] = ran.stdout.split(' ').map(Number)
    if (ran.status !== 0 || units === undefined || ms === undefined) {
      throw new Error('LEMON found no optimum')
    }
    return { units, ms }
  }
}

/** Patients, then buckets, then where everybody ends: `from to most cost` for each arc. */
function networkOf({
  patientStart,
  arcBucket,
  arcCost,
  stayCost,
  capacity,
}: TransportProblem): string {
  const patients = stayCost.length
  const end = patients + capacity.length
  const lines = [`${String(patients)} ${String(capacity.length)} ${String(arcBucket.length)}`]
  const arc = (from: number, to: number, most: number, units: number): void => {
    lines.push(`${String(from)} ${String(to)} ${String(most)} ${String(units)}`)
  }
  for (let patient = 0; patient < patients; patient++) {
    const last = patientStart[patient + 1] ?? 0
    for (let at = patientStart[patient] ?? 0; at < last; at++) {
      arc(patient, patients + (arcBucket[at] ?? 0), 1, quantise(arcCost[at] ?? 0))
    }
    arc(patient, end, 1, quantise(stayCost[patient] ?? 0))
  }
  capacity.forEach((slots, bucket) => arc(patients + bucket, end, slots, 0))
  return lines.join('\n')
}
