// Local response normalization and its gradient, compiled to SIMD over the channels of a position.
import {
  elementCount,
  extent,
  type LocalResponseNormalizationAttributes,
  operand,
  type Scalar,
  scalarProgram,
} from "@tandem/core";
import { type Code, get, type Local, set } from "../encoding/code.ts";
import { v128 } from "../encoding/instructions.ts";
import { Locals } from "../encoding/module.ts";
import { type GeneratedFunction, generatedFunction, input, launchesOf, output } from "../generated.ts";
import { areFloats, type KernelDefinition, type LaunchTarget, type StepShape } from "../kernel.ts";
import type { LoopAxis } from "../loops/loop-nest.ts";
import { chunksOf, tileCount, tileOf } from "../loops/tiles.ts";
import { all, elementAt, walkRange } from "../loops/walk.ts";
import { withFunctionsExpanded } from "../map/expand-functions.ts";
import { fourLanes } from "../map/four-lanes.ts";
import type { Lanes } from "../map/lanes.ts";
import { oneLane } from "../map/one-lane.ts";
import { scalarCode } from "../map/scalar-code.ts";

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

/** Elements of a tile. */
const TILE = 8192;

/** A function of the addresses of x and y. */
function compileForward(normalization: Normalization, target: LaunchTarget): GeneratedFunction {
  const [x, y] = [0, 1];
  const { rows, channels, settings } = normalization;
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
  const chunks = chunksOf([rows], TILE / Math.max(1, channels));
  const tile = tileOf(locals, [axis], chunks, locals.addresses);
  const statements = [
    ...tile.statements,
    ...walkRange(locals, axis, all(operand(tile.counts, 0)), tile.pointers, (row) =>
      alongChannels(locals, channels, reachOf(size), row, normalize),
    ),
  ];
  const key = `response normalization ${JSON.stringify(normalization)}`;
  return generatedFunction(key, target, { locals, statements, tiles: tileCount([rows], chunks) });
}

/** Elements of rows that go through both passes of the gradient before the next ones do: small enough for the first-level cache. */
const BATCH = 2048;

/** A function of the addresses of x, dy, dx, and of the workspace. */
function compileGradient(normalization: Normalization, target: LaunchTarget): GeneratedFunction {
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
  const chunks = chunksOf([rows], BATCH / Math.max(1, channels));
  const axis: LoopAxis = { extent: rows, strides: [channels, channels, channels, 0] };
  const inWorkspace: LoopAxis = { extent: rows, strides: [channels, channels, channels, channels] };
  const tile = tileOf(locals, [axis], chunks, locals.addresses);
  const passes = [
    { code: direct, reach: reachOf(size) },
    { code: throughNeighbours, reach: turned(reachOf(size)) },
  ].flatMap(({ code, reach }) =>
    walkRange(locals, inWorkspace, all(operand(tile.counts, 0)), tile.pointers, (row) =>
      alongChannels(locals, channels, reach, row, code),
    ),
  );
  const key = `response normalization gradient ${JSON.stringify(normalization)}`;
  const statements = [...tile.statements, ...passes];
  return generatedFunction(key, target, { locals, statements, tiles: tileCount([rows], chunks) });
}

export const localResponseNormalizationKernel: KernelDefinition = {
  supports: areFloats,
  launches: (step, target) => launchesOf(compileForward(normalizationOf(step), target), input(0), output(0)),
};

export const localResponseNormalizationGradientKernel: KernelDefinition = {
  supports: areFloats,
  scratchBytes: () => 65536,
  launches(step, target) {
    const gradient = compileGradient(normalizationOf(step), target);
    return launchesOf(gradient, input(0), input(2), output(0), { kind: "threadWorkspace", words: [0, 0, 0, 0] });
  },
};
