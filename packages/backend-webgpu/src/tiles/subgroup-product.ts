// The product in which the invocations of a subgroup tell each other their elements of a: no workgroup memory, no barrier. A workgroup
// is one subgroup, so that nothing is assumed of how subgroups lie in workgroups.
import type { Capabilities } from "../capabilities.ts";
import type { Dispatch } from "../shader/dispatch.ts";
import { addFourTerms, type RegisterTile, range, storeSums, sumsOf } from "./fragments.ts";
import { type Parts, type Product, productDispatch } from "./product.ts";
import { spansOf } from "./register-product.ts";
import type { Destination } from "./result-layout.ts";
import { workGrid, workgroupGrid } from "./work-grid.ts";

const MOST_ROWS = 16;
/** Columns of one invocation. */
const COLUMNS = 4;

export interface SubgroupTile {
  /** Invocations of a subgroup: a power of two, 4 or more. */
  readonly size: number;
  readonly rows: number;
  readonly columns: number;
  /** Terms that are added at a time: each invocation fetches one group of a for them. */
  readonly depth: number;
}

/** None where subgroups may have different sizes. */
export function subgroupTile({ subgroups, limits }: Capabilities): SubgroupTile | undefined {
  if (subgroups === undefined || subgroups.smallest !== subgroups.largest) return undefined;
  const size = subgroups.largest;
  if (size < 4 || size > limits.invocations || !Number.isInteger(Math.log2(size))) return undefined;
  const rows = Math.min(MOST_ROWS, size);
  return { size, rows, columns: size * COLUMNS, depth: (4 * size) / rows };
}

export function subgroupDispatch(
  product: Product,
  tile: SubgroupTile,
  parts: Parts,
  destination: Destination,
  capabilities: Capabilities,
): Dispatch {
  const { a, b } = product;
  const grid = workGrid(product, parts, [tile.rows, tile.columns]);
  const { workgroups, opening } = workgroupGrid(grid.blocks, capabilities);
  const registers: RegisterTile = { rows: tile.rows, columns: COLUMNS };
  const [spanOfLane, depthOfLane] = elementsOfLane(a.along, tile);
  const main = `
@compute @workgroup_size(${tile.size})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
${opening}
${grid.place}
  let own_column = first_column + lane * ${COLUMNS}u;
  let span_of_lane = span_a(matrix, first_row + ${spanOfLane});
${spansOf(b, COLUMNS, "own_column")}
${sumsOf(registers)}
  for (var depth = first_depth; depth < end_depth; depth += ${tile.depth}u) {
    let own = vec4f(fetch_a(span_of_lane, depth_a(matrix, depth + ${depthOfLane})));
${range(tile.depth, 4)
  .map((from) => fourTerms(product, tile, registers, from))
  .join("\n")}
  }
${storeSums(
  registers,
  (row) => `first_row + ${row}u`,
  (column) => `own_column + ${column}u`,
)}
}`;
  return productDispatch(product, destination, capabilities, { main, workgroups, extensions: { subgroups: true } });
}

/** The first span and depth, in the tile, of the group that an invocation fetches. */
function elementsOfLane(along: "span" | "depth", { rows }: SubgroupTile): readonly [string, string] {
  return along === "depth"
    ? [`lane % ${rows}u`, `lane / ${rows}u * 4u`]
    : [`lane % ${rows / 4}u * 4u`, `lane / ${rows / 4}u`];
}

function fourTerms({ a, b }: Product, { rows }: SubgroupTile, registers: RegisterTile, from: number): string {
  const owner = (row: number, depth: number): number =>
    a.along === "depth" ? row + (rows * depth) / 4 : row / 4 + (rows / 4) * depth;
  return addFourTerms({
    ...registers,
    alongA: a.along,
    alongB: b.along,
    readA: (row, next) => `subgroupBroadcast(own, ${owner(row, from + next)}u)`,
    readB: (column, next) => `vec4f(fetch_b(span_b_${column}, depth_b(matrix, depth + ${from + next}u)))`,
  });
}
