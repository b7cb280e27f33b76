// What a parameter is before it has values: its shape, how it starts and how it learns.
import type { Shape } from "@tandem/core";

export type Initializer =
  /** N(0, sigma). */
  | { readonly kind: "normal"; readonly sigma: number }
  /**
   * N(0, sqrt(2 / fan-in)), where the fan-in is the product of all extents but the last (He et al., "Delving deep into
   * rectifiers", 2015).
   */
  | { readonly kind: "he" }
  | { readonly kind: "constant"; readonly value: number };

/** What an update multiplies the learning rate and the weight decay by. */
export interface UpdateRule {
  readonly learningRate: number;
  readonly decay: number;
}

export const plainRule: UpdateRule = { learningRate: 1, decay: 1 };

export interface ParameterSpec {
  readonly shape: Shape;
  readonly initializer: Initializer;
  readonly rule: UpdateRule;
}

/** Nested records with one kind of leaf. Dotted names such as `conv2.weight` are the canonical names of parameters. */
export interface ParameterTree<L> {
  readonly [name: string]: L | ParameterTree<L>;
}

export function isParameterSpec(candidate: unknown): candidate is ParameterSpec {
  return typeof candidate === "object" && candidate !== null && "initializer" in candidate;
}
