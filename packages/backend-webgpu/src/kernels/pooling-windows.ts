// What the pooling kernels share: how an invocation finds its place, its window, or the windows that see it.
import { extent, operand, type PoolAttributes, type Shape } from "@tandem/core";
import type { KernelDefinition, StepShape } from "../kernel.ts";
import { linearDispatch } from "../shader/dispatch.ts";
import { declareOperands, type StepOperand, type Width, widthOf } from "../shader/operands.ts";
import { chunkedKernel } from "./chunked-kernel.ts";

/** Pictures before and after pooling; channels are counted in blocks of `width`. */
export interface PoolGeometry extends PoolAttributes {
  readonly width: Width;
  readonly blocks: number;
  readonly inputSize: readonly [height: number, width: number];
  readonly pooledSize: readonly [height: number, width: number];
}

export interface PoolShader {
  /** The last one is the output. */
  readonly operands: readonly StepOperand[];
  /** Whether invocations are those of a picture before pooling or after it. */
  readonly writes: "input" | "pooled";
  /** Functions that `body` calls. */
  functions(geometry: PoolGeometry): string;
  /** Statements that write element `position`, which is at `image`, `row`, `column` and `block`. */
  body(geometry: PoolGeometry, step: StepShape): string;
}

/** One invocation for each block of channels that is written. */
export function poolKernel({ operands, writes, functions, body }: PoolShader): KernelDefinition {
  return chunkedKernel({
    items: (types) => extent(operand(types, 0).shape, 0),
    dispatch(step, chunk, capabilities) {
      const [input, output] = [operand(step.inputs, 0), operand(step.outputs, 0)];
      const pooled = writes === "pooled" ? output : operand(step.inputs, 1);
      const geometry = geometryOf(input.type.shape, pooled.type.shape, step.attributes as PoolAttributes);
      const { blocks } = geometry;
      const [height, width] = writes === "pooled" ? geometry.pooledSize : geometry.inputSize;
      const declared = declareOperands(step, operands, geometry.width, chunk, capabilities);
      const { opening, workgroups } = linearDispatch(chunk.count * height * width * blocks, capabilities);
      const wgsl = `${declared.wgsl}
${functions(geometry)}
${opening}
  let block = position % ${blocks}u;
  let column = position / ${blocks}u % ${width}u;
  let row = position / ${blocks * width}u % ${height}u;
  let image = position / ${blocks * width * height}u;
${body(geometry, step)}
}`;
      return { wgsl, bindings: declared.bindings, workgroups };
    },
  });
}

function geometryOf(input: Shape, pooled: Shape, attributes: PoolAttributes): PoolGeometry {
  const channels = extent(input, 3);
  const width = widthOf(channels);
  return {
    ...attributes,
    width,
    blocks: channels / width,
    inputSize: [extent(input, 1), extent(input, 2)],
    pooledSize: [extent(pooled, 1), extent(pooled, 2)],
  };
}

/** Defines `inputIndex(image, row, column, block)` and `pooledIndex`, into a picture before and after pooling. */
export function indexFunctions({ inputSize, pooledSize, blocks }: PoolGeometry): string {
  const define = (name: string, [height, width]: readonly [number, number]): string =>
    `fn ${name}Index(image: u32, row: u32, column: u32, block: u32) -> u32 {
  return ((image * ${height}u + row) * ${width}u + column) * ${blocks}u + block;
}`;
  return `${define("input", inputSize)}\n${define("pooled", pooledSize)}`;
}

/** Defines `windowRows(row)` and `windowColumns(column)`: the first that a window sees of a picture, and their end. */
export function windowFunctions({ window, strides, padding, inputSize }: PoolGeometry): string {
  const define = (name: string, axis: 0 | 1): string => `fn window${name}(pooled: u32) -> vec2u {
  let first = i32(pooled) * ${strides[axis]} - ${padding[axis][0]};
  return vec2u(vec2i(max(first, 0), min(first + ${window[axis]}, ${inputSize[axis]})));
}`;
  return `${define("Rows", 0)}\n${define("Columns", 1)}`;
}

/** Defines `coveringRows(row)` and `coveringColumns(column)`: the first and the last window that sees a position; no window sees it where the first is after the last. */
export function coveringFunctions({ window, strides, padding, pooledSize }: PoolGeometry): string {
  const define = (name: string, axis: 0 | 1): string => `fn covering${name}(position: u32) -> vec2i {
  let padded = i32(position) + ${padding[axis][0]};
  let first = max(padded - ${window[axis]} + ${strides[axis]}, 0) / ${strides[axis]};
  return vec2i(first, min(padded / ${strides[axis]}, ${pooledSize[axis] - 1}));
}`;
  return `${define("Rows", 0)}\n${define("Columns", 1)}`;
}
