// Max-pooling, its gradient, and the gradient's transpose, compiled to SIMD over the channels. The first maximum in row-major order
// wins, and NaN is larger than any number.
import { operand, type PoolAttributes, rowMajorStrides, type Shape } from "@tandem/core";
import { type Code, type Count, counted, get, type Local, set, when } from "../encoding/code.ts";
import { i32 } from "../encoding/instructions.ts";
import { Locals } from "../encoding/module.ts";
import { type GeneratedFunction, generatedFunction, input, launchesOf, output } from "../generated.ts";
import { areFloats, type KernelDefinition, type LaunchTarget, type StepShape } from "../kernel.ts";
import { chunksOf, tileCount, tileOf, wholeSteps } from "../loops/tiles.ts";
import { all, elementAt, walk, walkRange } from "../loops/walk.ts";
import { fourLanes } from "../map/four-lanes.ts";
import type { Lanes } from "../map/lanes.ts";
import { oneLane } from "../map/one-lane.ts";

/** Writes the code for the windows of one position and of as many channels as there are lanes. */
type WindowCode = (context: WindowContext) => readonly Code[];

interface WindowContext {
  readonly lanes: Lanes;
  readonly locals: Locals;
  /** Pointers to the first position of the window in arrays of the input's shape; it may lie in the padding. */
  readonly inputs: readonly Local[];
  /** Pointers to the position in arrays of the output's shape. */
  readonly outputs: readonly Local[];
  /** Visits the taps of the window inside the picture, in row-major order; `offset` is that of the tap from the window's first. */
  readonly taps: (visit: (offset: number) => readonly Code[]) => readonly Code[];
}

interface Pooling {
  readonly input: Shape;
  readonly output: Shape;
  readonly attributes: PoolAttributes;
}

interface Windows {
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

/** Rows, or channels of whole pictures. */
function chunksFor({ input, output }: Pooling, isWhole: boolean): readonly [number, number, number] {
  const [, height = 0, width = 0] = input;
  const [batch = 0, outHeight = 0, outWidth = 0, channels = 0] = output;
  if (isWhole) {
    const [pictures = 1, ofChannels = 1] = chunksOf([batch, channels], PICTURE_TILE / Math.max(1, height * width));
    return [pictures, Math.max(1, outHeight), ofChannels];
  }
  const [pictures = 1, rows = 1] = chunksOf([batch, outHeight], TILE / Math.max(1, outWidth * channels));
  return [pictures, rows, Math.max(1, channels)];
}

/** A function of the addresses of arrays of the input's shape, then of arrays of the output's shape. */
function compileWindows(op: string, pooling: Pooling, windows: Windows, target: LaunchTarget): GeneratedFunction {
  const { input, output, attributes } = pooling;
  const [, height = 0, width = 0, channels = 0] = input;
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
    both(channels, 1, 1),
  ] as const;
  const extents = axes.map(({ extent }) => extent);
  const chunks = chunksFor(pooling, windows.zeroed !== undefined);
  const tile = tileOf(locals, axes, chunks, locals.addresses);
  const [images, rows, inChannels] = tile.counts as [Count, Count, Count];
  const [, firstRow = 0] = tile.starts;
  const columns = both(outWidth, strides[1] * columnStride, outColumnStride);
  const writer = new WindowWriter(pooling, windows, locals, inChannels);
  const statements = [
    ...tile.statements,
    ...writer.prologue,
    ...walkRange(locals, axes[0], all(images), tile.pointers, (image) => [
      ...(windows.zeroed === undefined ? [] : writer.zero(operand(image, windows.zeroed), height * width)),
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
  /** Goes before everything else. */
  readonly prologue: readonly Code[];
  readonly #pooling: Pooling;
  readonly #windows: Windows;
  readonly #locals: Locals;
  /** Channels of the tile, and how many of them fill vectors. */
  readonly #channels: Count;
  readonly #whole: Count;

  constructor(pooling: Pooling, windows: Windows, locals: Locals, channels: Count) {
    const { statements, whole } = wholeSteps(locals, channels, fourLanes.width);
    this.prologue = statements;
    this.#pooling = pooling;
    this.#windows = windows;
    this.#locals = locals;
    this.#channels = channels;
    this.#whole = whole;
  }

  /** Zeros for the tile's channels of a picture. */
  zero(picture: Local, pixels: number): readonly Code[] {
    const [, , , channels = 0] = this.#pooling.input;
    return walk(this.#locals, [{ extent: pixels, strides: [channels] }], [picture], (pixel) =>
      this.#alongChannels(pixel, (lanes, [here]) =>
        here === undefined ? [] : [lanes.store("f32", get(here), lanes.constant("f32", 0))],
      ),
    );
  }

  /** `pointers` address the first tap of the window at this row and column, and the position itself. */
  atPosition(pointers: readonly Local[], row: Code, column: Code): readonly Code[] {
    const { inputs, code } = this.#windows;
    return this.#alongChannels(pointers, (lanes, here) =>
      code({
        lanes,
        locals: this.#locals,
        inputs: here.slice(0, inputs),
        outputs: here.slice(inputs),
        taps: (visit) => this.#taps(row, column, visit),
      }),
    );
  }

  #alongChannels(
    pointers: readonly Local[],
    body: (lanes: Lanes, pointers: readonly Local[]) => readonly Code[],
  ): readonly Code[] {
    const axis = { strides: pointers.map(() => 1) };
    const part = (lanes: Lanes, start: Count, end: Count): readonly Code[] =>
      walkRange(this.#locals, axis, { start, end, step: lanes.width }, pointers, (here) => body(lanes, here));
    return [...part(fourLanes, 0, this.#whole), ...part(oneLane, this.#whole, this.#channels)];
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

const variable = ({ lanes, locals }: WindowContext, dtype: "f32" | "bool" = "f32"): Local =>
  locals.variable(lanes.variableType(dtype));

/** Sets `largest` to the maximum of the window of `array`. (The machine's own maximum takes longer: it orders zeros by sign.) */
function findMaximum(context: WindowContext, array: Local, largest: Local): readonly Code[] {
  const { lanes, taps } = context;
  const value = variable(context);
  const isLarger = lanes.apply("or", "bool", [
    lanes.apply("lt", "f32", [get(largest), get(value)]),
    lanes.apply("ne", "f32", [get(value), get(value)]),
  ]);
  const larger = variable(context, "bool");
  return [
    set(largest, lanes.constant("f32", Number.NEGATIVE_INFINITY)),
    ...taps((offset) => [
      set(value, lanes.load("f32", elementAt(array, offset))),
      set(larger, isLarger),
      set(largest, lanes.apply("select", "f32", [get(larger), get(value), get(largest)])),
    ]),
  ];
}

/** Visits the taps with a condition that holds at the first one that has the window's maximum. */
function visitMaximum(
  context: WindowContext,
  array: Local,
  largest: Local,
  visit: (isMaximum: Code, offset: number) => readonly Code[],
): readonly Code[] {
  const { lanes, taps } = context;
  const [found, isMaximum] = [variable(context, "bool"), variable(context, "bool")];
  const value = variable(context);
  return [
    set(found, lanes.constant("bool", 0)),
    ...taps((offset) => {
      // Where the maximum is NaN, so is at least one element, and where it is not, none is.
      const isCandidate = lanes.apply("or", "bool", [
        lanes.apply("eq", "f32", [get(value), get(largest)]),
        lanes.apply("ne", "f32", [get(value), get(value)]),
      ]);
      return [
        set(value, lanes.load("f32", elementAt(array, offset))),
        set(isMaximum, lanes.apply("and", "bool", [isCandidate, lanes.apply("not", "bool", [get(found)])])),
        set(found, lanes.apply("or", "bool", [get(found), get(isMaximum)])),
        ...visit(get(isMaximum), offset),
      ];
    }),
  ];
}

const maximumCode: WindowCode = (context) => {
  const { lanes, inputs, outputs } = context;
  const largest = variable(context);
  return [
    ...findMaximum(context, operand(inputs, 0), largest),
    lanes.store("f32", get(operand(outputs, 0)), get(largest)),
  ];
};

/** Arrays: x and dx, then y and dy. dx starts out as zeros. */
const gradientCode: WindowCode = (context) => {
  const { lanes, inputs, outputs } = context;
  const [x, dx, y, dy] = [operand(inputs, 0), operand(inputs, 1), operand(outputs, 0), operand(outputs, 1)];
  const [largest, cotangent] = [variable(context), variable(context)];
  return [
    set(largest, lanes.load("f32", get(y))),
    set(cotangent, lanes.load("f32", get(dy))),
    ...visitMaximum(context, x, largest, (isMaximum, offset) => {
      const address = elementAt(dx, offset);
      const share = lanes.apply("select", "f32", [isMaximum, get(cotangent), lanes.constant("f32", 0)]);
      return [lanes.store("f32", address, lanes.apply("add", "f32", [lanes.load("f32", address), share]))];
    }),
  ];
};

/** Arrays: x and the values to pick from, then the picked ones. */
const pickCode: WindowCode = (context) => {
  const { lanes, inputs, outputs } = context;
  const [x, values] = [operand(inputs, 0), operand(inputs, 1)];
  const [largest, picked] = [variable(context), variable(context)];
  return [
    ...findMaximum(context, x, largest),
    set(picked, lanes.constant("f32", 0)),
    ...visitMaximum(context, x, largest, (isMaximum, offset) => {
      const value = lanes.load("f32", elementAt(values, offset));
      return [set(picked, lanes.apply("select", "f32", [isMaximum, value, get(picked)]))];
    }),
    lanes.store("f32", get(operand(outputs, 0)), get(picked)),
  ];
};

function poolingOf(
  { attributes }: StepShape,
  input: { type: { shape: Shape } },
  output: { type: { shape: Shape } },
): Pooling {
  return { input: input.type.shape, output: output.type.shape, attributes: attributes as PoolAttributes };
}

export const maxPool2dKernel: KernelDefinition = {
  supports: areFloats,
  launches(step, target) {
    const pooling = poolingOf(step, operand(step.inputs, 0), operand(step.outputs, 0));
    const maximum = compileWindows(step.op, pooling, { inputs: 1, outputs: 1, code: maximumCode }, target);
    return launchesOf(maximum, input(0), output(0));
  },
};

export const maxPool2dGradientKernel: KernelDefinition = {
  supports: areFloats,
  launches(step, target) {
    const pooling = poolingOf(step, operand(step.inputs, 0), operand(step.inputs, 1));
    const windows: Windows = { inputs: 2, outputs: 2, code: gradientCode, zeroed: 1 };
    return launchesOf(compileWindows(step.op, pooling, windows, target), input(0), output(0), input(1), input(2));
  },
};

export const maxPool2dPickKernel: KernelDefinition = {
  supports: areFloats,
  launches(step, target) {
    const pooling = poolingOf(step, operand(step.inputs, 0), operand(step.outputs, 0));
    const picked = compileWindows(step.op, pooling, { inputs: 2, outputs: 1, code: pickCode }, target);
    return launchesOf(picked, input(0), input(1), output(0));
  },
};
