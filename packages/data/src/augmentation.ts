// The paper's augmentation (section 4.1), as functions of where a picture stands in an epoch and of nothing else.
import { bitsAt, normalAt, type RandomKey } from "@tandem/core";
import { integerBelow } from "./random-integer.ts";
import type { ColourComponents } from "./statistics.ts";

/** A crop of a picture: its upper left corner, and whether it is mirrored from left to right. */
export interface View {
  readonly top: number;
  readonly left: number;
  readonly flipped: boolean;
}

/**
 * - `paper`: adds p_i (a_i l_i), a_i ~ N(0, 0.1), as the paper writes it.
 * - `code-2012`: adds p_i (a_i sqrt(l_i)), as its code does: by the standard deviation, not the variance.
 *
 * Eigenvalues l_i are those of pixels from 0 to 1. A variance changes with the square of the unit, so the paper's words need one:
 * on a scale of 0 to 255 they would add several hundred grey levels, on this one a few.
 */
export type ColourNoise = "paper" | "code-2012" | "none";

const COLOUR_NOISE_DEVIATION = 0.1;

/** The side of the crops of a picture of side `side`: 224 of 256, and in that proportion 56 of 64, 28 of 32, 24 of 28. */
export function cropSide(side: number): number {
  return Math.floor((side * 224) / 256);
}

/** A random crop and flip; all positions (height - crop + 1) x (width - crop + 1) x 2 are equally likely. */
export function randomView(key: RandomKey, sample: number, height: number, width: number, crop: number): View {
  return {
    top: integerBelow(height - crop + 1, bitsAt(key, sample, 0)),
    left: integerBelow(width - crop + 1, bitsAt(key, sample, 1)),
    flipped: integerBelow(2, bitsAt(key, sample, 2)) === 1,
  };
}

/** The crop in the middle. */
export function centreView(height: number, width: number, crop: number): View {
  return { top: Math.floor((height - crop) / 2), left: Math.floor((width - crop) / 2), flipped: false };
}

/** The ten views of the paper's test: the centre first, the four corners, and the mirror images of these five. */
export function tenViews(height: number, width: number, crop: number): View[] {
  const [bottom, right] = [height - crop, width - crop];
  const corners = [
    [0, 0],
    [0, right],
    [bottom, 0],
    [bottom, right],
  ].map(([top = 0, left = 0]) => ({ top, left, flipped: false }));
  const upright = [centreView(height, width, crop), ...corners];
  return [...upright, ...upright.map((view) => ({ ...view, flipped: true }))];
}

/**
 * The three directions of the colour noise, [3, 3]: row i is what a standard normal deviate moves R, G and B by, in grey levels
 * (0 to 255); undefined without noise. `strength` multiplies the recipe's deviation of 0.1.
 *
 * @throws RangeError if the strength is negative or not finite.
 */
export function colourNoiseAxes(
  noise: ColourNoise,
  colours: ColourComponents,
  strength = 1,
): readonly number[] | undefined {
  if (!(strength >= 0 && Number.isFinite(strength))) {
    throw new RangeError(`expected the strength of the colour noise to be a number of at least 0, found ${strength}`);
  }
  if (noise === "none") return undefined;
  return colours.eigenvalues.flatMap((eigenvalue, component) => {
    const spread = noise === "paper" ? eigenvalue : Math.sqrt(eigenvalue);
    return (colours.eigenvectors[component] ?? []).map(
      (part) => 255 * strength * COLOUR_NOISE_DEVIATION * spread * part,
    );
  });
}

/** Draws what is added to R, G and B of one use of a picture. */
export function drawColourNoise(
  axes: readonly number[],
  key: RandomKey,
  sample: number,
): readonly [number, number, number] {
  const noise: [number, number, number] = [0, 0, 0];
  for (let component = 0; component < 3; component++) {
    const deviate = normalAt(key, sample, component);
    for (let channel = 0; channel < 3; channel++) {
      noise[channel] = (noise[channel] ?? 0) + deviate * (axes[component * 3 + channel] ?? 0);
    }
  }
  return noise;
}
