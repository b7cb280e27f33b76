// Numbers the blocks of a result, one a workgroup or an invocation: by columns first, then rows, matrices and parts of the depth, so
// that neighbours share rows of a.
import type { Capabilities } from "../capabilities.ts";
import type { Parts, Product } from "./product.ts";

export interface WorkGrid {
  readonly blocks: number;
  /** Statements that define `part`, `matrix`, `first_row`, `first_column`, `first_depth` and `end_depth` of block `block`. */
  readonly place: string;
}

export function workGrid(
  { rows, columns, depth, matrices }: Product,
  parts: Parts,
  block: readonly [number, number],
): WorkGrid {
  const down = Math.ceil(rows / block[0]);
  const across = Math.ceil(columns / block[1]);
  return {
    blocks: across * down * matrices * parts.count,
    place: `  let first_column = block % ${across}u * ${block[1]}u;
  let first_row = block / ${across}u % ${down}u * ${block[0]}u;
  let matrix = block / ${across * down}u % ${matrices}u;
  let part = block / ${across * down * matrices}u;
  let first_depth = part * ${parts.depth}u;
  let end_depth = min(first_depth + ${parts.depth}u, ${depth}u);`,
  };
}

export interface WorkgroupGrid {
  readonly workgroups: readonly [number, number, number];
  /** Defines `block`, the number of the workgroup, and returns where there is none. */
  readonly opening: string;
}

/** One workgroup for each of `count` blocks, on two axes where one has too few. */
export function workgroupGrid(count: number, { limits }: Capabilities): WorkgroupGrid {
  const columns = Math.min(Math.max(1, count), limits.workgroupsPerAxis);
  return {
    workgroups: [columns, Math.ceil(Math.max(1, count) / columns), 1],
    opening: `  let block = workgroup.y * ${columns}u + workgroup.x;
  if (block >= ${count}u) { return; }`,
  };
}
