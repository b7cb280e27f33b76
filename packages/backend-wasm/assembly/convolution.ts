// Convolutions as products of matrices that never exist as a whole: rows are positions in pictures, columns output channels, and
// the depth is every tap's channels. The gradient of a convolution's input has the same form, with the filter turned round.
import { interleaveRows, packSideBySideColumns, packSideBySideDepth } from "./pack";
import { Pictures, runAddress, runLengthOf, runsOf, writePositions } from "./pictures";
import { MOST_DEPTH, multiplyPanels, panelsOf, TILE_COLUMNS, TILE_ROWS } from "./register-tile";
import { storeBlock } from "./store-block";
import {
  leftPanels,
  MOST_PADDED_RUN,
  paddedRuns,
  resultBlock,
  rightPanels,
  rowTable,
  targetTable,
  zeros,
} from "./workspace";

/** What the words at the start of a thread's workspace say: src/kernels/convolution.ts writes them. */
@unmanaged
class Convolution extends Pictures {
  /** Positions in all pictures. */
  positions: i32;
  /** Output channels of a group. */
  outputs: i32;
  /** Distances in the target, in elements, and where the first position is. */
  targetImage: i32;
  targetRow: i32;
  targetColumn: i32;
  targetOrigin: i32;
  /** Distances in the filter, in elements: of taps, of groups, and of what does not lie side by side. */
  filterOrigin: i32;
  filterTapY: i32;
  filterTapX: i32;
  filterGroup: i32;
  filterLine: i32;
  /** Whether it is the depth that lies side by side in the filter, and not the columns. */
  filterIsTransposed: i32;
  rowsInBlock: i32;
  columnsInBlock: i32;
  rectifies: i32;
}

/** Packs what lies from `first` on, `depth` deep, of the positions of a block, whose table is written. */
function packPositions(to: usize, workspace: usize, convolution: Convolution, rows: i32, first: i32, depth: i32): void {
  const runLength = runLengthOf(convolution);
  const positions = rowTable(workspace);
  const zero = zeros(workspace);
  const padded = paddedRuns(workspace);
  const paddedBytes = <usize>(MOST_PADDED_RUN * 4);
  for (let row = 0; row < rows; row += TILE_ROWS) {
    const count = rows - row;
    let run = first / runLength;
    let offset = first % runLength;
    let left = depth;
    while (left > 0) {
      const length = min(left, runLength - offset);
      to = interleaveRows(
        to,
        runAddress(positions, row, convolution, run, offset, length, zero, padded),
        count > 1 ? runAddress(positions, row + 1, convolution, run, offset, length, zero, padded + paddedBytes) : zero,
        count > 2
          ? runAddress(positions, row + 2, convolution, run, offset, length, zero, padded + 2 * paddedBytes)
          : zero,
        count > 3
          ? runAddress(positions, row + 3, convolution, run, offset, length, zero, padded + 3 * paddedBytes)
          : zero,
        count > 4
          ? runAddress(positions, row + 4, convolution, run, offset, length, zero, padded + 4 * paddedBytes)
          : zero,
        TILE_ROWS > 5 && count > 5
          ? runAddress(positions, row + 5, convolution, run, offset, length, zero, padded + 5 * paddedBytes)
          : zero,
        length,
      );
      left -= length;
      offset = 0;
      run++;
    }
  }
}

/** Packs the part of the filter that belongs to a depth of positions. */
function packFilter(
  to: usize,
  filter: usize,
  convolution: Convolution,
  first: i32,
  depth: i32,
  firstColumn: i32,
  columns: i32,
): void {
  const runLength = runLengthOf(convolution);
  const panelBytes = <usize>(depth * TILE_COLUMNS * 4);
  const lineBytes = <usize>convolution.filterLine * 4;
  let run = first / runLength;
  let offset = first % runLength;
  let left = depth;
  while (left > 0) {
    const length = min(left, runLength - offset);
    const tapY = convolution.mergesTaps ? run : run / convolution.tapsX;
    const tapX = convolution.mergesTaps ? 0 : run % convolution.tapsX;
    const tap = filter + <usize>(tapY * convolution.filterTapY + tapX * convolution.filterTapX) * 4;
    if (convolution.filterIsTransposed) {
      const from = tap + <usize>offset * 4 + <usize>firstColumn * lineBytes;
      packSideBySideDepth(to, panelBytes, from, lineBytes, length, columns);
    } else {
      const from = tap + <usize>offset * lineBytes + <usize>firstColumn * 4;
      packSideBySideColumns(to, panelBytes, from, lineBytes, length, columns);
    }
    to += <usize>(length * TILE_COLUMNS * 4);
    left -= length;
    offset = 0;
    run++;
  }
}

/** One block of the result: some positions, some output channels of one group. */
export function convolutionBlock(
  tile: i32,
  workspace: usize,
  source: usize,
  filter: usize,
  target: usize,
  bias: usize,
): void {
  const convolution = changetype<Convolution>(workspace);
  const rowBlocks = panelsOf(convolution.positions, convolution.rowsInBlock);
  const columnBlocks = panelsOf(convolution.outputs, convolution.columnsInBlock);
  const firstRow = (tile % rowBlocks) * convolution.rowsInBlock;
  tile /= rowBlocks;
  const firstColumn = (tile % columnBlocks) * convolution.columnsInBlock;
  const group = tile / columnBlocks;
  const rows = min(convolution.positions - firstRow, convolution.rowsInBlock);
  const columns = min(convolution.outputs - firstColumn, convolution.columnsInBlock);
  const rowPanels = panelsOf(rows, TILE_ROWS);
  const columnPanels = panelsOf(columns, TILE_COLUMNS);
  const depth = runsOf(convolution) * runLengthOf(convolution);
  const block = resultBlock(workspace);
  const rowBytes = <usize>(columnPanels * TILE_COLUMNS * 4);
  memory.fill(zeros(workspace), 0, <usize>(MOST_DEPTH * 4));
  writePositions(
    rowTable(workspace),
    convolution,
    source + <usize>(group * convolution.groupChannels) * 4,
    firstRow,
    rows,
  );
  filter += <usize>(convolution.filterOrigin + group * convolution.filterGroup) * 4;

  if (depth == 0) memory.fill(block, 0, rowBytes * rows);
  for (let k = 0; k < depth; k += MOST_DEPTH) {
    const count = min(depth - k, MOST_DEPTH);
    packFilter(rightPanels(workspace), filter, convolution, k, count, firstColumn, columns);
    packPositions(leftPanels(workspace), workspace, convolution, rows, k, count);
    multiplyPanels(leftPanels(workspace), rowPanels, rightPanels(workspace), columnPanels, count, block, k > 0);
  }

  const firstChannel = group * convolution.outputs + firstColumn;
  writeTargets(
    targetTable(workspace),
    convolution,
    target + <usize>(convolution.targetOrigin + firstChannel) * 4,
    firstRow,
    rows,
  );
  const biasRow: usize = bias == 0 ? 0 : bias + <usize>firstChannel * 4;
  storeBlock(block, rowBytes, rows, columns, targetTable(workspace), biasRow, convolution.rectifies != 0, false);
}

/** The addresses of `count` positions from `first` on. */
function writeTargets(table: usize, convolution: Convolution, target: usize, first: i32, count: i32): void {
  const columns = convolution.columns;
  const rows = convolution.rows;
  let column = first % columns;
  let row = (first / columns) % rows;
  let image = first / (rows * columns);
  for (; count > 0; count--) {
    const element =
      <usize>image * <usize>convolution.targetImage +
      <usize>(row * convolution.targetRow + column * convolution.targetColumn);
    store<u32>(table, <u32>(target + element * 4));
    table += 4;
    if (++column == columns) {
      column = 0;
      if (++row == rows) {
        row = 0;
        image++;
      }
    }
  }
}
