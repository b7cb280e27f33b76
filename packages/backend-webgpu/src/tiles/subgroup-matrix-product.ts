// The product on units that multiply small matrices of f16: subgroups multiply out of tiles in workgroup memory, and their sums go
// through it to be stored.
import type { Capabilities, SubgroupMatrixConfiguration } from "../capabilities.ts";
import type { Dispatch } from "../shader/dispatch.ts";
import { range } from "./fragments.ts";
import { type Along, LANES, type Side } from "./loader.ts";
import { type Parts, type Product, productDispatch } from "./product.ts";
import type { Destination } from "./result-layout.ts";
import { tileFetch } from "./tile-fetch.ts";
import type { TileMemory } from "./tile-memory.ts";
import { workGrid, workgroupGrid } from "./work-grid.ts";

export interface MatrixTile {
  readonly unit: SubgroupMatrixConfiguration;
  readonly subgroupSize: number;
  /** Subgroups of a workgroup, and units that each of them multiplies into, along rows and columns. */
  readonly subgroups: readonly [number, number];
  readonly units: readonly [number, number];
  readonly depth: number;
}

/** Tiles of so many units, of 4 subgroups, where the adapter multiplies f16 matrices into f32 ones; none where it cannot hold them. */
export function matrixTile(
  { subgroups, subgroupMatrices, limits }: Capabilities,
  units: readonly [number, number],
): MatrixTile | undefined {
  const unit = subgroupMatrices.find(
    ({ componentType, resultComponentType }) => componentType === "f16" && resultComponentType === "f32",
  );
  if (unit === undefined || subgroups === undefined || subgroups.smallest !== subgroups.largest) return undefined;
  const depth = Math.max(32, unit.k);
  const tile: MatrixTile = { unit, subgroupSize: subgroups.largest, subgroups: [2, 2], units, depth };
  const isWhole = [unit.m, unit.n, unit.k].every((extent) => extent % 4 === 0) && depth % unit.k === 0;
  const fits = memoryBytes(tile) <= limits.workgroupBytes && invocationsOf(tile) <= limits.invocations;
  return isWhole && fits ? tile : undefined;
}

export function rowsOf({ unit, subgroups, units }: MatrixTile): number {
  return unit.m * subgroups[0] * units[0];
}

export function columnsOf({ unit, subgroups, units }: MatrixTile): number {
  return unit.n * subgroups[1] * units[1];
}

function subgroupCount({ subgroups }: MatrixTile): number {
  return subgroups[0] * subgroups[1];
}

function invocationsOf(tile: MatrixTile): number {
  return subgroupCount(tile) * tile.subgroupSize;
}

/** Elements from one line of a tile to the next: a few more than are in it, so that lines start in different banks. */
function pitchOf(along: Along, span: number, depth: number): number {
  return (along === "span" ? span : depth) + 8;
}

function tileElements(along: Along, span: number, depth: number): number {
  return pitchOf(along, span, depth) * (along === "span" ? depth : span);
}

function memoryBytes(tile: MatrixTile): number {
  const most = (span: number): number =>
    Math.max(tileElements("span", span, tile.depth), tileElements("depth", span, tile.depth));
  return 2 * (most(rowsOf(tile)) + most(columnsOf(tile))) + 4 * stagedElements(tile);
}

/** One unit of results for each subgroup. */
function stagedElements(tile: MatrixTile): number {
  return subgroupCount(tile) * tile.unit.m * tile.unit.n;
}

export function subgroupMatrixDispatch(
  product: Product,
  tile: MatrixTile,
  parts: Parts,
  destination: Destination,
  capabilities: Capabilities,
): Dispatch {
  const grid = workGrid(product, parts, [rowsOf(tile), columnsOf(tile)]);
  const { workgroups, opening } = workgroupGrid(grid.blocks, capabilities);
  const main = mainFunction(product, tile, `${opening}\n${grid.place}`);
  const extensions = { subgroups: true, subgroupMatrix: true };
  return productDispatch(product, destination, capabilities, { main, workgroups, extensions });
}

function mainFunction(product: Product, tile: MatrixTile, opening: string): string {
  const { unit, depth } = tile;
  const [rows, columns] = [rowsOf(tile), columnsOf(tile)];
  const a: TileMemory = { side: "a", along: product.a.along, span: rows, depth, registers: 4 };
  const b: TileMemory = { side: "b", along: product.b.along, span: columns, depth, registers: 4 };
  const fetches = [
    tileFetch(product.a, a, invocationsOf(tile), "first_row", linePlace(a)),
    tileFetch(product.b, b, invocationsOf(tile), "first_column", linePlace(b)),
  ] as const;
  const put = fetches.map((fetch, index) =>
    fetch.put((place, group) => putLanes(index === 0 ? "a" : "b", place, group)),
  );
  const fetchAt = (at: string): string => fetches.map((fetch) => fetch.fetch(at)).join("\n");
  return `
var<workgroup> tile_a: array<f16, ${tileElements(a.along, rows, depth)}>;
var<workgroup> tile_b: array<f16, ${tileElements(b.along, columns, depth)}>;
var<workgroup> staged: array<f32, ${stagedElements(tile)}>;

@compute @workgroup_size(${invocationsOf(tile)})
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) lane_of_subgroup: u32,
) {
${opening}
  let own_row = subgroup / ${tile.subgroups[1]}u * ${unit.m * tile.units[0]}u;
  let own_column = subgroup % ${tile.subgroups[1]}u * ${unit.n * tile.units[1]}u;
${fetches.map(({ prepare, declare }) => `${prepare}\n${declare}`).join("\n")}
${unitsOf(tile)
  .map(([row, column]) => `  var sum_${row}_${column}: subgroup_matrix_result<f32, ${unit.n}, ${unit.m}>;`)
  .join("\n")}
  {
${fetchAt("first_depth")}
  }
  for (var depth = first_depth; depth < end_depth; depth += ${depth}u) {
${put.join("\n")}
    workgroupBarrier();
    if (depth + ${depth}u < end_depth) {
${fetchAt(`depth + ${depth}u`)}
    }
${range(depth, unit.k)
  .map((from) => multiply(tile, a, b, from))
  .join("\n")}
    workgroupBarrier();
  }
${unitsOf(tile)
  .map(([row, column]) => storeUnit(tile, row, column))
  .join("\n")}
}`;
}

function unitsOf({ units }: MatrixTile): readonly (readonly [number, number])[] {
  return range(units[0]).flatMap((row) => range(units[1]).map((column) => [row, column] as const));
}

/** Where a group starts in a tile of lines of neighbours. */
function linePlace({ along, span, depth }: TileMemory): (spanAt: string, depthAt: string) => string {
  const pitch = pitchOf(along, span, depth);
  return (spanAt, depthAt) =>
    along === "span" ? `${depthAt} * ${pitch}u + ${spanAt}` : `${spanAt} * ${pitch}u + ${depthAt}`;
}

function putLanes(side: Side, place: string, group: string): string {
  return LANES.map((lane, index) => `tile_${side}[${place} + ${index}u] = ${group}.${lane};`).join(" ");
}

function multiply(tile: MatrixTile, a: TileMemory, b: TileMemory, from: number): string {
  const { m, n, k } = tile.unit;
  const load = (name: string, memory: TileMemory, type: string, span: string, isTransposed: boolean): string => {
    const pitch = pitchOf(memory.along, memory.span, memory.depth);
    const place = memory.along === "span" ? `${from * pitch}u + ${span}` : `(${span}) * ${pitch}u + ${from}u`;
    const order = isTransposed ? "col_major" : "row_major";
    return `      let ${name} = subgroupMatrixLoad<${type}, ${order}>(&tile_${memory.side}, ${place}, ${pitch}u);`;
  };
  return [
    "    {",
    ...range(tile.units[0]).map((row) =>
      load(`left_${row}`, a, `subgroup_matrix_left<f16, ${k}, ${m}>`, `own_row + ${row * m}u`, a.along === "span"),
    ),
    ...range(tile.units[1]).map((column) =>
      load(
        `right_${column}`,
        b,
        `subgroup_matrix_right<f16, ${n}, ${k}>`,
        `own_column + ${column * n}u`,
        b.along === "depth",
      ),
    ),
    ...unitsOf(tile).map(
      ([row, column]) =>
        `      sum_${row}_${column} = subgroupMatrixMultiplyAccumulate(left_${row}, right_${column}, sum_${row}_${column});`,
    ),
    "    }",
  ].join("\n");
}

/** Every subgroup passes one unit of sums through workgroup memory. */
function storeUnit({ unit, subgroupSize }: MatrixTile, row: number, column: number): string {
  const { m, n } = unit;
  const groups = (m * n) / 4;
  return `  subgroupMatrixStore<row_major>(&staged, subgroup * ${m * n}u, sum_${row}_${column}, ${n}u);
  workgroupBarrier();
  for (var group = lane_of_subgroup; group < ${groups}u; group += ${subgroupSize}u) {
    let at = subgroup * ${m * n}u + group * 4u;
    let row = first_row + own_row + ${row * m}u + group * 4u / ${n}u;
    let column = first_column + own_column + ${column * n}u + group * 4u % ${n}u;
    store(part, matrix, row, column, vec4f(staged[at], staged[at + 1u], staged[at + 2u], staged[at + 3u]));
  }
  workgroupBarrier();`;
}
