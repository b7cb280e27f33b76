// Axes in another order. Where neighbours of the input are not neighbours of the result, tiles go through workgroup memory, so that
// both are read and written in rows.
import {
  type ArrayType,
  byteLength,
  elementCount,
  extent,
  operand,
  rowMajorStrides,
  type Shape,
  type TransposeAttributes,
} from "@tandem/core";
import type { Capabilities } from "../capabilities.ts";
import { areStorable, type KernelDefinition, type StepShape } from "../kernel.ts";
import { coordinatesOf, offsetExpression } from "../shader/broadcast.ts";
import type { Dispatch } from "../shader/dispatch.ts";
import { enables } from "../shader/enables.ts";
import { mergeAxes } from "../shader/merged-axes.ts";
import { storageElement } from "../shader/scalar.ts";
import { bindingCount, declareStorage } from "../shader/storage.ts";
import { copyBindings, stridedCopy } from "./strided-copy.ts";

/** Elements of a tile along both of its axes, and how many of its rows move at once. */
const [TILE, ROWS] = [32, 8];
/** Rows shorter than this leave most of a tile empty. */
const SHORTEST_ROW = 8;

export const transposeKernel: KernelDefinition = {
  supports: ({ inputs }, capabilities) =>
    areStorable(inputs, capabilities) &&
    copyBindings(operand(inputs, 0), capabilities) <= capabilities.limits.storageBindings,
  dispatches(step, capabilities) {
    const { permutation } = step.attributes as TransposeAttributes;
    const { type } = operand(step.inputs, 0);
    const { shape } = operand(step.outputs, 0).type;
    const inputStrides = rowMajorStrides(type.shape);
    const fromStrides = permutation.map((axis) => extent(inputStrides, axis));
    const toStrides = rowMajorStrides(shape);
    const tiles = tilesOf(shape, fromStrides, toStrides);
    if (tiles !== undefined && fits(tiles, type, capabilities)) return [tiledTranspose(step, tiles, capabilities)];
    const [from, to] = [
      { index: 0, start: 0, strides: fromStrides },
      { index: 0, start: 0, strides: toStrides },
    ];
    return stridedCopy(step, shape, from, to, capabilities);
  },
};

/** Two axes, neighbours along one of which are neighbours in the input and along the other in the output. */
interface Tiles {
  /** Extents of the axes along which the input's and the output's neighbours lie. */
  readonly inputRow: number;
  readonly outputRow: number;
  /** Distance in the input of neighbours along the output's row, and the other way round. */
  readonly inputStride: number;
  readonly outputStride: number;
  /** The other axes. */
  readonly batch: Shape;
  readonly inputBatchStrides: readonly number[];
  readonly outputBatchStrides: readonly number[];
}

function tilesOf(shape: Shape, fromStrides: readonly number[], toStrides: readonly number[]): Tiles | undefined {
  const merged = mergeAxes(shape, [fromStrides, toStrides]);
  const [from = [], to = []] = merged.strides;
  const [inputAxis, outputAxis] = [from.indexOf(1), to.indexOf(1)];
  if (inputAxis < 0 || outputAxis < 0 || inputAxis === outputAxis) return undefined;
  const [inputRow, outputRow] = [extent(merged.shape, inputAxis), extent(merged.shape, outputAxis)];
  if (Math.min(inputRow, outputRow) < SHORTEST_ROW) return undefined;
  const others = [...merged.shape.keys()].filter((axis) => axis !== inputAxis && axis !== outputAxis);
  const along = (list: readonly number[]): number[] => others.map((axis) => extent(list, axis));
  return {
    inputRow,
    outputRow,
    inputStride: extent(from, outputAxis),
    outputStride: extent(to, inputAxis),
    batch: along(merged.shape),
    inputBatchStrides: along(from),
    outputBatchStrides: along(to),
  };
}

function fits({ inputRow, outputRow, batch }: Tiles, type: ArrayType, capabilities: Capabilities): boolean {
  const { storageBindings, workgroupsPerAxis } = capabilities.limits;
  const workgroups = [Math.ceil(inputRow / TILE), Math.ceil(outputRow / TILE), elementCount(batch)];
  const bytes = byteLength(type);
  return (
    bytes > 0 &&
    bindingCount([bytes, bytes], capabilities) <= storageBindings &&
    workgroups.every((count) => count <= workgroupsPerAxis)
  );
}

function tiledTranspose(step: StepShape, tiles: Tiles, capabilities: Capabilities): Dispatch {
  const { dtype, shape } = operand(step.inputs, 0).type;
  const { inputRow, outputRow, batch } = tiles;
  const element = storageElement(dtype);
  const count = elementCount(shape);
  const { wgsl: storage, bindings } = declareStorage(
    step,
    [
      { name: "source", storage: { kind: "input", index: 0 }, element, access: "read", count },
      { name: "target", storage: { kind: "output", index: 0 }, element, access: "write", count },
    ],
    capabilities,
  );
  const { statements, coordinates } = coordinatesOf(batch, "workgroup.z", "batch");
  const wgsl = `${enables({ f16: dtype === "f16" })}${storage}

// A column more than a tile has: reading down a column then meets every bank of the memory.
var<workgroup> tile: array<${element}, ${TILE * (TILE + 1)}>;

@compute @workgroup_size(${TILE}, ${ROWS})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_id) lane: vec3u) {
${statements}
  let sourceStart = ${offsetExpression(coordinates, tiles.inputBatchStrides)};
  let targetStart = ${offsetExpression(coordinates, tiles.outputBatchStrides)};
  let inputColumn = workgroup.x * ${TILE}u;
  let outputColumn = workgroup.y * ${TILE}u;
  for (var row = lane.y; row < ${TILE}u; row += ${ROWS}u) {
    let inputIndex = (outputColumn + row) * ${tiles.inputStride}u + inputColumn + lane.x;
    if (inputColumn + lane.x < ${inputRow}u && outputColumn + row < ${outputRow}u) {
      tile[row * ${TILE + 1}u + lane.x] = read_source(sourceStart + inputIndex);
    }
  }
  workgroupBarrier();
  for (var row = lane.y; row < ${TILE}u; row += ${ROWS}u) {
    let outputIndex = (inputColumn + row) * ${tiles.outputStride}u + outputColumn + lane.x;
    if (outputColumn + lane.x < ${outputRow}u && inputColumn + row < ${inputRow}u) {
      write_target(targetStart + outputIndex, tile[lane.x * ${TILE + 1}u + row]);
    }
  }
}`;
  return { wgsl, bindings, workgroups: [Math.ceil(inputRow / TILE), Math.ceil(outputRow / TILE), elementCount(batch)] };
}
