// Sums, maxima and minima over any axes. Where there are many outputs, a tile has some of them; where there are few, and each is
// made of many elements, a tile has a piece of the elements, and a second launch adds up the pieces.
import { operand, type ReduceAttributes, type ReduceKind, rowMajorStrides, type ScalarOp } from "@tandem/core";
import { type Code, get, when } from "../encoding/code.ts";
import { i32 } from "../encoding/instructions.ts";
import { Locals } from "../encoding/module.ts";
import { type GeneratedFunction, generatedFunction, input, launchesOf, output, scratch } from "../generated.ts";
import type { KernelDefinition, LaunchTarget, StepShape } from "../kernel.ts";
import { type LoopAxis, loopNest } from "../loops/loop-nest.ts";
import { chunksOf, LINE, tileCount, tileOf } from "../loops/tiles.ts";
import type { LaneType } from "../map/lanes.ts";
import { laneType } from "../map/scalar-code.ts";
import { type Fold, type KeptAxis, ReduceWriter } from "./reduce-writer.ts";

const [FROM, TO] = [0, 1];
const isReduced = (axis: LoopAxis): boolean => operand(axis.strides, TO) === 0;
const productOf = (axes: readonly LoopAxis[]): number => axes.reduce((product, { extent }) => product * extent, 1);

/** Elements of a tile. */
const TILE = 65536;
/** Elements that go into an output, from which on they are taken in pieces. */
const LONG = 4096;
/** Outputs that are enough for tiles of whole ones, if the elements of each lie side by side. */
const ENOUGH_ROWS = 64;
/** Outputs that a piece is made for at most, in a tile. */
const WIDEST = 1024;

const opOf = { sum: "add", max: "max", min: "min" } satisfies Record<ReduceKind, ScalarOp>;

/** What the reduction of nothing gives. */
function identityOf(kind: ReduceKind, dtype: LaneType): number {
  if (kind === "sum") return 0;
  const limits = {
    f32: [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
    i32: [-(2 ** 31), 2 ** 31 - 1],
    u32: [0, 2 ** 32 - 1],
    bool: [0, 1],
  } satisfies Record<LaneType, [number, number]>;
  const [lowest, highest] = limits[dtype];
  return kind === "max" ? lowest : highest;
}

interface Reduction {
  readonly fold: Fold;
  /** Walks over the input and the output. */
  readonly nest: readonly LoopAxis[];
  /** Along one axis, the pieces that the elements of every output are taken in; none if they are taken whole. */
  readonly pieces?: Pieces;
}

interface Pieces {
  readonly axis: LoopAxis;
  /** Positions of a piece, but for the last one. */
  readonly length: number;
  readonly count: number;
}

function reductionOf({ inputs, attributes }: Pick<StepShape, "inputs" | "attributes">): Reduction {
  const { kind, axes } = attributes as ReduceAttributes;
  const { shape, dtype: type } = operand(inputs, 0).type;
  const dtype = laneType(type);
  const keptShape = shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  const toStrides = rowMajorStrides(keptShape).map((stride, axis) => (axes.includes(axis) ? 0 : stride));
  const found = loopNest(shape, [rowMajorStrides(shape), toStrides]);
  const nest = keptShape.includes(0) ? [{ extent: 0, strides: [1, 1] }] : found;
  const pieces = piecesOf(nest);
  const fold: Fold = { op: opOf[kind], dtype, identity: identityOf(kind, dtype) };
  return { fold, nest, ...(pieces !== undefined && { pieces }) };
}

function piecesOf(nest: readonly LoopAxis[]): Pieces | undefined {
  const [reduced, kept] = [nest.filter(isReduced), nest.filter((axis) => !isReduced(axis))];
  const [elements, outputs] = [productOf(reduced), productOf(kept)];
  const row = nest.at(-1);
  const isRow = row !== undefined && isReduced(row);
  if (elements * outputs <= TILE || elements <= LONG || (isRow && outputs >= ENOUGH_ROWS)) return undefined;
  const axis = reduced.reduce((longest, other) => (other.extent > longest.extent ? other : longest));
  const wide = chunksOf(
    kept.map(({ extent }) => extent),
    WIDEST,
    isRow ? 1 : LINE,
  ).reduce((product, chunk) => product * chunk, 1);
  const most = Math.max(1, Math.floor(TILE / (wide * (elements / axis.extent))));
  const even = Math.ceil(axis.extent / Math.ceil(axis.extent / most));
  const length = Math.min(axis.extent, operand(axis.strides, FROM) === 1 ? Math.ceil(even / LINE) * LINE : even);
  return { axis, length, count: Math.ceil(axis.extent / length) };
}

const outputsOf = ({ nest }: Reduction): number => productOf(nest.filter((axis) => !isReduced(axis)));

export const reduceKernel: KernelDefinition = {
  supports: (inputs) => inputs.every(({ dtype }) => dtype === "f32" || dtype === "i32" || dtype === "u32"),
  scratchBytes(step) {
    const reduction = reductionOf(step);
    return reduction.pieces === undefined ? 0 : 4 * reduction.pieces.count * outputsOf(reduction);
  },
  launches(step, target) {
    const reduction = reductionOf(step);
    if (reduction.pieces === undefined) return launchesOf(compileReduction(reduction, target), input(0), output(0));
    const outputs = outputsOf(reduction);
    const nest = [
      { extent: reduction.pieces.count, strides: [outputs, 0] },
      { extent: outputs, strides: [1, 1] },
    ].filter(({ extent }) => extent > 1);
    return [
      ...launchesOf(compileReduction(reduction, target), input(0), scratch(0)),
      ...launchesOf(compileReduction({ fold: reduction.fold, nest }, target), scratch(0), output(0)),
    ];
  },
};

/** A function of the addresses of the input and of the output: of as many outputs, one after the other, as there are pieces. */
function compileReduction({ fold, nest, pieces }: Reduction, target: LaunchTarget): GeneratedFunction {
  const locals = new Locals(2);
  const kept = nest.filter((axis) => !isReduced(axis));
  const reduced = nest.filter(isReduced);
  const row = nest.at(-1);
  const isRow = row === undefined || isReduced(row);
  const extents = kept.map(({ extent }) => extent);
  const room = pieces === undefined ? TILE / Math.max(1, productOf(reduced)) : WIDEST;
  const piece: LoopAxis = {
    extent: pieces?.count ?? 1,
    strides: pieces === undefined ? [0, 0] : [operand(pieces.axis.strides, FROM) * pieces.length, productOf(kept)],
  };
  const axes = [piece, ...kept];
  const chunks = [1, ...chunksOf(extents, room, isRow ? 1 : LINE)];
  const tile = tileOf(locals, axes, chunks, locals.addresses);
  const parts = kept.map(({ strides }, index): KeptAxis => ({ strides, extent: operand(tile.counts, index + 1) }));
  const writer = new ReduceWriter(fold, locals);
  const withLength = (length: number): readonly Code[] => {
    const whole = reduced.map((axis) => (axis === pieces?.axis ? { ...axis, extent: length } : axis));
    return isRow ? writer.rows(parts, whole, tile.pointers) : writer.columns(parts, whole, tile.pointers);
  };
  const start = tile.starts[0] ?? 0;
  const rest = pieces === undefined ? 0 : pieces.axis.extent % pieces.length;
  const statements = [...tile.statements];
  if (pieces === undefined || rest === 0 || typeof start === "number") {
    statements.push(...withLength(pieces?.length ?? 0));
  } else {
    const isLast = i32.eq(get(start), i32.const(pieces.count - 1));
    statements.push(when(isLast, withLength(rest)), when(i32.eqz(isLast), withLength(pieces.length)));
  }
  const key = `reduce ${JSON.stringify([fold.op, fold.dtype, nest, pieces])}`;
  return generatedFunction(key, target, { locals, statements, tiles: tileCount([piece.extent, ...extents], chunks) });
}
