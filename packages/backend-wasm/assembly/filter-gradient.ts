// The gradient of a convolution's filter as a product of matrices: rows are the taps' channels, columns output channels, and the
// depth is every position in every picture.
import { copyLeftDepth, packSideBySideColumns } from "./pack";
import { Pictures, runAddress, runLengthOf, runsOf, writePositions } from "./pictures";
import { MOST_DEPTH, multiplyPanels, panelsOf, TILE_COLUMNS, TILE_ROWS } from "./register-tile";
import { storeBlock } from "./store-block";
import {
  depthTable,
  leftPanels,
  MOST_PADDED_RUN,
  paddedRuns,
  resultBlock,
  rightPanels,
  rowTable,
  targetTable,
  zeros,
} from "./workspace";

/** What the words at the start of a thread's workspace say: src/kernels/filter-gradient.ts writes them. */
@unmanaged
class FilterGradient extends Pictures {
  /** Positions in all pictures. */
  positions: i32;
  /** Output channels of a group. */
  outputs: i32;
  /** Blocks of the result: of whole runs, or of a part of one. */
  runsInBlock: i32;
  channelsInBlock: i32;
  columnsInBlock: i32;
  /** The depth is split into parts of this many positions, whose products go to buffers of their own. */
  depthInPart: i32;
}

/** Packs the channels of some runs at `depth` positions, whose table is written: a panel does not reach into the next run. */
function packRuns(
  workspace: usize,
  gradient: FilterGradient,
  firstRun: i32,
  runs: i32,
  firstChannel: i32,
  channels: i32,
  depth: i32,
): void {
  let to = leftPanels(workspace);
  const addresses = depthTable(workspace);
  const zero = zeros(workspace);
  const padded = paddedRuns(workspace);
  for (let run = firstRun; run < firstRun + runs; run++) {
    for (let k = 0; k < depth; k++) {
      const copy = padded + <usize>(k * MOST_PADDED_RUN * 4);
      const address = runAddress(rowTable(workspace), k, gradient, run, firstChannel, channels, zero, copy);
      store<u32>(addresses + <usize>(k * 4), <u32>address);
    }
    for (let channel = 0; channel < channels; channel += TILE_ROWS) {
      const count = min(channels - channel, TILE_ROWS);
      const offset = <usize>(channel * 4);
      for (let k = 0; k < depth; k++) {
        copyLeftDepth(to, <usize>load<u32>(addresses + <usize>(k * 4)) + offset, count);
        to += <usize>(TILE_ROWS * 4);
      }
    }
  }
}

/** One block of target[parts, tapsY, tapsX, groupChannels, groups * outputs]: the part that some of the positions give. */
export function filterGradientBlock(tile: i32, workspace: usize, source: usize, cotangent: usize, target: usize): void {
  const gradient = changetype<FilterGradient>(workspace);
  const runLength = runLengthOf(gradient);
  const allRuns = runsOf(gradient);
  const runBlocks = panelsOf(allRuns, gradient.runsInBlock);
  const channelBlocks = panelsOf(runLength, gradient.channelsInBlock);
  const columnBlocks = panelsOf(gradient.outputs, gradient.columnsInBlock);
  const firstRun = (tile % runBlocks) * gradient.runsInBlock;
  tile /= runBlocks;
  const firstChannel = (tile % channelBlocks) * gradient.channelsInBlock;
  tile /= channelBlocks;
  const firstColumn = (tile % columnBlocks) * gradient.columnsInBlock;
  tile /= columnBlocks;
  const group = tile % gradient.groups;
  const part = tile / gradient.groups;
  const runs = min(allRuns - firstRun, gradient.runsInBlock);
  const channels = min(runLength - firstChannel, gradient.channelsInBlock);
  const columns = min(gradient.outputs - firstColumn, gradient.columnsInBlock);
  const panelsInRun = panelsOf(channels, TILE_ROWS);
  const columnPanels = panelsOf(columns, TILE_COLUMNS);
  const cotangentBytes = <usize>(gradient.groups * gradient.outputs) * 4;
  const begin = part * gradient.depthInPart;
  const end = min(gradient.positions, begin + gradient.depthInPart);
  const block = resultBlock(workspace);
  const rowBytes = <usize>(columnPanels * TILE_COLUMNS * 4);
  const firstOutput = group * gradient.outputs + firstColumn;
  memory.fill(zeros(workspace), 0, <usize>(MOST_DEPTH * 4));
  source += <usize>(group * gradient.groupChannels) * 4;

  for (let k = begin; k < end; k += MOST_DEPTH) {
    const count = min(end - k, MOST_DEPTH);
    const from = cotangent + <usize>k * cotangentBytes + <usize>firstOutput * 4;
    packSideBySideColumns(
      rightPanels(workspace),
      <usize>(count * TILE_COLUMNS * 4),
      from,
      cotangentBytes,
      count,
      columns,
    );
    writePositions(rowTable(workspace), gradient, source, k, count);
    packRuns(workspace, gradient, firstRun, runs, firstChannel, channels, count);
    multiplyPanels(
      leftPanels(workspace),
      runs * panelsInRun,
      rightPanels(workspace),
      columnPanels,
      count,
      block,
      k > begin,
    );
  }

  const targets = targetTable(workspace);
  target += <usize>part * <usize>(allRuns * runLength) * cotangentBytes + <usize>firstOutput * 4;
  for (let run = 0; run < runs; run++) {
    for (let row = 0; row < panelsInRun * TILE_ROWS; row++) {
      const line = (firstRun + run) * runLength + firstChannel + row;
      const address = row < channels ? target + <usize>line * cotangentBytes : 0;
      store<u32>(targets + <usize>((run * panelsInRun * TILE_ROWS + row) * 4), <u32>address);
    }
  }
  storeBlock(block, rowBytes, runs * panelsInRun * TILE_ROWS, columns, targets, 0, false, false);
}
