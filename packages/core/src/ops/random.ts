// Random numbers inside a graph: counter-based, so that they depend on seed, step, scope, sample and element and on nothing else.
// The integer bits are those of `bitsAt` on the host, exactly, on every backend.
import { DTypeError, ShapeError, UsageError } from "../errors.ts";
import { hashPath } from "../random.ts";
import type { Scalar, ScalarBuilder } from "../scalar/builder.ts";
import { extent, formatShape, type Shape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { THREEFRY_PARITY, THREEFRY_ROTATIONS, THREEFRY_ROUNDS } from "../threefry.ts";
import { currentBuilder } from "../trace-context.ts";
import { mul, where } from "./elementwise.ts";
import { map } from "./map.ts";

/** The inputs every random op depends on: u32 scalars that change per run and per step. */
export interface RandomSource {
  readonly seed: Tensor;
  readonly step: Tensor;
}

export interface RandomOptions {
  /** Which stream to draw from; by default the scope path, so that each layer has its own. */
  readonly path?: string;
  /** Global index of the first sample (axis 0), where a batch is split over devices. */
  readonly sampleOffset?: number;
  /** Global index of the first element of a sample, where a layer's units are split over devices. */
  readonly elementOffset?: number;
}

/** Threefry-2x32 as scalar code; see threefry.ts for the host's. */
function threefryScalars(key0: Scalar, key1: Scalar, counter0: Scalar, counter1: Scalar): [Scalar, Scalar] {
  const schedule = [key0, key1, key0.xor(key1).xor(THREEFRY_PARITY)] as const;
  const subkey = (index: number): Scalar => schedule[index % 3] ?? key0;
  let x0 = counter0.add(key0);
  let x1 = counter1.add(key1);
  for (let round = 0; round < THREEFRY_ROUNDS; round++) {
    const distance = THREEFRY_ROTATIONS[round % 8] ?? 0;
    x0 = x0.add(x1);
    x1 = x1
      .shl(distance)
      .or(x1.shr(32 - distance))
      .xor(x0);
    if (round % 4 === 3) {
      const injection = (round + 1) / 4;
      x0 = x0.add(subkey(injection));
      x1 = x1.add(subkey(injection + 1)).add(injection);
    }
  }
  return [x0, x1];
}

/** Index of an element within its sample: row-major over all axes but the first. */
function elementIndex(builder: ScalarBuilder, shape: Shape, offset: number): Scalar {
  let index = builder.constant(0, "u32");
  for (let axis = 1; axis < shape.length; axis++) {
    index = axis === 1 ? builder.coordinate(1) : index.mul(extent(shape, axis)).add(builder.coordinate(axis));
  }
  return offset === 0 ? index : index.add(offset);
}

/** Two words of random bits (u32) for each element of `shape`, whose first axis counts samples. */
export function randomWords(shape: Shape, { seed, step }: RandomSource, options: RandomOptions = {}): [Tensor, Tensor] {
  currentBuilder().located({ name: "randomWords", roles: ["seed", "step"] }, [seed, step], () => {
    if (seed.dtype !== "u32" || step.dtype !== "u32") {
      throw new DTypeError(`seed and step must be u32, found ${seed.dtype} and ${step.dtype}`);
    }
    if (seed.shape.length + step.shape.length > 0) {
      throw new ShapeError(
        `seed and step must be scalars, found ${formatShape(seed.shape)} and ${formatShape(step.shape)}`,
      );
    }
  });
  const path = options.path ?? currentBuilder().scope;
  const key = map([seed, step], ([seedWord, stepWord], builder) => {
    const zero = builder.constant(0, "u32");
    return threefryScalars(seedWord ?? zero, stepWord ?? zero, builder.constant(hashPath(path), "u32"), zero);
  });
  const [first, second] = map(
    key,
    ([key0, key1], builder) => {
      const zero = builder.constant(0, "u32");
      const sample = (shape.length === 0 ? zero : builder.coordinate(0)).add(options.sampleOffset ?? 0);
      return threefryScalars(
        key0 ?? zero,
        key1 ?? zero,
        sample,
        elementIndex(builder, shape, options.elementOffset ?? 0),
      );
    },
    { shape },
  );
  if (first === undefined || second === undefined) throw new UsageError("random words are two");
  return [first, second];
}

/** 32 random bits an element (u32). */
export function randomBits(shape: Shape, source: RandomSource, options: RandomOptions = {}): Tensor {
  return randomWords(shape, source, options)[0];
}

/** f32 uniform in [0, 1) with 24 bits, exactly `uniformAt` on the host. */
export function uniform(shape: Shape, source: RandomSource, options: RandomOptions = {}): Tensor {
  return mapOne([randomBits(shape, source, options)], (bits) => unitInterval(bits));
}

/** Standard normal f32 by Box and Muller's transform; exp and log differ between backends in the last bits. */
export function normal(shape: Shape, source: RandomSource, options: RandomOptions = {}): Tensor {
  const [first, second] = randomWords(shape, source, options);
  return mapOne([first, second], (radiusBits, angleBits) => {
    const radius = unitInterval(radiusBits).neg().add(1).log().mul(-2).sqrt();
    return radius.mul(
      unitInterval(angleBits)
        .mul(2 * Math.PI)
        .cos(),
    );
  });
}

function unitInterval(bits: Scalar): Scalar {
  return bits
    .shr(8)
    .cast("f32")
    .mul(2 ** -24);
}

function mapOne(inputs: readonly Tensor[], body: (first: Scalar, second: Scalar) => Scalar): Tensor {
  const [result] = map(inputs, ([first, second = first], builder) => {
    const zero = builder.constant(0, "u32");
    return [body(first ?? zero, second ?? zero)];
  });
  if (result === undefined) throw new UsageError("a map with one output has no output");
  return result;
}

export interface DropoutOptions extends RandomOptions {
  /** Probability that a unit is silenced. */
  readonly rate: number;
  readonly training: boolean;
  /**
   * `paper`: kept units keep their output in training, and all outputs are multiplied by 1 - rate at test time (section 4.2).
   * `inverted`: kept units are divided by 1 - rate in training, and nothing happens at test time.
   */
  readonly scaling: "paper" | "inverted";
}

/** Silences units at random in training. The mask is compared as integers, so it is the same on every backend. */
export function dropout(x: Tensor, source: RandomSource, options: DropoutOptions): Tensor {
  const { rate, training, scaling } = options;
  if (!(rate >= 0 && rate < 1)) throw new UsageError(`dropout rate must be in [0, 1), found ${rate}`);
  if (!training) return scaling === "paper" ? mul(x, 1 - rate) : x;
  const threshold = Math.round(rate * 2 ** 32);
  const keep = mapOne([randomBits(x.shape, source, options)], (bits) => bits.ge(threshold));
  return where(keep, scaling === "inverted" ? mul(x, 1 / (1 - rate)) : x, 0);
}
