// Gradients of convolutions' filters: blocks of the filter, and where those are few, parts of the positions that add up to them.
import { type ConvolutionFilterGradientAttributes, elementCount, extent, operand } from "@tandem/core";
import { areFloats, type KernelDefinition, type StepShape } from "@tandem/wasm-codegen";
import { blockSize, depthOfPart } from "./blocks.ts";
import { forwardAxis, mergesTaps, type PictureGeometry, pictureWords } from "./convolution-geometry.ts";
import {
  type FilteringProblem,
  filteredFilterGradient,
  filteringScratchBytes,
  suitsMinimalFiltering,
} from "./minimal-filtering.ts";
import { partialBytes, partialTarget, sumOfParts } from "./partial-sums.ts";
import { MOST_COLUMNS, MOST_ROWS } from "./thread-workspace.ts";

/** Rows that may be needed to fill up the panels of a run. */
const MOST_FILLING = 5;
const COLUMN_UNIT = 8;

interface FilterGradient {
  readonly geometry: PictureGeometry;
  readonly positions: number;
  readonly outputs: number;
  readonly runsInBlock: number;
  readonly channelsInBlock: number;
  readonly columnsInBlock: number;
  readonly depthInPart: number;
  readonly parts: number;
  readonly tiles: number;
}

function filterGradientOf({ inputs, attributes }: Pick<StepShape, "inputs" | "attributes">): FilterGradient {
  const settings = attributes as ConvolutionFilterGradientAttributes;
  const { groups, filterShape } = settings;
  const pictures = operand(inputs, 0).type.shape;
  const cotangent = operand(inputs, 1).type.shape;
  const geometry: PictureGeometry = {
    pictures,
    groups,
    vertical: forwardAxis(settings, 0, extent(filterShape, 0), extent(cotangent, 1)),
    horizontal: forwardAxis(settings, 1, extent(filterShape, 1), extent(cotangent, 2)),
    mayMergeTaps: true,
  };
  const [tapsY, tapsX, channels] = [extent(filterShape, 0), extent(filterShape, 1), extent(filterShape, 2)];
  const isMerged = mergesTaps(geometry);
  const runs = isMerged ? tapsY : tapsY * tapsX;
  const runLength = isMerged ? tapsX * channels : channels;
  const channelsInBlock = blockSize(runLength, MOST_ROWS, 1);
  const runsInBlock = blockSize(runs, Math.max(1, Math.floor(MOST_ROWS / (channelsInBlock + MOST_FILLING))), 1);
  const outputs = extent(filterShape, 3) / groups;
  const columnsInBlock = blockSize(outputs, MOST_COLUMNS, COLUMN_UNIT);
  const blocks =
    Math.ceil(runs / runsInBlock) *
    Math.ceil(runLength / channelsInBlock) *
    Math.ceil(outputs / columnsInBlock) *
    groups;
  const positions = extent(cotangent, 0) * extent(cotangent, 1) * extent(cotangent, 2);
  const depthInPart = depthOfPart(positions, blocks);
  const parts = Math.max(1, Math.ceil(positions / depthInPart));
  return {
    ...{ geometry, positions, outputs, runsInBlock, channelsInBlock, columnsInBlock, depthInPart, parts },
    tiles: blocks * parts,
  };
}

/** The step as a problem of minimal filtering, if that is the faster way. */
function minimalFilterGradient({ inputs, attributes }: StepShape): FilteringProblem | undefined {
  const { groups, padding, strides, dilations, filterShape } = attributes as ConvolutionFilterGradientAttributes;
  const problem: FilteringProblem = {
    inputs: operand(inputs, 0).type.shape,
    outputs: operand(inputs, 1).type.shape,
    groups,
    taps: extent(filterShape, 0),
    before: [padding[0][0], padding[1][0]],
  };
  return suitsMinimalFiltering(problem, filterShape, strides, dilations) ? problem : undefined;
}

export const conv2dFilterGradientKernel: KernelDefinition = {
  supports: areFloats,
  scratchBytes(step) {
    const minimal = minimalFilterGradient(step);
    if (minimal !== undefined) return filteringScratchBytes(minimal);
    const { filterShape } = step.attributes as ConvolutionFilterGradientAttributes;
    return partialBytes(filterGradientOf(step).parts, elementCount(filterShape));
  },
  launches(step) {
    const minimal = minimalFilterGradient(step);
    if (minimal !== undefined) return filteredFilterGradient(minimal);
    const count = elementCount((step.attributes as ConvolutionFilterGradientAttributes).filterShape);
    const { geometry, positions, outputs, parts, tiles, ...blocks } = filterGradientOf(step);
    if (count === 0) return [];
    const { runsInBlock, channelsInBlock, columnsInBlock, depthInPart } = blocks;
    const words = [
      ...pictureWords(geometry),
      ...[positions, outputs, runsInBlock, channelsInBlock, columnsInBlock, depthInPart],
    ];
    return [
      {
        function: { kind: "library", name: "filterGradientBlock" },
        arguments: [
          { kind: "threadWorkspace", words },
          { kind: "input", index: 0, byteOffset: 0 },
          { kind: "input", index: 1, byteOffset: 0 },
          partialTarget(parts),
        ],
        tiles,
      },
      ...sumOfParts(parts, count),
    ];
  },
};
