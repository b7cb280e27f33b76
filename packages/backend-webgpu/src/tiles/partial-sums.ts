// Sums of parts of the depth: where they are kept, and the dispatch that adds them up, in the order of the parts.
import type { Capabilities } from "../capabilities.ts";
import { type Dispatch, linearDispatch } from "../shader/dispatch.ts";
import { enables } from "../shader/enables.ts";
import { declareStorage, type StorageDeclaration } from "../shader/storage.ts";
import type { Parts, Product } from "./product.ts";
import type { Destination } from "./result-layout.ts";

type Size = Pick<Product, "matrices" | "rows" | "columns">;

/** Groups of four columns in a row. */
function pitch({ columns }: Size): number {
  return Math.ceil(columns / 4);
}

/** Groups of the sums of one part. */
function groupsOfPart(size: Size): number {
  return size.matrices * size.rows * pitch(size);
}

export function partialSumBytes(size: Size, parts: number): number {
  return parts === 1 ? 0 : parts * groupsOfPart(size) * 16;
}

function storageOf(size: Size, { count }: Parts, access: "read" | "write"): StorageDeclaration {
  return { name: "partial", storage: { kind: "scratch" }, element: "vec4f", access, count: count * groupsOfPart(size) };
}

export function partialDestination(size: Size, parts: Parts): Destination {
  const { matrices, rows, columns } = size;
  return {
    storage: [storageOf(size, parts, "write")],
    usesF16: false,
    functions: `fn store(part: u32, matrix: u32, row: u32, column: u32, sums: vec4f) {
  if (row >= ${rows}u || column >= ${columns}u) { return; }
  write_partial(((part * ${matrices}u + matrix) * ${rows}u + row) * ${pitch(size)}u + column / 4u, sums);
}`,
  };
}

/** Adds up what `partialDestination` stored, and stores the totals in `destination`. */
export function addPartsDispatch(
  { step, ...size }: Size & Pick<Product, "step">,
  parts: Parts,
  destination: Destination,
  capabilities: Capabilities,
): Dispatch {
  const { wgsl, bindings } = declareStorage(
    step,
    [storageOf(size, parts, "read"), ...destination.storage],
    capabilities,
  );
  const count = groupsOfPart(size);
  const { workgroups, opening } = linearDispatch(count, capabilities);
  const text = `${enables({ f16: destination.usesF16 })}
${wgsl}
${destination.functions}

${opening}
  var sums = read_partial(position);
  for (var part = 1u; part < ${parts.count}u; part += 1u) {
    sums += read_partial(part * ${count}u + position);
  }
  let column = position % ${pitch(size)}u * 4u;
  let row = position / ${pitch(size)}u;
  store(0u, row / ${size.rows}u, row % ${size.rows}u, column, sums);
}`;
  return { wgsl: text, bindings, workgroups };
}
