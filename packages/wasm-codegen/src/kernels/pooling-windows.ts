// Code that visits the windows of pooling, with as many channels at once as there are lanes.
import { elementCount, operand, type PoolAttributes, rowMajorStrides, type Shape } from "@tandem/core";
import { type Code, counted, get, type Local, when } from "../encoding/code.ts";
import { i32, memoryFill } from "../encoding/instructions.ts";
import { Locals } from "../encoding/module.ts";
import { type GeneratedFunction, generatedFunction } from "../generated.ts";
import type { LaunchTarget } from "../kernel.ts";
import { chunksOf, tileCount, tileOf } from "../loops/tiles.ts";
import { all, BYTES, walkRange } from "../loops/walk.ts";
import { fourLanes } from "../map/four-lanes.ts";
import type { Lanes } from "../map/lanes.ts";
import { oneLane } from "../map/one-lane.ts";

/** Writes the code for the windows of one position and of as many channels as there are lanes. */
export type WindowCode = (context: WindowContext) => readonly Code[];

export interface WindowContext {
  readonly lanes: Lanes;
  readonly locals: Locals;
  /** Pointers to the first position of the window in arrays of the input's shape; it may lie in the padding. */
  readonly inputs: readonly Local[];
  /** Pointers to the position in arrays of the output's shape. */
  readonly outputs: readonly Local[];
  /** Visits the taps of the window inside the picture, in row-major order; `offset` is that of the tap from the window's first. */
  readonly taps: (visit: (offset: number) => readonly Code[]) => readonly Code[];
}

export interface Pooling {
  readonly input: Shape;
  readonly output: Shape;
  readonly attributes: PoolAttributes;
}

export interface Windows {
  /** How many arrays of the input's shape the function takes, and then of the output's. */
  readonly inputs: number;
  readonly outputs: number;
  readonly code: WindowCode;
  /** The array that takes sums over the windows and starts as zeros, if there is one. Windows overlap, so a tile has whole pictures. */
  readonly zeroed?: number;
}

/** Elements of the output in a tile of rows, and of the input in a tile of pictures. */
const TILE = 8192;
const PICTURE_TILE = 32768;

/** Pictures and rows of the output in a tile. */
function chunksFor({ input, output }: Pooling, isWhole: boolean): readonly number[] {
  const [batch = 0, outHeight = 0, outWidth = 0, channels = 0] = output;
  if (!isWhole) return chunksOf([batch, outHeight], TILE / Math.max(1, outWidth * channels));
  return [...chunksOf([batch], PICTURE_TILE / Math.max(1, elementCount(input.slice(1)))), outHeight];
}

/** A function of the addresses of arrays of the input's shape, then of arrays of the output's shape. */
export function compileWindows(
  op: string,
  pooling: Pooling,
  windows: Windows,
  target: LaunchTarget,
): GeneratedFunction {
  const { input, output, attributes } = pooling;
  const [batch = 0, outHeight = 0, outWidth = 0] = output;
  const [imageStride = 0, rowStride = 0, columnStride = 0] = rowMajorStrides(input);
  const [outImageStride = 0, outRowStride = 0, outColumnStride = 0] = rowMajorStrides(output);
  const locals = new Locals(windows.inputs + windows.outputs);
  const both = (extent: number, inside: number, outside: number) => ({
    extent,
    strides: locals.addresses.map((_, array) => (array < windows.inputs ? inside : outside)),
  });
  const { strides } = attributes;
  const axes = [
    both(batch, imageStride, outImageStride),
    both(outHeight, strides[0] * rowStride, outRowStride),
  ] as const;
  const extents = axes.map(({ extent }) => extent);
  const chunks = chunksFor(pooling, windows.zeroed !== undefined);
  const tile = tileOf(locals, axes, chunks, locals.addresses);
  const [images = 0, rows = 0] = tile.counts;
  const [, firstRow = 0] = tile.starts;
  const columns = both(outWidth, strides[1] * columnStride, outColumnStride);
  const writer = new WindowWriter(pooling, windows, locals);
  const zeros = windows.zeroed === undefined ? [] : [windows.zeroed];
  const pictureBytes = BYTES * elementCount(input.slice(1));
  const statements = [
    ...tile.statements,
    ...walkRange(locals, axes[0], all(images), tile.pointers, (image) => [
      ...zeros.map((array) => memoryFill(get(operand(image, array)), pictureBytes)),
      ...walkRange(locals, axes[1], all(rows), image, (line, row) =>
        walkRange(locals, columns, all(outWidth), line, (here, column) =>
          writer.atPosition(here, firstRow === 0 ? row : i32.add(counted(firstRow), row), column),
        ),
      ),
    ]),
  ];
  const isEmpty = [input, output].some((shape) => shape.includes(0));
  const tiles = isEmpty ? 0 : tileCount(extents, chunks);
  return generatedFunction(`${op} ${JSON.stringify(pooling)}`, target, { locals, statements, tiles });
}

class WindowWriter {
  readonly #pooling: Pooling;
  readonly #windows: Windows;
  readonly #locals: Locals;

  constructor(pooling: Pooling, windows: Windows, locals: Locals) {
    this.#pooling = pooling;
    this.#windows = windows;
    this.#locals = locals;
  }

  /** `pointers` address the first tap of the window at this row and column, and the position itself. */
  atPosition(pointers: readonly Local[], row: Code, column: Code): readonly Code[] {
    const { inputs, code } = this.#windows;
    const [, , , channels = 0] = this.#pooling.input;
    const whole = channels - (channels % fourLanes.width);
    const axis = { strides: pointers.map(() => 1) };
    const part = (lanes: Lanes, start: number, end: number): readonly Code[] =>
      walkRange(this.#locals, axis, { start, end, step: lanes.width }, pointers, (here) =>
        code({
          lanes,
          locals: this.#locals,
          inputs: here.slice(0, inputs),
          outputs: here.slice(inputs),
          taps: (visit) => this.#taps(row, column, visit),
        }),
      );
    return [...part(fourLanes, 0, whole), ...part(oneLane, whole, channels)];
  }

  #taps(row: Code, column: Code, visit: (offset: number) => readonly Code[]): readonly Code[] {
    const { input, output, attributes } = this.#pooling;
    const { window, strides, padding } = attributes;
    const [, height = 0, width = 0] = input;
    const [, outHeight = 0, outWidth = 0] = output;
    const [, rowStride = 0, columnStride = 0] = rowMajorStrides(input);
    const [top, left] = [padding[0][0], padding[1][0]];
    const isInside = (position: Code, stride: number, before: number, tap: number, size: number): Code =>
      i32.lt_u(i32.add(i32.mul(position, i32.const(stride)), i32.const(tap - before)), i32.const(size));
    const overhangs = [
      (outHeight - 1) * strides[0] + window[0] > height + top,
      (outWidth - 1) * strides[1] + window[1] > width + left,
    ];
    return Array.from({ length: window[0] }, (_, y) => {
      const line = Array.from({ length: window[1] }, (_, x) => {
        const statements = visit((y - top) * rowStride + (x - left) * columnStride);
        if (left === 0 && overhangs[1] !== true) return statements;
        return [when(isInside(column, strides[1], left, x, width), statements)];
      }).flat();
      if (top === 0 && overhangs[0] !== true) return line;
      return [when(isInside(row, strides[0], top, y, height), line)];
    }).flat();
  }
}
