// The product for GPUs: workgroups bring tiles of both operands into their memory, invocations multiply register tiles out of them, and
// the next tiles are fetched meanwhile.
import type { Capabilities } from "../capabilities.ts";
import type { Dispatch } from "../shader/dispatch.ts";
import { addFourTerms, type RegisterTile, range, storeSums, sumsOf } from "./fragments.ts";
import { type Parts, type Product, productDispatch } from "./product.ts";
import type { Destination } from "./result-layout.ts";
import { type TileFetch, tileFetch } from "./tile-fetch.ts";
import { groupsOf, readerPlace, readerPlaces, registerSpan, type TileMemory } from "./tile-memory.ts";
import { workGrid, workgroupGrid } from "./work-grid.ts";

export interface TileShape {
  /** Of the block of the result that a workgroup computes, in multiples of the register tile. */
  readonly rows: number;
  readonly columns: number;
  /** Terms for which operands are in workgroup memory at a time: 4, 8, 16 or 32. */
  readonly depth: number;
  readonly registers: RegisterTile;
  /** f16 operands take half of the memory, or are widened when they are brought there rather than whenever they are used. */
  readonly memory: "operand" | "f32";
}

export function invocationsOf({ rows, columns, registers }: TileShape): number {
  return (rows / registers.rows) * (columns / registers.columns);
}

function memoryBytes({ rows, columns, depth, memory }: TileShape, { element }: Pick<Product, "element">): number {
  return (rows + columns) * depth * (element === "f16" && memory === "operand" ? 2 : 4);
}

/** Whether the adapter can run it. */
export function tileFits(tile: TileShape, product: Pick<Product, "element">, { limits }: Capabilities): boolean {
  return memoryBytes(tile, product) <= limits.workgroupBytes && invocationsOf(tile) <= limits.invocations;
}

/** Two buffers, so that one barrier a tile is enough, where they fit. */
function buffersOf(tile: TileShape, product: Product, { limits }: Capabilities): 1 | 2 {
  return 2 * memoryBytes(tile, product) <= limits.workgroupBytes ? 2 : 1;
}

export function tiledDispatch(
  product: Product,
  tile: TileShape,
  parts: Parts,
  destination: Destination,
  capabilities: Capabilities,
): Dispatch {
  const grid = workGrid(product, parts, [tile.rows, tile.columns]);
  const { workgroups, opening } = workgroupGrid(grid.blocks, capabilities);
  const main = mainFunction(product, tile, buffersOf(tile, product, capabilities), `${opening}\n${grid.place}`);
  return productDispatch(product, destination, capabilities, { main, workgroups });
}

function mainFunction(product: Product, tile: TileShape, buffers: 1 | 2, opening: string): string {
  const { registers } = tile;
  const across = tile.columns / registers.columns;
  const [y, x] = [`(lane / ${across}u)`, `(lane % ${across}u)`];
  const { depth } = tile;
  const a: TileMemory = { side: "a", along: product.a.along, span: tile.rows, depth, registers: registers.rows };
  const b: TileMemory = { side: "b", along: product.b.along, span: tile.columns, depth, registers: registers.columns };
  const fetchA = tileFetch(product.a, a, invocationsOf(tile), "first_row");
  const fetchB = tileFetch(product.b, b, invocationsOf(tile), "first_column");
  const isWidened = product.element === "f16" && tile.memory === "f32";
  const putSide = (memory: TileMemory, fetch: TileFetch, buffer: string): string => {
    const base = buffers === 1 ? "" : `${buffer} * ${groupsOf(memory)}u + `;
    return fetch.put(
      (place, group) => `tile_${memory.side}[${base}${place}] = ${isWidened ? `vec4f(${group})` : group};`,
    );
  };
  const put = (buffer: string): string => `${putSide(a, fetchA, buffer)}\n${putSide(b, fetchB, buffer)}`;
  const read = (memory: TileMemory, span: number, depth: number): string =>
    `vec4f(tile_${memory.side}[buffer_${memory.side} + ${readerPlace(memory, span, depth)}])`;
  const multiply = range(tile.depth, 4).map((depth) =>
    addFourTerms({
      ...registers,
      alongA: a.along,
      alongB: b.along,
      readA: (row, next) => read(a, row, depth + next),
      readB: (column, next) => read(b, column, depth + next),
    }),
  );
  const group = isWidened ? "vec4f" : "Group";
  const buffer = (memory: TileMemory): string =>
    `    let buffer_${memory.side} = ${buffers === 1 ? "0u" : `(step & 1u) * ${groupsOf(memory)}u`};`;
  return `
var<workgroup> tile_a: array<${group}, ${buffers * groupsOf(a)}>;
var<workgroup> tile_b: array<${group}, ${buffers * groupsOf(b)}>;

@compute @workgroup_size(${invocationsOf(tile)})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
${opening}
${fetchA.prepare}
${fetchB.prepare}
${readerPlaces(a, y)}
${readerPlaces(b, x)}
${fetchA.declare}
${fetchB.declare}
${sumsOf(registers)}
  let steps = (end_depth - first_depth + ${tile.depth - 1}u) / ${tile.depth}u;
  {
${fetchA.fetch("first_depth")}
${fetchB.fetch("first_depth")}
${put("0u")}
  }
  workgroupBarrier();
  for (var step = 0u; step < steps; step += 1u) {
    let is_last = step + 1u == steps;
    if (!is_last) {
    let next_depth = first_depth + (step + 1u) * ${tile.depth}u;
${fetchA.fetch("next_depth")}
${fetchB.fetch("next_depth")}
    }
${buffer(a)}
${buffer(b)}
${multiply.join("\n")}
${buffers === 1 ? "    workgroupBarrier();" : ""}
    if (!is_last) {
${put("((step + 1u) & 1u)")}
    }
    workgroupBarrier();
  }
${storeSums(
  registers,
  (row) => `first_row + ${registerSpan(a, row, y)}`,
  (column) => `first_column + ${registerSpan(b, column, x)}`,
)}
}`;
}
