// What a conformance case is: a function over tensors with inputs for it. The table of all cases is in cases/index.ts.
import type { Tensor } from "@tandem/core";
import type { Input } from "./inputs.ts";

export type Inputs = { readonly [name: string]: Input };
export type Tensors = { readonly [name: string]: Tensor };

export interface ConformanceCase {
  readonly name: string;
  readonly inputs: Inputs;
  readonly compute: (tensors: Tensors) => Tensors;
  /** Largest difference of a float result from the truth, as a fraction of the largest magnitude in that result. */
  readonly tolerance: number;
  /** `double`: the truth is computed in f64. `single`: the case is about f32 itself (bits, casts), and so is the truth. */
  readonly truth: "double" | "single";
  /** Float inputs that the results have a gradient with respect to. */
  readonly differentiable: readonly string[];
  /** Whether the gradients' gradients are checked too. */
  readonly secondOrder: boolean;
}

export interface CaseOptions<Name extends string> {
  readonly tolerance?: number;
  readonly truth?: ConformanceCase["truth"];
  /** By default every float input; `none` for results that are constant almost everywhere. */
  readonly differentiable?: readonly Name[] | "none";
  readonly secondOrder?: boolean;
}

/** A case whose `compute` returns one tensor, or several by name. */
export function testCase<const I extends Inputs>(
  name: string,
  inputs: I,
  compute: (tensors: { readonly [K in keyof I]: Tensor }) => Tensor | Tensors,
  options: CaseOptions<keyof I & string> = {},
): ConformanceCase {
  const { tolerance = 1e-5, truth = "double", differentiable, secondOrder = false } = options;
  const floats = Object.entries(inputs).flatMap(([key, input]) => (input.dtype === "float" ? [key] : []));
  return {
    name,
    inputs,
    compute: (tensors) => {
      const result = compute(tensors as { readonly [K in keyof I]: Tensor });
      return "builder" in result ? { result: result as Tensor } : result;
    },
    tolerance,
    truth,
    differentiable: truth === "single" || differentiable === "none" ? [] : (differentiable ?? floats),
    secondOrder,
  };
}
