// Compiles the copy of a block of 32-bit elements between two strided layouts: what every movement op is made of.
import { operand, type Shape } from "@tandem/core";
import { type Code, get, type Local, set } from "../assembly/code.ts";
import { type CompiledFunction, compileFunction, Locals } from "../assembly/function.ts";
import { i32, v128 } from "../assembly/instructions.ts";
import { type LoopAxis, loopNest } from "../loops/loop-nest.ts";
import { elementAt, walk, walkRange } from "../loops/walk.ts";

const LANES = 4;
/** Columns of the source that a tile transposes in one go: enough to use up half a cache line. */
const TILE = 8;

const [FROM, TO] = [0, 1];
const strideOf = (axis: LoopAxis, array: number): number => operand(axis.strides, array);

/**
 * A function of the addresses of the first element of the source and of the target. Strides are in elements; those of the
 * source may be 0 or negative.
 */
export function compileStridedCopy(
  shape: Shape,
  fromStrides: readonly number[],
  toStrides: readonly number[],
  memory: object,
): CompiledFunction {
  const locals = new Locals(2);
  const order = [...shape.keys()].sort((a, b) => operand(toStrides, b) - operand(toStrides, a));
  const inOrder = (list: readonly number[]): number[] => order.map((axis) => operand(list, axis));
  const nest = loopNest(inOrder(shape), [inOrder(fromStrides), inOrder(toStrides)]);
  return compileFunction(locals, shape.includes(0) ? [] : copyBlock(locals, nest), memory);
}

function copyBlock(locals: Locals, nest: readonly LoopAxis[]): readonly Code[] {
  const row = nest.at(-1) ?? { extent: 1, strides: [1, 1] };
  const column = nest.find((axis) => axis !== row && strideOf(axis, FROM) === 1 && axis.extent >= LANES);
  if (column === undefined || strideOf(row, TO) !== 1 || row.extent < LANES) {
    return walk(locals, nest.slice(0, -1), locals.parameters, (pointers) => copyRow(locals, row, pointers));
  }
  const outer = nest.filter((axis) => axis !== row && axis !== column);
  return walk(locals, outer, locals.parameters, (pointers) => transposeBlock(locals, column, row, pointers));
}

function copyRow(locals: Locals, axis: LoopAxis, pointers: readonly Local[]): readonly Code[] {
  const isContiguous = strideOf(axis, FROM) === 1 && strideOf(axis, TO) === 1;
  const isRepeated = strideOf(axis, FROM) === 0 && strideOf(axis, TO) === 1;
  const whole = isContiguous || isRepeated ? axis.extent - (axis.extent % LANES) : 0;
  const load = isContiguous ? v128.load : v128.load32_splat;
  return [
    ...walkRange(locals, axis, { start: 0, end: whole, step: LANES }, pointers, (here) => [
      v128.store(get(operand(here, TO)), load(get(operand(here, FROM)))),
    ]),
    ...walkRange(locals, axis, { start: whole, end: axis.extent, step: 1 }, pointers, copyElement),
  ];
}

function copyElement(pointers: readonly Local[]): readonly Code[] {
  return [i32.store(get(operand(pointers, TO)), i32.load(get(operand(pointers, FROM))))];
}

/** Along `column` the source is contiguous, along `row` the target: tiles are transposed in registers. */
function transposeBlock(locals: Locals, column: LoopAxis, row: LoopAxis, pointers: readonly Local[]): readonly Code[] {
  const wideColumns = column.extent - (column.extent % TILE);
  const wholeColumns = column.extent - (column.extent % LANES);
  const wholeRows = row.extent - (row.extent % LANES);
  const registers = Array.from({ length: LANES }, () => locals.variable("v128"));
  const tiles = (start: number, end: number, width: number): readonly Code[] =>
    walkRange(locals, column, { start, end, step: width }, pointers, (top) =>
      walkRange(locals, row, { start: 0, end: wholeRows, step: LANES }, top, (here) =>
        Array.from({ length: width / LANES }, (_, part) =>
          transposeTile(registers, here, part * LANES, strideOf(row, FROM), strideOf(column, TO)),
        ).flat(),
      ),
    );
  const elements = (columns: readonly [number, number], rows: readonly [number, number]): readonly Code[] =>
    walkRange(locals, column, { start: columns[0], end: columns[1], step: 1 }, pointers, (top) =>
      walkRange(locals, row, { start: rows[0], end: rows[1], step: 1 }, top, copyElement),
    );
  return [
    ...tiles(0, wideColumns, TILE),
    ...tiles(wideColumns, wholeColumns, LANES),
    ...elements([wholeColumns, column.extent], [0, wholeRows]),
    ...elements([0, column.extent], [wholeRows, row.extent]),
  ];
}

/** Reads four rows of four elements from column `first` on, and writes them as four columns. */
function transposeTile(
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
