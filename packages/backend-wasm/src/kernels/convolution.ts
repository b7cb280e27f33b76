// Convolutions, and the gradient of their input: for each remainder of a position by the strides, a convolution of the cotangent
// with those taps of the filter that reach it, in reverse order.
import {
  type ConvolutionAttributes,
  type ConvolutionInputGradientAttributes,
  extent,
  operand,
  rowMajorStrides,
  type Shape,
} from "@tandem/core";
import {
  areFloats,
  isEpilogueSupported,
  type KernelDefinition,
  type Launch,
  type LaunchArgument,
  type StepShape,
} from "@tandem/wasm-codegen";
import { fusedEpilogue, NO_BIAS } from "./bias-activation.ts";
import { blocksOf } from "./blocks.ts";
import { type AxisGeometry, forwardAxis, type PictureGeometry, pictureWords } from "./convolution-geometry.ts";
import {
  type FilteringProblem,
  filteredConvolution,
  filteringScratchBytes,
  suitsMinimalFiltering,
} from "./minimal-filtering.ts";

/** Distances in elements, in the order of the fields of assembly/convolution.ts. */
interface TargetLayout {
  readonly image: number;
  readonly row: number;
  readonly column: number;
  readonly origin: number;
}

interface FilterLayout {
  readonly origin: number;
  readonly tapY: number;
  readonly tapX: number;
  readonly group: number;
  /** Of what does not lie side by side: of columns if `isTransposed`, else along the depth. */
  readonly line: number;
  readonly isTransposed: boolean;
}

interface ConvolutionLaunch {
  readonly geometry: PictureGeometry;
  /** Output channels of a group. */
  readonly outputs: number;
  readonly target: TargetLayout;
  readonly filter: FilterLayout;
  readonly bias: LaunchArgument;
  readonly rectifies: boolean;
}

function convolutionLaunch({
  geometry,
  outputs,
  target,
  filter,
  bias,
  rectifies,
}: ConvolutionLaunch): readonly Launch[] {
  const { pictures, groups, vertical, horizontal } = geometry;
  const positions = extent(pictures, 0) * vertical.positions * horizontal.positions;
  if (positions * outputs * groups === 0) return [];
  const { rowsInBlock, columnsInBlock, count } = blocksOf(positions, outputs, groups);
  const words = [
    ...pictureWords(geometry),
    ...[positions, outputs, target.image, target.row, target.column, target.origin],
    ...[filter.origin, filter.tapY, filter.tapX, filter.group, filter.line, Number(filter.isTransposed)],
    ...[rowsInBlock, columnsInBlock, Number(rectifies)],
  ];
  return [
    {
      function: { kind: "library", name: "convolutionBlock" },
      arguments: [
        { kind: "threadWorkspace", words },
        { kind: "input", index: 0, byteOffset: 0 },
        { kind: "input", index: 1, byteOffset: 0 },
        { kind: "output", index: 0, byteOffset: 0 },
        bias,
      ],
      tiles: count,
    },
  ];
}

export const conv2dKernel: KernelDefinition = {
  supports(inputs, outputs, attributes) {
    const { epilogue } = attributes as ConvolutionAttributes;
    return areFloats(inputs.slice(0, 2)) && isEpilogueSupported(epilogue, [...inputs.slice(2), ...outputs]);
  },
  scratchBytes(step) {
    const minimal = minimalFiltering(step, false);
    return minimal === undefined ? 0 : filteringScratchBytes(minimal);
  },
  launches(step, target) {
    const attributes = step.attributes as ConvolutionAttributes;
    const pictures = operand(step.inputs, 0).type.shape;
    const filter = operand(step.inputs, 1).type.shape;
    const output = operand(step.outputs, 0).type.shape;
    const { bias, rectifies, afterwards } = fusedEpilogue(step, attributes.epilogue, extent(output, 3), target);
    const minimal = minimalFiltering(step, false);
    if (minimal !== undefined) return [...filteredConvolution(minimal, false, { bias, rectifies }), ...afterwards];
    const [tapY, tapX, line] = rowMajorStrides(filter) as [number, number, number, number];
    const [image, row, column] = rowMajorStrides(output) as [number, number, number, number];
    const outputs = extent(filter, 3) / attributes.groups;
    const launches = convolutionLaunch({
      geometry: {
        pictures,
        groups: attributes.groups,
        vertical: forwardAxis(attributes, 0, extent(filter, 0), extent(output, 1)),
        horizontal: forwardAxis(attributes, 1, extent(filter, 1), extent(output, 2)),
        mayMergeTaps: true,
      },
      outputs,
      target: { image, row, column, origin: 0 },
      filter: { origin: 0, tapY, tapX, group: outputs, line, isTransposed: false },
      bias,
      rectifies,
    });
    return [...launches, ...afterwards];
  },
};

/**
 * The step as a problem of minimal filtering, if that is the faster way. The gradient of an input is a convolution of the cotangent,
 * padded so that every tap meets it.
 */
function minimalFiltering(
  { inputs, outputs, attributes }: StepShape,
  isInputGradient: boolean,
): FilteringProblem | undefined {
  const { groups, padding, strides, dilations } = attributes as ConvolutionAttributes;
  const filter = operand(inputs, 1).type.shape;
  const taps = extent(filter, 0);
  const before = (axis: 0 | 1): number => (isInputGradient ? taps - 1 - padding[axis][0] : padding[axis][0]);
  const problem: FilteringProblem = {
    inputs: operand(inputs, 0).type.shape,
    outputs: operand(outputs, 0).type.shape,
    ...{ groups, taps, before: [before(0), before(1)] },
  };
  return suitsMinimalFiltering(problem, filter, strides, dilations) ? problem : undefined;
}

/** Which positions of an axis of the input have one remainder by the stride, and which taps reach them. */
interface Residue {
  readonly axis: AxisGeometry;
  readonly remainder: number;
  /** The tap that comes first, and the distance to the next: negative, as the order is reversed. */
  readonly firstTap: number;
  readonly tapStep: number;
}

function residues(size: number, taps: number, stride: number, dilation: number, padding: number): readonly Residue[] {
  return Array.from({ length: Math.min(stride, size) }, (_, remainder): Residue => {
    const reaching = Array.from({ length: taps }, (_, tap) => tap).filter(
      (tap) => (remainder + padding - tap * dilation) % stride === 0,
    );
    const last = reaching.at(-1) ?? 0;
    const tapStep = (reaching.at(-2) ?? last) - last;
    return {
      axis: {
        positions: Math.ceil((size - remainder) / stride),
        origin: (remainder + padding - last * dilation) / stride,
        stride: 1,
        step: (-tapStep * dilation) / stride,
        taps: reaching.length,
      },
      remainder,
      firstTap: last,
      tapStep,
    };
  });
}

export const conv2dInputGradientKernel: KernelDefinition = {
  supports: areFloats,
  scratchBytes(step) {
    const minimal = minimalFiltering(step, true);
    return minimal === undefined ? 0 : filteringScratchBytes(minimal);
  },
  launches(step) {
    const minimal = minimalFiltering(step, true);
    if (minimal !== undefined) return filteredConvolution(minimal, true, { bias: NO_BIAS, rectifies: false });
    const attributes = step.attributes as ConvolutionInputGradientAttributes;
    const { groups, strides, dilations, padding, inputShape } = attributes;
    const cotangent = operand(step.inputs, 0).type.shape;
    const filter = operand(step.inputs, 1).type.shape;
    const [image, row, column] = rowMajorStrides(inputShape) as [number, number, number, number];
    const [tapY, tapX, line] = rowMajorStrides(filter) as [number, number, number, number];
    const along = (axis: 0 | 1): readonly Residue[] =>
      residues(extent(inputShape, axis + 1), extent(filter, axis), strides[axis], dilations[axis], padding[axis][0]);
    return along(0).flatMap((vertical) =>
      along(1).flatMap((horizontal) =>
        convolutionLaunch({
          geometry: geometryOf(cotangent, groups, vertical, horizontal),
          outputs: extent(filter, 2),
          target: {
            image,
            row: row * strides[0],
            column: column * strides[1],
            origin: vertical.remainder * row + horizontal.remainder * column,
          },
          filter: {
            origin: vertical.firstTap * tapY + horizontal.firstTap * tapX,
            tapY: vertical.tapStep * tapY,
            tapX: horizontal.tapStep * tapX,
            group: extent(filter, 3) / groups,
            line,
            isTransposed: true,
          },
          bias: NO_BIAS,
          rectifies: false,
        }),
      ),
    );
  },
};

function geometryOf(cotangent: Shape, groups: number, vertical: Residue, horizontal: Residue): PictureGeometry {
  return { pictures: cotangent, groups, vertical: vertical.axis, horizontal: horizontal.axis, mayMergeTaps: false };
}
