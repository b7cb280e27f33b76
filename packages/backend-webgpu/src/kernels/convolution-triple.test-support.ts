// Convolutions for tests: one with its two gradients, and any small one.
import { type Attributes, type ConvolutionAttributes, convolvedShape, type Shape } from "@tandem/core";
import fc from "fast-check";
import { integers, type Value } from "../against-reference.test-support.ts";
import type { KernelDefinition } from "../kernel.ts";
import { conv2dKernel } from "./convolution.ts";
import { conv2dFilterGradientKernel } from "./convolution-filter-gradient.ts";
import { conv2dInputGradientKernel } from "./convolution-input-gradient.ts";

export interface Convolution extends Pick<ConvolutionAttributes, "strides" | "padding" | "dilations" | "groups"> {
  readonly input: Shape;
  readonly filter: Shape;
}

export interface ConvolutionMember {
  readonly op: string;
  readonly kernel: KernelDefinition;
  readonly inputs: readonly Value[];
  readonly attributes: Attributes;
}

/** The convolution and its two gradients. */
export function convolutionTriple({ input, filter, ...geometry }: Convolution): readonly ConvolutionMember[] {
  const attributes: ConvolutionAttributes = { ...geometry, accumulate: "f32" };
  const output = convolvedShape(input, filter, attributes);
  const [x, w, dy] = [integers("f32", input, 1), integers("f32", filter, 2), integers("f32", output, 3)];
  return [
    { op: "conv2d", kernel: conv2dKernel, inputs: [x, w], attributes },
    {
      op: "conv2dInputGradient",
      kernel: conv2dInputGradientKernel,
      inputs: [dy, w],
      attributes: { ...attributes, inputShape: input },
    },
    {
      op: "conv2dFilterGradient",
      kernel: conv2dFilterGradientKernel,
      inputs: [x, dy],
      attributes: { ...attributes, filterShape: filter },
    },
  ];
}

/** Small ones, with every option. */
export function anyConvolution(largestStride: number): fc.Arbitrary<Convolution> {
  const small = (most: number) => fc.integer({ min: 1, max: most });
  const pair = (most: number) => fc.tuple(small(most), small(most));
  const side = fc.tuple(fc.nat(2), fc.nat(2));
  return fc
    .record({
      images: small(2),
      size: pair(9),
      taps: pair(4),
      groups: small(2),
      groupIn: small(5),
      groupOut: small(5),
      strides: pair(largestStride),
      dilations: pair(3),
      padding: fc.tuple(side, side),
    })
    .map(
      ({ images, size, taps, groups, groupIn, groupOut, ...geometry }): Convolution => ({
        ...geometry,
        groups,
        input: [images, size[0], size[1], groups * groupIn],
        filter: [taps[0], taps[1], groupIn, groups * groupOut],
      }),
    )
    .filter(({ input, filter, strides: _, padding, dilations }) =>
      ([0, 1] as const).every(
        (axis) =>
          (input[axis + 1] ?? 0) + padding[axis][0] + padding[axis][1] > ((filter[axis] ?? 0) - 1) * dilations[axis],
      ),
    );
}
