// The sizes of a convolution, whichever of its three tensors is the result.
import type { ConvolutionAttributes, Shape } from "@tandem/core";
import type { Windows } from "../tiles/picture-loader.ts";

export interface ConvolutionGeometry {
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filterHeight: number;
  readonly filterWidth: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
  readonly groups: number;
  /** Channels of one group. */
  readonly groupIn: number;
  readonly groupOut: number;
}

export function convolutionGeometry(
  input: Shape,
  filter: Shape,
  output: Shape,
  { groups }: ConvolutionAttributes,
): ConvolutionGeometry {
  const [images = 0, height = 0, width = 0, channels = 0] = input;
  const [filterHeight = 0, filterWidth = 0, groupIn = 0, outChannels = 0] = filter;
  const [, outHeight = 0, outWidth = 0] = output;
  return {
    images,
    height,
    width,
    channels,
    filterHeight,
    filterWidth,
    outHeight,
    outWidth,
    outChannels,
    groups,
    groupIn,
    groupOut: outChannels / groups,
  };
}

/** The windows of the input that the output's positions see. */
export function inputWindows(
  { images, height, width, channels, filterHeight, filterWidth, outHeight, outWidth, groupIn }: ConvolutionGeometry,
  { strides, padding, dilations }: ConvolutionAttributes,
): Windows {
  return {
    images,
    size: [height, width],
    channels,
    groupChannels: groupIn,
    positions: [outHeight, outWidth],
    strides,
    taps: [filterHeight, filterWidth],
    steps: dilations,
    origin: [-padding[0][0], -padding[1][0]],
  };
}
