// Local response normalization and its gradient, compiled to SIMD over the channels of a position, in one pass over memory.
import {
  elementCount,
  extent,
  type LocalResponseNormalizationAttributes,
  operand,
  type Scalar,
  scalarProgram,
} from "@tandem/core";
import { type Code, get, type Local, set } from "../encoding/code.ts";
import { f32x4, v128 } from "../encoding/instructions.ts";
import { Locals } from "../encoding/module.ts";
import { type GeneratedFunction, generatedFunction, input, launchesOf, output } from "../generated.ts";
import { areFloats, type KernelDefinition, type LaunchTarget, type StepShape } from "../kernel.ts";
import { chunksOf, tileCount, tileOf } from "../loops/tiles.ts";
import { all, walkRange } from "../loops/walk.ts";
import { withFunctionsExpanded } from "../map/expand-functions.ts";
import { fourLanes } from "../map/four-lanes.ts";
import { scalarCode } from "../map/scalar-code.ts";
import {
  alongBlocks,
  type BlockAccess,
  BlockWindow,
  blockOfRow,
  blocksOnEitherSide,
  type Reach,
} from "./channel-blocks.ts";

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

const reachOf = ({ settings: { size } }: Normalization): Reach => ({
  before: Math.floor(size / 2),
  after: Math.floor((size - 1) / 2),
});
const turned = ({ before, after }: Reach): Reach => ({ before: after, after: before });

/** Elements of a tile. */
const TILE = 16384;

/** A function that runs `code` for every row of channels, with as many pointers to it as there are arrays. */
function overRows(
  name: string,
  normalization: Normalization,
  locals: Locals,
  target: LaunchTarget,
  code: (row: readonly Local[]) => readonly Code[],
): GeneratedFunction {
  const { rows, channels } = normalization;
  const axis = { extent: rows, strides: locals.addresses.map(() => channels) };
  const chunks = chunksOf([rows], TILE / Math.max(1, channels));
  const tile = tileOf(locals, [axis], chunks, locals.addresses);
  const statements = [
    ...tile.statements,
    ...walkRange(locals, axis, all(operand(tile.counts, 0)), tile.pointers, code),
  ];
  const key = `${name} ${JSON.stringify(normalization)}`;
  return generatedFunction(key, target, { locals, statements, tiles: tileCount([rows], chunks) });
}

/** Code for a scalar function of four channels at once. */
function compute(
  locals: Locals,
  inputs: readonly Code[],
  body: (...inputs: Scalar[]) => readonly Scalar[],
): { readonly statements: readonly Code[]; readonly outputs: readonly Code[] } {
  const types = inputs.map(() => "f32" as const);
  return scalarCode(withFunctionsExpanded(scalarProgram(types, (scalars) => body(...scalars))), {
    lanes: fourLanes,
    locals,
    input: (index) => operand(inputs, index),
    coordinate: () => v128.const([0, 0, 0, 0]),
  });
}

/** Beyond, its powers would overflow; it counts as this much. */
const LARGEST_SCALE = 2 ** 72;

/** What the elements of a window are divided by, before it is raised to the power of beta. */
function scaleOf(squares: Scalar, { k, alpha }: LocalResponseNormalizationAttributes): Scalar {
  const scale = squares.mul(alpha).add(k);
  return scale.gt(LARGEST_SCALE).select(LARGEST_SCALE, scale);
}

/** The squares of x around the current channels. */
class Squares {
  readonly #window: BlockWindow;
  readonly #element: Local;

  constructor(locals: Locals, onEitherSide: number) {
    this.#window = new BlockWindow(locals, onEitherSide);
    this.#element = locals.variable("v128");
  }

  /** Makes ready for the first block of a row, when the first `ahead` blocks are known. */
  start(blocks: readonly BlockAccess[], x: number): readonly Code[] {
    return [...this.#window.reset(), ...blocks.flatMap((block) => this.advance(block, x))];
  }

  advance(last: BlockAccess, x: number): readonly Code[] {
    const square = f32x4.mul(get(this.#element), get(this.#element));
    return [set(this.#element, last.load(x)), ...this.#window.advance(square)];
  }

  sum(reach: Reach): Code {
    return this.#window.sum(reach);
  }
}

/** A function of the addresses of x and y. */
function compileForward(normalization: Normalization, target: LaunchTarget): GeneratedFunction {
  const [x, y] = [0, 1];
  const { channels, settings } = normalization;
  const reach = reachOf(normalization);
  const ahead = blocksOnEitherSide(reach);
  const locals = new Locals(2);
  const squares = new Squares(locals, ahead);
  return overRows("response normalization", normalization, locals, target, (row) => [
    ...squares.start(
      Array.from({ length: ahead }, (_, block) => blockOfRow(row, channels, block)),
      x,
    ),
    ...alongBlocks(locals, channels, { behind: 0, ahead }, row, (at) => {
      const { statements, outputs } = compute(locals, [at(0).load(x), squares.sum(reach)], (value, sum) =>
        value === undefined || sum === undefined ? [] : [value.mul(scaleOf(sum, settings).pow(-settings.beta))],
      );
      return [...squares.advance(at(ahead), x), ...statements, ...at(0).store(y, operand(outputs, 0))];
    }),
  ]);
}

/**
 * A function of the addresses of x, dy and dx. A channel gives a share to those in its window: dx is dy, scaled, less x times the
 * sum of the shares of all channels in whose windows it is. The shares are ahead of dx by as many blocks as windows reach.
 */
function compileGradient(normalization: Normalization, target: LaunchTarget): GeneratedFunction {
  const [x, dy, dx] = [0, 1, 2];
  const { channels, settings } = normalization;
  const { alpha, beta } = settings;
  const reach = reachOf(normalization);
  const side = blocksOnEitherSide(reach);
  const locals = new Locals(3);
  const squares = new Squares(locals, side);
  const [scaled, shares] = [new BlockWindow(locals, side), new BlockWindow(locals, side)];
  const zeros = v128.const([0, 0, 0, 0]);

  const give = (block: BlockAccess): readonly Code[] => {
    if (!block.exists) return [...scaled.advance(zeros), ...shares.advance(zeros)];
    const inputs = [block.load(x), block.load(dy), squares.sum(reach)];
    const { statements, outputs } = compute(locals, inputs, (value, cotangent, sum) => {
      if (value === undefined || cotangent === undefined || sum === undefined) return [];
      const scale = scaleOf(sum, settings);
      const share = cotangent.mul(scale.pow(-beta - 1));
      return [share.mul(scale), share.mul(value)];
    });
    return [
      ...statements,
      ...scaled.advance(operand(outputs, 0)),
      ...shares.advance(block.masked(operand(outputs, 1))),
    ];
  };
  const take = (block: BlockAccess): readonly Code[] => {
    if (!block.exists) return [];
    const inputs = [scaled.block(0), block.load(x), shares.sum(turned(reach))];
    const { statements, outputs } = compute(locals, inputs, (direct, value, sum) =>
      direct === undefined || value === undefined || sum === undefined
        ? []
        : [direct.sub(value.mul(sum).mul(2 * alpha * beta))],
    );
    return [...statements, ...block.store(dx, operand(outputs, 0))];
  };
  return overRows("response normalization gradient", normalization, locals, target, (row) => [
    ...squares.start(
      Array.from({ length: side }, (_, block) => blockOfRow(row, channels, block)),
      x,
    ),
    ...scaled.reset(),
    ...shares.reset(),
    ...alongBlocks(locals, channels, { behind: side, ahead: side }, row, (at) => [
      ...squares.advance(at(side), x),
      ...give(at(0)),
      ...take(at(-side)),
    ]),
  ]);
}

export const localResponseNormalizationKernel: KernelDefinition = {
  supports: areFloats,
  launches: (step, target) => launchesOf(compileForward(normalizationOf(step), target), input(0), output(0)),
};

export const localResponseNormalizationGradientKernel: KernelDefinition = {
  supports: areFloats,
  launches: (step, target) => launchesOf(compileGradient(normalizationOf(step), target), input(0), input(2), output(0)),
};
