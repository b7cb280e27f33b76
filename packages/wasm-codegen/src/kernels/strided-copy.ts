// Compiles the copy of a block of 32-bit elements between two strided layouts: what every movement op is made of.
import { operand, type Shape } from "@tandem/core";
import { type Code, type Count, get, type Local, set } from "../encoding/code.ts";
import { i32, v128 } from "../encoding/instructions.ts";
import { Locals } from "../encoding/module.ts";
import { type GeneratedFunction, generatedFunction } from "../generated.ts";
import type { LaunchTarget } from "../kernel.ts";
import { type LoopAxis, loopNest } from "../loops/loop-nest.ts";
import { chunksOf, LINE, tileCount, tileOf, wholeSteps } from "../loops/tiles.ts";
import { elementAt, walk, walkRange } from "../loops/walk.ts";

const LANES = 4;
/** Columns of the source that are transposed in one go: enough to use up half a cache line. */
const COLUMNS = 8;
/** Elements of a tile, and the columns and rows of one where it cuts through a transposed block. */
const TILE = 16384;
const [TILE_COLUMNS, TILE_ROWS] = [32, 512];

const [FROM, TO] = [0, 1];
const strideOf = (axis: CopyAxis, array: number): number => operand(axis.strides, array);

/** An axis of a tile. */
interface CopyAxis {
  readonly extent: Count;
  readonly strides: readonly number[];
}

/**
 * A function of the addresses of the first element of the source and of the target. Strides are in elements; those of the
 * source may be 0 or negative.
 */
export function compileStridedCopy(
  shape: Shape,
  fromStrides: readonly number[],
  toStrides: readonly number[],
  target: LaunchTarget,
): GeneratedFunction {
  const locals = new Locals(2);
  const order = [...shape.keys()].sort((a, b) => operand(toStrides, b) - operand(toStrides, a));
  const inOrder = (list: readonly number[]): number[] => order.map((axis) => operand(list, axis));
  const nest = loopNest(inOrder(shape), [inOrder(fromStrides), inOrder(toStrides)]);
  const row = nest.at(-1) ?? { extent: 1, strides: [1, 1] };
  const column = transposedColumn(nest, row);
  const outer = nest.filter((axis) => axis !== row && axis !== column);
  const axes = [...outer, ...(column === undefined ? [] : [column]), row];
  const extents = axes.map(({ extent }) => extent);
  const isCut = column !== undefined && column.extent * row.extent > TILE;
  const chunks = isCut ? [...outer.map(() => 1), ...transposedChunks(column, row)] : chunksOf(extents, TILE, LINE);
  const tile = tileOf(locals, axes, chunks, locals.addresses);
  const parts = axes.map(({ strides }, index): CopyAxis => ({ strides, extent: operand(tile.counts, index) }));
  const [columns, rows] = [operand(parts, outer.length), operand(parts, parts.length - 1)];
  const statements = [
    ...tile.statements,
    ...walk(locals, parts.slice(0, outer.length), tile.pointers, (pointers) =>
      column === undefined ? copyRow(locals, rows, pointers) : transposeBlock(locals, columns, rows, pointers),
    ),
  ];
  const key = `copy ${JSON.stringify([shape, fromStrides, toStrides])}`;
  return generatedFunction(key, target, { locals, statements, tiles: tileCount(extents, chunks) });
}

/** The axis along which the source is contiguous, where the target is along the row and both are long enough to transpose. */
function transposedColumn(nest: readonly LoopAxis[], row: LoopAxis): LoopAxis | undefined {
  if (strideOf(row, TO) !== 1 || row.extent < LANES) return undefined;
  return nest.find((axis) => axis !== row && strideOf(axis, FROM) === 1 && axis.extent >= LANES);
}

/** Long enough in both directions, and at least one tile's elements where one of them is short. */
function transposedChunks(column: LoopAxis, row: LoopAxis): readonly [number, number] {
  const rows = Math.min(row.extent, Math.max(TILE_ROWS, Math.ceil(TILE / column.extent / COLUMNS) * COLUMNS));
  const columns = Math.min(column.extent, Math.max(TILE_COLUMNS, Math.ceil(TILE / rows / COLUMNS) * COLUMNS));
  return [columns, rows];
}

function copyRow(locals: Locals, axis: CopyAxis, pointers: readonly Local[]): readonly Code[] {
  const isContiguous = strideOf(axis, FROM) === 1 && strideOf(axis, TO) === 1;
  const isRepeated = strideOf(axis, FROM) === 0 && strideOf(axis, TO) === 1;
  const load = isContiguous ? v128.load : v128.load32_splat;
  const none = { statements: [], whole: 0 };
  const { statements, whole } = isContiguous || isRepeated ? wholeSteps(locals, axis.extent, LANES) : none;
  return [
    ...statements,
    ...walkRange(locals, axis, { start: 0, end: whole, step: LANES }, pointers, (here) => [
      v128.store(get(operand(here, TO)), load(get(operand(here, FROM)))),
    ]),
    ...walkRange(locals, axis, { start: whole, end: axis.extent, step: 1 }, pointers, copyElement),
  ];
}

function copyElement(pointers: readonly Local[]): readonly Code[] {
  return [i32.store(get(operand(pointers, TO)), i32.load(get(operand(pointers, FROM))))];
}

/** Along `column` the source is contiguous, along `row` the target: blocks are transposed in registers. */
function transposeBlock(locals: Locals, column: CopyAxis, row: CopyAxis, pointers: readonly Local[]): readonly Code[] {
  const wideColumns = wholeSteps(locals, column.extent, COLUMNS);
  const wholeColumns = wholeSteps(locals, column.extent, LANES);
  const wholeRows = wholeSteps(locals, row.extent, LANES);
  const registers = Array.from({ length: LANES }, () => locals.variable("v128"));
  const blocks = (start: Count, end: Count, width: number): readonly Code[] =>
    walkRange(locals, column, { start, end, step: width }, pointers, (top) =>
      walkRange(locals, row, { start: 0, end: wholeRows.whole, step: LANES }, top, (here) =>
        Array.from({ length: width / LANES }, (_, part) =>
          transposeSquare(registers, here, part * LANES, strideOf(row, FROM), strideOf(column, TO)),
        ).flat(),
      ),
    );
  const elements = (columns: readonly [Count, Count], rows: readonly [Count, Count]): readonly Code[] =>
    walkRange(locals, column, { start: columns[0], end: columns[1], step: 1 }, pointers, (top) =>
      walkRange(locals, row, { start: rows[0], end: rows[1], step: 1 }, top, copyElement),
    );
  return [
    ...[wideColumns, wholeColumns, wholeRows].flatMap(({ statements }) => statements),
    ...blocks(0, wideColumns.whole, COLUMNS),
    ...blocks(wideColumns.whole, wholeColumns.whole, LANES),
    ...elements([wholeColumns.whole, column.extent], [0, wholeRows.whole]),
    ...elements([0, column.extent], [wholeRows.whole, row.extent]),
  ];
}

/** Reads four rows of four elements from column `first` on, and writes them as four columns. */
function transposeSquare(
  registers: readonly Local[],
  pointers: readonly Local[],
  first: number,
  fromStride: number,
  toStride: number,
): readonly Code[] {
  const [from, to] = [operand(pointers, FROM), operand(pointers, TO)];
  const loads = registers.map((register, row) => set(register, v128.load(elementAt(from, first + row * fromStride))));
  const [a, b, c, d] = registers.map(get) as [Code, Code, Code, Code];
  const low = [v128.shuffle(a, b, [0, 4, 1, 5]), v128.shuffle(c, d, [0, 4, 1, 5])] as const;
  const high = [v128.shuffle(a, b, [2, 6, 3, 7]), v128.shuffle(c, d, [2, 6, 3, 7])] as const;
  const columns = [low, high].flatMap(([left, right]) => [
    v128.shuffle(left, right, [0, 1, 4, 5]),
    v128.shuffle(left, right, [2, 3, 6, 7]),
  ]);
  const stores = columns.map((column, index) => v128.store(elementAt(to, (first + index) * toStride), column));
  return [...loads, ...stores];
}
