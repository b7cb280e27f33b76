// Inputs of conformance cases: shapes with a rule that gives every element, the same on every machine.
import {
  bitsAt,
  type DType,
  deriveKey,
  elementCount,
  normalAt,
  type RandomKey,
  type Shape,
  uniformAt,
} from "@tandem/core";

export interface Input {
  /** `float` is f32 on the backends under test and f64 where the truth is computed; its elements are exact in f32. */
  readonly dtype: "float" | Exclude<DType, "f16" | "f32" | "f64">;
  readonly shape: Shape;
  readonly elements: (key: RandomKey, count: number) => readonly number[];
}

/** The elements of an input, drawn from the stream `path`. */
export function elementsOf({ dtype, shape, elements }: Input, path: string): readonly number[] {
  const found = elements(deriveKey(0, 0, path), elementCount(shape));
  return dtype === "float" ? found.map(Math.fround) : found;
}

function each(dtype: Input["dtype"], shape: Shape, element: (key: RandomKey, index: number) => number): Input {
  return {
    dtype,
    shape,
    elements: (key, count) => Array.from({ length: count }, (_, index) => element(key, index)),
  };
}

export function normal(shape: Shape, scale = 1): Input {
  return each("float", shape, (key, index) => scale * normalAt(key, 0, index));
}

/** Of either sign with a magnitude from `low` to `high`: away from the kinks and poles at 0. */
export function awayFromZero(shape: Shape, low = 0.1, high = 2): Input {
  return each("float", shape, (key, index) => {
    const magnitude = low + (high - low) * uniformAt(key, 0, index);
    return bitsAt(key, 1, index) % 2 === 0 ? magnitude : -magnitude;
  });
}

export function between(shape: Shape, low: number, high: number): Input {
  return each("float", shape, (key, index) => low + (high - low) * uniformAt(key, 0, index));
}

/** Evenly spaced from -2 to 2 in a random order: no ties, and none after a small step. */
export function distinct(shape: Shape): Input {
  return {
    dtype: "float",
    shape,
    elements: (key, count) =>
      Array.from({ length: count }, (_, rank) => ({
        order: bitsAt(key, 0, rank),
        value: (4 * rank) / count - 2 + 1 / count,
      }))
        .sort((a, b) => a.order - b.order)
        .map(({ value }) => value),
  };
}

/** Whole numbers from `low` to `high`, both included. */
export function integers(dtype: "float" | "i32" | "u32", shape: Shape, low: number, high: number): Input {
  return each(dtype, shape, (key, index) => low + (bitsAt(key, 0, index) % (high - low + 1)));
}

export function words(shape: Shape): Input {
  return each("u32", shape, (key, index) => bitsAt(key, 0, index));
}

export function bools(shape: Shape): Input {
  return each("bool", shape, (key, index) => bitsAt(key, 0, index) % 2);
}

export function exactly(dtype: Input["dtype"], shape: Shape, elements: readonly number[]): Input {
  return { dtype, shape, elements: () => elements };
}
