// Max-pooling, its gradient, and the gradient's transpose, compiled to SIMD over the channels, and average-pooling. The first maximum
// in row-major order wins, and NaN is larger than any number.
import { type AveragePoolAttributes, operand, type PoolAttributes, type Shape } from "@tandem/core";
import { type Code, choose, get, type Local, set } from "../encoding/code.ts";
import { f32x4, v128 } from "../encoding/instructions.ts";
import { input, launchesOf, output } from "../generated.ts";
import { areFloats, type KernelDefinition, type StepShape } from "../kernel.ts";
import { loadAt, storeAt } from "../loops/access.ts";
import { compileWindows, type Pooling, type WindowCode, type WindowContext, type Windows } from "./pooling-windows.ts";

const variable = ({ lanes, locals }: WindowContext, dtype: "f32" | "bool" = "f32"): Local =>
  locals.variable(lanes.variableType(dtype));

/** Code for the maximum of the window of `array`. */
function findMaximum(context: WindowContext, array: Local, largest: Local): readonly Code[] {
  return context.lanes.width === 4 ? vectorMaximum(context, array, largest) : scalarMaximum(context, array, largest);
}

/** Finds the maximum of the numbers, and apart from that whether there is a NaN. */
function vectorMaximum(context: WindowContext, array: Local, largest: Local): readonly Code[] {
  const { lanes, taps } = context;
  const [value, hasNan] = [variable(context), variable(context, "bool")];
  return [
    set(largest, lanes.constant("f32", Number.NEGATIVE_INFINITY)),
    set(hasNan, lanes.constant("bool", 0)),
    ...taps((offset) => [
      set(value, loadAt(lanes, "f32", array, offset)),
      set(largest, f32x4.pmax(get(largest), get(value))),
      set(hasNan, v128.or(get(hasNan), f32x4.ne(get(value), get(value)))),
    ]),
    set(largest, v128.bitselect(lanes.constant("f32", Number.NaN), get(largest), get(hasNan))),
  ];
}

function scalarMaximum(context: WindowContext, array: Local, largest: Local): readonly Code[] {
  const { lanes, taps } = context;
  const value = variable(context);
  return [
    set(largest, lanes.constant("f32", Number.NEGATIVE_INFINITY)),
    ...taps((offset) => [
      set(value, loadAt(lanes, "f32", array, offset)),
      set(largest, lanes.apply("max", "f32", [get(largest), get(value)])),
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
  // Where the maximum is NaN, so is at least one element, and where it is not, none is.
  const isCandidate = lanes.apply("or", "bool", [
    lanes.apply("eq", "f32", [get(value), get(largest)]),
    lanes.apply("ne", "f32", [get(value), get(value)]),
  ]);
  return [
    set(found, lanes.constant("bool", 0)),
    ...taps((offset) => [
      set(value, loadAt(lanes, "f32", array, offset)),
      set(isMaximum, lanes.apply("and", "bool", [isCandidate, lanes.apply("not", "bool", [get(found)])])),
      set(found, lanes.apply("or", "bool", [get(found), get(isMaximum)])),
      ...visit(get(isMaximum), offset),
    ]),
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
  const add = (offset: number, share: Code): Code =>
    storeAt(lanes, "f32", dx, offset, lanes.apply("add", "f32", [loadAt(lanes, "f32", dx, offset), share]));
  const careful = visitMaximum(context, x, largest, (isMaximum, offset) => [
    add(offset, lanes.apply("select", "f32", [isMaximum, get(cotangent), lanes.constant("f32", 0)])),
  ]);
  return [
    set(largest, lanes.load("f32", get(y))),
    set(cotangent, lanes.load("f32", get(dy))),
    ...(lanes.width === 4
      ? [
          choose(
            v128.any_true(f32x4.ne(get(largest), get(largest))),
            careful,
            ofNumbers(context, cotangent, x, largest, add),
          ),
        ]
      : careful),
  ];
};

/** Four lanes of the gradient where no maximum is NaN: the cotangent goes to the first equal element, and nothing is left of it. */
function ofNumbers(
  context: WindowContext,
  cotangent: Local,
  x: Local,
  largest: Local,
  add: (offset: number, share: Code) => Code,
): readonly Code[] {
  const { lanes, taps } = context;
  const isMaximum = variable(context, "bool");
  return taps((offset) => [
    set(isMaximum, f32x4.eq(loadAt(lanes, "f32", x, offset), get(largest))),
    add(offset, v128.and(get(cotangent), get(isMaximum))),
    set(cotangent, v128.andnot(get(cotangent), get(isMaximum))),
  ]);
}

/** Arrays: x and the values to pick from, then the picked ones. */
const pickCode: WindowCode = (context) => {
  const { lanes, inputs, outputs } = context;
  const [x, values] = [operand(inputs, 0), operand(inputs, 1)];
  const [largest, picked] = [variable(context), variable(context)];
  return [
    ...findMaximum(context, x, largest),
    set(picked, lanes.constant("f32", 0)),
    ...visitMaximum(context, x, largest, (isMaximum, offset) => [
      set(picked, lanes.apply("select", "f32", [isMaximum, loadAt(lanes, "f32", values, offset), get(picked)])),
    ]),
    lanes.store("f32", get(operand(outputs, 0)), get(picked)),
  ];
};

/** The mean of the window: of all its taps, or of those inside the picture. */
const averageCode = ({ window, padding, countPadding }: AveragePoolAttributes): WindowCode => {
  const isCounted = !countPadding && padding.flat().some((side) => side > 0);
  return (context) => {
    const { lanes, inputs, outputs, taps } = context;
    const [sum, count] = [variable(context), variable(context)];
    const add = (total: Local, value: Code): Code => set(total, lanes.apply("add", "f32", [get(total), value]));
    const one = lanes.constant("f32", 1);
    const mean = lanes.apply("div", "f32", [get(sum), get(count)]);
    return [
      set(sum, lanes.constant("f32", 0)),
      set(count, lanes.constant("f32", isCounted ? 0 : window[0] * window[1])),
      ...taps((offset) => [
        add(sum, loadAt(lanes, "f32", operand(inputs, 0), offset)),
        ...(isCounted ? [add(count, one)] : []),
      ]),
      lanes.store("f32", get(operand(outputs, 0)), mean),
    ];
  };
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

export const averagePool2dKernel: KernelDefinition = {
  supports: areFloats,
  launches(step, target) {
    const pooling = poolingOf(step, operand(step.inputs, 0), operand(step.outputs, 0));
    const code = averageCode(step.attributes as AveragePoolAttributes);
    return launchesOf(compileWindows(step.op, pooling, { inputs: 1, outputs: 1, code }, target), input(0), output(0));
  },
};
