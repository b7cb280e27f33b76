// The product without workgroup memory and barriers, which cost most on software adapters, and for small results: each invocation
// fetches what it multiplies.
import type { Capabilities } from "../capabilities.ts";
import { type Dispatch, linearDispatch } from "../shader/dispatch.ts";
import { addFourTerms, type RegisterTile, range, storeSums, sumsOf } from "./fragments.ts";
import type { Loader } from "./loader.ts";
import { type Parts, type Product, productDispatch } from "./product.ts";
import type { Destination } from "./result-layout.ts";
import { workGrid } from "./work-grid.ts";

/** Invocations of a workgroup. */
const WORKGROUP = 64;

export function registerDispatch(
  product: Product,
  registers: RegisterTile,
  parts: Parts,
  destination: Destination,
  capabilities: Capabilities,
): Dispatch {
  const { a, b } = product;
  const grid = workGrid(product, parts, [registers.rows, registers.columns]);
  const { workgroups, opening } = linearDispatch(grid.blocks, capabilities, WORKGROUP);
  const main = `${opening}
  let block = position;
${grid.place}
${spansOf(a, registers.rows, "first_row")}
${spansOf(b, registers.columns, "first_column")}
${sumsOf(registers)}
  for (var depth = first_depth; depth < end_depth; depth += 4u) {
${depthsOf(a)}
${depthsOf(b)}
${addFourTerms({
  ...registers,
  alongA: a.along,
  alongB: b.along,
  readA: (row, next) => `vec4f(fetch_a(span_a_${row}, depth_a_${next}))`,
  readB: (column, next) => `vec4f(fetch_b(span_b_${column}, depth_b_${next}))`,
})}
  }
${storeSums(
  registers,
  (row) => `first_row + ${row}u`,
  (column) => `first_column + ${column}u`,
)}
}`;
  return productDispatch(product, destination, capabilities, { main, workgroups });
}

/** A variable for each row (column), or every fourth one. */
export function spansOf({ side, along }: Loader, count: number, first: string): string {
  return range(count, along === "span" ? 4 : 1)
    .map((span) => `  let span_${side}_${span} = span_${side}(matrix, ${first} + ${span}u);`)
    .join("\n");
}

/** A variable for each of the four depths from `depth` on, or one for all. */
function depthsOf({ side, along }: Loader): string {
  return range(4, along === "span" ? 1 : 4)
    .map((next) => `    let depth_${side}_${next} = depth_${side}(matrix, depth + ${next}u);`)
    .join("\n");
}
