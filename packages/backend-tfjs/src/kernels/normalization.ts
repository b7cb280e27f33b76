// Local response normalization and its gradient, compiled to SIMD over the channels of a position.
import {
  elementCount,
  extent,
  type LocalResponseNormalizationAttributes,
  operand,
  type Scalar,
  scalarProgram,
} from "@tandem/core";
import { type Code, get, type Local, set } from "../assembly/code.ts";
import { type CompiledFunction, compileFunction, Locals } from "../assembly/function.ts";
import { v128 } from "../assembly/instructions.ts";
import type { LoopAxis } from "../loops/loop-nest.ts";
import { elementAt, walk, walkRange } from "../loops/walk.ts";
import { withFunctionsExpanded } from "../map/expand-functions.ts";
import { fourLanes } from "../map/four-lanes.ts";
import type { Lanes } from "../map/lanes.ts";
import { oneLane } from "../map/one-lane.ts";
import { scalarCode } from "../map/scalar-code.ts";
import { areFloats, type KernelDefinition, type StepShape } from "./kernel.ts";

interface Normalization {
  /** Positions, each with its own row of channels. */
  readonly rows: number;
  readonly channels: number;
  readonly settings: LocalResponseNormalizationAttributes;
}

function normalizationOf({ inputs, attributes }: Pick<StepShape, "inputs" | "attributes">): Normalization {
  const { shape } = operand(inputs, 0).type;
  const channels = extent(shape, shape.length - 1);
  const settings = attributes as LocalResponseNormalizationAttributes;
  return { rows: channels === 0 ? 0 : elementCount(shape) / channels, channels, settings };
}

/** How far a window reaches to lower channels, and to higher ones. */
interface Reach {
  readonly before: number;
  readonly after: number;
}

const reachOf = (size: number): Reach => ({ before: Math.floor(size / 2), after: Math.floor((size - 1) / 2) });
const turned = ({ before, after }: Reach): Reach => ({ before: after, after: before });

/** As many neighbouring channels as there are lanes. */
interface ChannelBlock {
  readonly lanes: Lanes;
  readonly locals: Locals;
  /** Code for this block of one of the arrays. */
  load(array: number): Code;
  store(array: number, value: Code): Code;
  /** The elements `distance` channels further, 0 where there is no such channel; `undefined` if that is nowhere. */
  neighbour(array: number, distance: number): Code | undefined;
}

type BlockCode = (block: ChannelBlock) => readonly Code[];

/** Runs `code` for all channels of the row that the pointers point to. */
function alongChannels(
  locals: Locals,
  channels: number,
  { before, after }: Reach,
  pointers: readonly Local[],
  code: BlockCode,
): readonly Code[] {
  const block = (lanes: Lanes, here: readonly Local[], offset: number, first: number | "inside"): readonly Code[] => {
    const addressOf = (array: number, distance: number): Code => elementAt(operand(here, array), offset + distance);
    return code({
      lanes,
      locals,
      load: (array) => lanes.load("f32", addressOf(array, 0)),
      store: (array, value) => lanes.store("f32", addressOf(array, 0), value),
      neighbour(array, distance) {
        const exists = Array.from({ length: lanes.width }, (_, lane) => {
          const channel = first === "inside" ? 0 : first + lane + distance;
          return channel >= 0 && channel < channels;
        });
        if (!exists.includes(true)) return undefined;
        const values = lanes.load("f32", addressOf(array, distance));
        return exists.includes(false) ? v128.and(values, v128.const(exists.map((is) => (is ? -1 : 0)))) : values;
      },
    });
  };
  const width = fourLanes.width;
  const whole = channels - (channels % width);
  const starts = Array.from({ length: whole / width }, (_, index) => index * width);
  const inside = starts.filter((start) => start >= before && start + width + after <= channels);
  const [insideStart = whole, insideEnd = (inside.at(-1) ?? whole - width) + width] = [inside[0]];
  const axis: LoopAxis = { extent: channels, strides: pointers.map(() => 1) };
  return [
    ...starts.filter((start) => start < insideStart).flatMap((start) => block(fourLanes, pointers, start, start)),
    ...walkRange(locals, axis, { start: insideStart, end: insideEnd, step: width }, pointers, (here) =>
      block(fourLanes, here, 0, "inside"),
    ),
    ...starts.filter((start) => start >= insideEnd).flatMap((start) => block(fourLanes, pointers, start, start)),
    ...Array.from({ length: channels - whole }, (_, rest) =>
      block(oneLane, pointers, whole + rest, whole + rest),
    ).flat(),
  ];
}

/** The sum of `term` over the window around each channel of a block. */
function windowSum(
  { lanes, locals, neighbour }: ChannelBlock,
  array: number,
  { before, after }: Reach,
  term: (value: Code) => Code,
): { readonly statements: readonly Code[]; readonly sum: Code } {
  const statements: Code[] = [];
  const sum = locals.variable(lanes.variableType("f32"));
  const value = locals.variable(lanes.variableType("f32"));
  statements.push(set(sum, lanes.constant("f32", 0)));
  for (let distance = -before; distance <= after; distance++) {
    const found = neighbour(array, distance);
    if (found === undefined) continue;
    statements.push(set(value, found), set(sum, lanes.apply("add", "f32", [get(sum), term(get(value))])));
  }
  return { statements, sum: get(sum) };
}

/** Code for a scalar function of the given values. */
function compute(
  { lanes, locals }: ChannelBlock,
  inputs: readonly Code[],
  body: (...inputs: Scalar[]) => readonly Scalar[],
): { readonly statements: readonly Code[]; readonly outputs: readonly Code[] } {
  const types = inputs.map(() => "f32" as const);
  return scalarCode(withFunctionsExpanded(scalarProgram(types, (scalars) => body(...scalars))), {
    lanes,
    locals,
    input: (index) => operand(inputs, index),
    coordinate: () => lanes.constant("u32", 0),
  });
}

/** A function of the addresses of x and y. */
function compileForward({ rows, channels, settings }: Normalization, memory: object): CompiledFunction {
  const [x, y] = [0, 1];
  const { size, k, alpha, beta } = settings;
  const normalize: BlockCode = (block) => {
    const squares = windowSum(block, x, reachOf(size), (value) => block.lanes.apply("mul", "f32", [value, value]));
    const inputs = [block.load(x), squares.sum];
    const { statements, outputs } = compute(block, inputs, (value, sum) => {
      return sum === undefined || value === undefined ? [] : [value.mul(sum.mul(alpha).add(k).pow(-beta))];
    });
    return [...squares.statements, ...statements, block.store(y, operand(outputs, 0))];
  };
  const locals = new Locals(2);
  const axis: LoopAxis = { extent: rows, strides: [channels, channels] };
  return compileFunction(
    locals,
    walk(locals, [axis], locals.parameters, (row) => alongChannels(locals, channels, reachOf(size), row, normalize)),
    memory,
  );
}

/** Elements of rows that go through both passes of the gradient before the next ones do: small enough for the first-level cache. */
const BATCH = 2048;

function rowsAtOnce({ rows, channels }: Normalization): number {
  return Math.min(rows, Math.max(1, Math.floor(BATCH / channels)));
}

/** Elements of workspace: what each channel gives to its neighbours, and room to read beyond both ends. */
function gradientWorkspace(normalization: Normalization): number {
  return rowsAtOnce(normalization) * normalization.channels + 2 * fourLanes.width;
}

/** A function of the addresses of x, dy, dx, and of the workspace. */
function compileGradient(normalization: Normalization, memory: object): CompiledFunction {
  const [x, dy, dx, shares] = [0, 1, 2, 3];
  const { rows, channels, settings } = normalization;
  const { size, k, alpha, beta } = settings;
  const direct: BlockCode = (block) => {
    const squares = windowSum(block, x, reachOf(size), (value) => block.lanes.apply("mul", "f32", [value, value]));
    const inputs = [block.load(x), block.load(dy), squares.sum];
    const { statements, outputs } = compute(block, inputs, (value, cotangent, sum) => {
      if (value === undefined || cotangent === undefined || sum === undefined) return [];
      const scale = sum.mul(alpha).add(k);
      const scaled = cotangent.mul(scale.pow(-beta));
      return [scaled, scaled.mul(value).div(scale)];
    });
    const stores = [block.store(dx, operand(outputs, 0)), block.store(shares, operand(outputs, 1))];
    return [...squares.statements, ...statements, ...stores];
  };
  const throughNeighbours: BlockCode = (block) => {
    const received = windowSum(block, shares, turned(reachOf(size)), (share) => share);
    const inputs = [block.load(dx), block.load(x), received.sum];
    const { statements, outputs } = compute(block, inputs, (scaled, value, sum) =>
      scaled === undefined || value === undefined || sum === undefined
        ? []
        : [scaled.sub(value.mul(sum).mul(2 * alpha * beta))],
    );
    return [...received.statements, ...statements, block.store(dx, operand(outputs, 0))];
  };
  const locals = new Locals(4);
  const atOnce = rowsAtOnce(normalization);
  const strides = locals.parameters.map(() => channels);
  const batchStrides = strides.map((stride, array) => (array === shares ? 0 : stride));
  const passes = (count: number) => (pointers: readonly Local[]) =>
    [
      { code: direct, reach: reachOf(size) },
      { code: throughNeighbours, reach: turned(reachOf(size)) },
    ].flatMap(({ code, reach }) =>
      walk(locals, [{ extent: count, strides }], pointers, (row) => alongChannels(locals, channels, reach, row, code)),
    );
  const whole = rows - (rows % Math.max(1, atOnce));
  const axis: LoopAxis = { extent: rows, strides: batchStrides };
  const statements = [
    ...walkRange(locals, axis, { start: 0, end: whole, step: atOnce }, locals.parameters, passes(atOnce)),
    ...walkRange(locals, axis, { start: whole, end: rows, step: atOnce }, locals.parameters, passes(rows - whole)),
  ];
  return compileFunction(locals, rows === 0 ? [] : statements, memory);
}

export const localResponseNormalizationKernel: KernelDefinition = {
  supports: areFloats,
  prepare(step, { compiled }) {
    const normalization = normalizationOf(step);
    const key = `${step.op} ${JSON.stringify(normalization)}`;
    const run = compiled(key, (memory) => compileForward(normalization, memory));
    return (inputs, outputs) => run(operand(inputs, 0), operand(outputs, 0));
  },
};

export const localResponseNormalizationGradientKernel: KernelDefinition = {
  supports: areFloats,
  scratchBytes: (step) => 4 * gradientWorkspace(normalizationOf(step)),
  prepare(step, { compiled, heap }) {
    const normalization = normalizationOf(step);
    const key = `${step.op} ${JSON.stringify(normalization)}`;
    const run = compiled(key, (memory) => compileGradient(normalization, memory));
    return (inputs, outputs) => {
      heap.withWorkspace([gradientWorkspace(normalization)], (workspace = 0) => {
        const shares = workspace + 4 * fourLanes.width;
        run(operand(inputs, 0), operand(inputs, 2), operand(outputs, 0), shares);
      });
    };
  },
};
