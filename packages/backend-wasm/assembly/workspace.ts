// Where things lie in the workspace that a thread has to itself. src/kernels/thread-workspace.ts states the same limits.
import { MOST_DEPTH } from "./register-tile";

/** The most rows (with those that fill up panels) and columns of a block of results. */
const MOST_ROWS: i32 = 256;
const MOST_COLUMNS: i32 = 512;
/** The longest run of elements that is copied out to be padded, in elements. */
export const MOST_PADDED_RUN: i32 = 64;

const DESCRIPTION_BYTES: usize = 512;
const ROW_TABLE_BYTES: usize = <usize>(MOST_ROWS * 4);
const DEPTH_TABLE_BYTES: usize = <usize>(MOST_DEPTH * 4);

/** Addresses of the rows of the result; 0 for a row that is not stored. */
@inline
export function targetTable(workspace: usize): usize {
  return workspace + DESCRIPTION_BYTES;
}
/** For each row: row, column and address of its first position in a picture. */
@inline
export function rowTable(workspace: usize): usize {
  return targetTable(workspace) + ROW_TABLE_BYTES;
}
/** Addresses of the positions along the depth. */
@inline
export function depthTable(workspace: usize): usize {
  return rowTable(workspace) + 3 * ROW_TABLE_BYTES;
}
/** Zeros, as many as the depth: what a row outside a picture consists of. */
@inline
export function zeros(workspace: usize): usize {
  return depthTable(workspace) + DEPTH_TABLE_BYTES;
}
/** Copies of runs that lie partly outside a picture. */
@inline
export function paddedRuns(workspace: usize): usize {
  return zeros(workspace) + DEPTH_TABLE_BYTES;
}
@inline
export function leftPanels(workspace: usize): usize {
  return paddedRuns(workspace) + <usize>(MOST_DEPTH * MOST_PADDED_RUN * 4);
}
@inline
export function rightPanels(workspace: usize): usize {
  return leftPanels(workspace) + <usize>(MOST_ROWS * MOST_DEPTH * 4);
}
@inline
export function resultBlock(workspace: usize): usize {
  return rightPanels(workspace) + <usize>(MOST_DEPTH * MOST_COLUMNS * 4);
}
