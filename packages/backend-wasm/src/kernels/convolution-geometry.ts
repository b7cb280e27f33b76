// Where the taps of a filter meet pictures, as the words that assembly/pictures.ts reads.
import { type ConvolutionAttributes, extent, type Shape } from "@tandem/core";
import { MOST_PADDED_RUN } from "./thread-workspace.ts";

/** Positions along one axis, and the pixels that taps meet: tap a of position i meets origin + stride i + step a. */
export interface AxisGeometry {
  readonly positions: number;
  readonly origin: number;
  readonly stride: number;
  readonly step: number;
  readonly taps: number;
}

export interface PictureGeometry {
  /** NHWC. */
  readonly pictures: Shape;
  readonly groups: number;
  readonly vertical: AxisGeometry;
  readonly horizontal: AxisGeometry;
  /** Whether a whole row of taps may be read as one run, the taps' channels being side by side in the filter too. */
  readonly mayMergeTaps: boolean;
}

/** The axes along which a convolution's filter moves over its input. */
export function forwardAxis(
  attributes: ConvolutionAttributes,
  axis: 0 | 1,
  taps: number,
  positions: number,
): AxisGeometry {
  return {
    positions,
    origin: -attributes.padding[axis][0],
    stride: attributes.strides[axis],
    step: attributes.dilations[axis],
    taps,
  };
}

export function mergesTaps({ pictures, groups, horizontal, mayMergeTaps }: PictureGeometry): boolean {
  const run = horizontal.taps * extent(pictures, 3);
  return mayMergeTaps && groups === 1 && horizontal.step === 1 && run <= MOST_PADDED_RUN;
}

/** In the order of the fields of assembly/pictures.ts. */
export function pictureWords(geometry: PictureGeometry): readonly number[] {
  const { pictures, groups, vertical, horizontal } = geometry;
  const [, height = 0, width = 0, channels = 0] = pictures;
  return [
    ...[height, width, channels, channels / groups, groups, vertical.positions, horizontal.positions],
    ...[vertical.origin, horizontal.origin, vertical.stride, horizontal.stride, vertical.step, horizontal.step],
    ...[vertical.taps, horizontal.taps, Number(mergesTaps(geometry))],
  ];
}
