// A product as data: operands, sizes, and where the result goes. What convolutions and matmul are made into.
import type { StepShape } from "../kernel.ts";
import { enables } from "../shader/enables.ts";
import { type Element, groupAliases, type Loader } from "./loader.ts";
import type { Destination, ResultLayout } from "./result-layout.ts";

export interface Product {
  readonly step: StepShape;
  readonly a: Loader;
  readonly b: Loader;
  readonly element: Element;
  /** Products of this size, each of its own operands: a batch, or the groups of a convolution. */
  readonly matrices: number;
  readonly rows: number;
  readonly columns: number;
  /** Terms of each sum. */
  readonly depth: number;
  readonly result: ResultLayout;
}

/** The depth in parts of equal size, the last one maybe smaller, whose sums are added up afterwards. */
export interface Parts {
  readonly count: number;
  readonly depth: number;
}

/** At most `wanted` parts, each of a multiple of `unit` terms. */
export function partsOf(depth: number, wanted: number, unit: number): Parts {
  const size = Math.max(1, Math.ceil(Math.ceil(depth / wanted) / unit)) * unit;
  return { count: Math.max(1, Math.ceil(depth / size)), depth: size };
}

export interface ModuleExtensions {
  readonly subgroups?: boolean;
  readonly subgroupMatrix?: boolean;
}

/** The whole text of a shader that computes a product, given the declaration of its storage and its `main`. */
export function productModule(
  { a, b, element }: Product,
  destination: Destination,
  storage: string,
  main: string,
  extensions: ModuleExtensions = {},
): string {
  return [
    enables({ f16: element === "f16" || destination.usesF16, ...extensions }),
    storage,
    groupAliases(element),
    a.functions,
    b.functions,
    destination.functions,
    main,
  ].join("\n");
}
