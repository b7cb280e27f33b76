// A product as data: operands, sizes, and where the result goes. What convolutions and matmul are made into.
import type { Capabilities } from "../capabilities.ts";
import type { StepShape } from "../kernel.ts";
import type { Dispatch } from "../shader/dispatch.ts";
import { type Extensions, enables } from "../shader/enables.ts";
import { declareStorage } from "../shader/storage.ts";
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

export interface ProductMain extends Pick<Dispatch, "workgroups"> {
  readonly main: string;
  readonly extensions?: Pick<Extensions, "subgroups" | "subgroupMatrix">;
}

/** The dispatch that computes a product, or parts of it, given its `main` with whatever that declares for itself. */
export function productDispatch(
  { step, a, b, element }: Product,
  destination: Destination,
  capabilities: Capabilities,
  { main, workgroups, extensions = {} }: ProductMain,
): Dispatch {
  const storage = declareStorage(step, [a.storage, b.storage, ...destination.storage], capabilities);
  const wgsl = [
    enables({ f16: element === "f16" || destination.usesF16, ...extensions }),
    storage.wgsl,
    groupAliases(element),
    a.functions,
    b.functions,
    destination.functions,
    main,
  ].join("\n");
  return { wgsl, bindings: storage.bindings, workgroups };
}
