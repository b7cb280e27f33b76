// One row of a matrix for each workgroup, or for each invocation where rows are short: barriers then cost more than they save.
import type { Capabilities } from "../capabilities.ts";
import { type LinearDispatch, linearDispatch } from "./dispatch.ts";

export interface RowDispatch {
  readonly workgroups: LinearDispatch["workgroups"];
  /**
   * The signature of `main` and its first lines: they define the u32 `row`, `lane`, and `first`, the first of the row's elements that
   * the invocation holds, and return where there is no row.
   */
  readonly opening: string;
  /** Invocations of a row, a power of two: one holds every element that many after its first. */
  readonly lanes: number;
  /**
   * Defines `rowSum(lane, value)` and `rowMaximum(lane, value)`, over a row's invocations, all of which call them. The order of a
   * sum depends on `lanes` alone; NaN is the maximum. `largerOf` has to be defined.
   */
  readonly functions: string;
}

export function rowDispatch(rows: number, extent: number, capabilities: Capabilities): RowDispatch {
  const lanes = lanesOf(extent, capabilities);
  return lanes === 1 ? rowsOfInvocations(rows, capabilities) : rowsOfWorkgroups(rows, lanes, capabilities);
}

const LONGEST_ROW_OF_AN_INVOCATION = 64;

function lanesOf(extent: number, { limits }: Capabilities): number {
  if (extent <= LONGEST_ROW_OF_AN_INVOCATION) return 1;
  return Math.min(extent <= 512 ? 64 : 256, 2 ** Math.floor(Math.log2(limits.invocations)));
}

function rowsOfInvocations(rows: number, capabilities: Capabilities): RowDispatch {
  const { workgroups, opening } = linearDispatch(rows, capabilities);
  const functions = ["rowSum", "rowMaximum"].map(
    (name) => `fn ${name}(lane: u32, value: f32) -> f32 { return value; }`,
  );
  return {
    workgroups,
    opening: `${opening}\n  let row = position;\n  let first = 0u;`,
    lanes: 1,
    functions: functions.join("\n"),
  };
}

function rowsOfWorkgroups(rows: number, lanes: number, { limits }: Capabilities): RowDispatch {
  const columns = Math.min(rows, limits.workgroupsPerAxis);
  return {
    workgroups: [columns, Math.ceil(rows / columns), 1],
    opening: `@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = workgroup.y * ${columns}u + workgroup.x;
  if (row >= ${rows}u) { return; }
  let first = lane;`,
    lanes,
    functions: `var<workgroup> partial: array<f32, ${lanes}>;
${treeFunction("rowSum", "a + b", lanes)}
${treeFunction("rowMaximum", "largerOf(a, b)", lanes)}`,
  };
}

function treeFunction(name: string, combined: string, lanes: number): string {
  return `fn ${name}(lane: u32, value: f32) -> f32 {
  partial[lane] = value;
  workgroupBarrier();
  for (var half = ${lanes / 2}u; half > 0u; half /= 2u) {
    if (lane < half) {
      let a = partial[lane];
      let b = partial[lane + half];
      partial[lane] = ${combined};
    }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&partial[0]);
}`;
}
