// Conformance cases in f16: float inputs are cast on the device, everything is computed from f16 to f16, results are cast back.
import { isFloat, roundTo, type Tensor } from "@tandem/core";
import type { ConformanceCase, Tensors } from "./case.ts";
import { families } from "./cases/index.ts";
import type { Input } from "./inputs.ts";

export interface HalfPrecisionCase {
  readonly name: string;
  /** Computes in f16. */
  readonly inHalf: ConformanceCase;
  /** Computes the same of the same inputs, which are exact in f16, in the precision of its inputs. */
  readonly truth: ConformanceCase;
  /** Largest difference from the truth, as a fraction of the largest magnitude in a result; gradients may differ by twice that. */
  readonly tolerance: number;
}

/** An f16 has 11 significant bits; each op rounds to them. */
const ROUNDING = 2 ** -11;

/** The families that are run in f16, and how many roundings a result may be away from the truth. */
const roundings = {
  elementwise: 16,
  reduce: 4,
  movement: 1,
  matmul: 2,
  convolution: 2,
  pooling: 8,
  normalization: 2,
  loss: 8,
  gather: 4,
  epilogue: 8,
} as const satisfies Readonly<Record<string, number>>;

/** Cases whose gradients are smaller than f16 can tell from rounding. */
const vanishing: readonly string[] = ["sigmoid of large arguments"];

/** By family. */
export const halfPrecisionFamilies: Readonly<Record<string, readonly HalfPrecisionCase[]>> = Object.fromEntries(
  Object.entries(roundings).map(([family, count]) => [
    family,
    (families[family] ?? [])
      .filter(({ truth, inputs }) => truth === "double" && Object.values(inputs).some(({ dtype }) => dtype === "float"))
      .map((testCase) => halfPrecisionCase(testCase, count * ROUNDING)),
  ]),
);

function halfPrecisionCase(testCase: ConformanceCase, tolerance: number): HalfPrecisionCase {
  const inputs = Object.fromEntries(Object.entries(testCase.inputs).map(([name, input]) => [name, exactInHalf(input)]));
  const differentiable = vanishing.includes(testCase.name) ? [] : testCase.differentiable;
  const truth = { ...testCase, inputs, differentiable };
  return {
    name: testCase.name,
    truth,
    inHalf: {
      ...truth,
      compute: (tensors) =>
        withFloats(testCase.compute(withFloats(tensors, (x) => x.cast("f16"))), (x) => x.cast("f32")),
    },
    tolerance,
  };
}

function exactInHalf(input: Input): Input {
  if (input.dtype !== "float") return input;
  return { ...input, elements: (key, count) => input.elements(key, count).map((element) => roundTo("f16", element)) };
}

function withFloats(tensors: Tensors, change: (tensor: Tensor) => Tensor): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, isFloat(tensor.dtype) ? change(tensor) : tensor]),
  );
}
