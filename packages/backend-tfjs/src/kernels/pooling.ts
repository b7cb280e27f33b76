// Max-pooling, its gradient, and the gradient's transpose, compiled to SIMD over the channels. The first maximum in row-major order
// wins, and NaN is larger than any number.
import { byteLength, type Operand, operand, type PoolAttributes, rowMajorStrides, type Shape } from "@tandem/core";
import { type Code, get, type Local, set, when } from "../assembly/code.ts";
import { type CompiledFunction, compileFunction, Locals } from "../assembly/function.ts";
import { i32 } from "../assembly/instructions.ts";
import { elementAt, walkRange } from "../loops/walk.ts";
import { fourLanes } from "../map/four-lanes.ts";
import type { Lanes } from "../map/lanes.ts";
import { oneLane } from "../map/one-lane.ts";
import { areFloats, type KernelDefinition, type Machine, type StepShape } from "./kernel.ts";

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

/** A function of the addresses of `inputs` arrays of the input's shape, then of `outputs` arrays of the output's shape. */
function compileWindows(
  { input, output, attributes: { window, strides, padding } }: Pooling,
  arrays: { readonly inputs: number; readonly outputs: number },
  code: WindowCode,
  memory: object,
): CompiledFunction {
  const [, height = 0, width = 0, channels = 0] = input;
  const [batch = 0, outHeight = 0, outWidth = 0] = output;
  const [top, left] = [padding[0][0], padding[1][0]];
  const [imageStride = 0, rowStride = 0, columnStride = 0] = rowMajorStrides(input);
  const [outImageStride = 0, outRowStride = 0, outColumnStride = 0] = rowMajorStrides(output);
  const locals = new Locals(arrays.inputs + arrays.outputs);
  const both = (extent: number, inside: number, outside: number) => ({
    extent,
    strides: locals.parameters.map((_, array) => (array < arrays.inputs ? inside : outside)),
  });
  const rows = both(outHeight, strides[0] * rowStride, outRowStride);
  const columns = both(outWidth, strides[1] * columnStride, outColumnStride);
  const all = (extent: number) => ({ start: 0, end: extent, step: 1 });

  const atPosition = (pointers: readonly Local[], row: Code, column: Code): readonly Code[] => {
    const isInside = (position: Code, stride: number, before: number, tap: number, size: number): Code =>
      i32.lt_u(i32.add(i32.mul(position, i32.const(stride)), i32.const(tap - before)), i32.const(size));
    const overhangs = [
      (outHeight - 1) * strides[0] + window[0] > height + top,
      (outWidth - 1) * strides[1] + window[1] > width + left,
    ];
    const tapsFrom = (visit: (offset: number) => readonly Code[]): readonly Code[] =>
      Array.from({ length: window[0] }, (_, y) => {
        const line = Array.from({ length: window[1] }, (_, x) => {
          const statements = visit((y - top) * rowStride + (x - left) * columnStride);
          if (left === 0 && overhangs[1] !== true) return statements;
          return [when(isInside(column, strides[1], left, x, width), statements)];
        }).flat();
        if (top === 0 && overhangs[0] !== true) return line;
        return [when(isInside(row, strides[0], top, y, height), line)];
      }).flat();
    const channelAxis = both(channels, 1, 1);
    const block = (lanes: Lanes, start: number, end: number): readonly Code[] =>
      walkRange(locals, channelAxis, { start, end, step: lanes.width }, pointers, (here) =>
        code({
          lanes,
          locals,
          inputs: here.slice(0, arrays.inputs),
          outputs: here.slice(arrays.inputs),
          taps: tapsFrom,
        }),
      );
    const whole = channels - (channels % fourLanes.width);
    return [...block(fourLanes, 0, whole), ...block(oneLane, whole, channels)];
  };
  const images = both(batch, imageStride, outImageStride);
  const statements = walkRange(locals, images, all(batch), locals.parameters, (image) =>
    walkRange(locals, rows, all(outHeight), image, (line, row) =>
      walkRange(locals, columns, all(outWidth), line, (here, column) => atPosition(here, row, column)),
    ),
  );
  return compileFunction(locals, [input, output].some((shape) => shape.includes(0)) ? [] : statements, memory);
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

/** The windows of a step between an operand of the input's type and one of the output's. */
function preparedWindows(
  machine: Machine,
  { op, attributes }: StepShape,
  [input, output]: readonly [Operand, Operand],
  arrays: { readonly inputs: number; readonly outputs: number },
  code: WindowCode,
): CompiledFunction {
  const pooling: Pooling = {
    input: input.type.shape,
    output: output.type.shape,
    attributes: attributes as PoolAttributes,
  };
  return machine.compiled(`${op} ${JSON.stringify(pooling)}`, (memory) =>
    compileWindows(pooling, arrays, code, memory),
  );
}

export const maxPool2dKernel: KernelDefinition = {
  supports: areFloats,
  prepare(step, machine) {
    const windows = [operand(step.inputs, 0), operand(step.outputs, 0)] as const;
    const run = preparedWindows(machine, step, windows, { inputs: 1, outputs: 1 }, maximumCode);
    return (inputs, outputs) => run(operand(inputs, 0), operand(outputs, 0));
  },
};

export const maxPool2dGradientKernel: KernelDefinition = {
  supports: areFloats,
  prepare(step, machine) {
    const windows = [operand(step.inputs, 0), operand(step.inputs, 1)] as const;
    const run = preparedWindows(machine, step, windows, { inputs: 2, outputs: 2 }, gradientCode);
    const bytes = byteLength(operand(step.outputs, 0).type);
    return (inputs, outputs) => {
      const dx = operand(outputs, 0);
      new Uint8Array(machine.heap.buffer, dx, bytes).fill(0);
      run(operand(inputs, 0), dx, operand(inputs, 1), operand(inputs, 2));
    };
  },
};

export const maxPool2dPickKernel: KernelDefinition = {
  supports: areFloats,
  prepare(step, machine) {
    const windows = [operand(step.inputs, 0), operand(step.outputs, 0)] as const;
    const run = preparedWindows(machine, step, windows, { inputs: 2, outputs: 1 }, pickCode);
    return (inputs, outputs) => run(operand(inputs, 0), operand(inputs, 1), operand(outputs, 0));
  },
};
