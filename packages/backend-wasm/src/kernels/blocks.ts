// How results are cut into blocks, one for each tile of a launch: by their shape alone, so that any number of threads gives the
// same bits.
import { MOST_COLUMNS, MOST_ROWS } from "./thread-workspace.ts";

/** Blocks at least, so that threads that end early find more work. */
const WANTED_BLOCKS = 16;
/** Wider blocks have half the rows, so that a block and its operands fit into a core's second cache. */
const WIDE_BLOCK = 256;
/** Whole panels in both builds of the library, whose register tiles have 5 and 6 rows. */
const ROW_UNIT = 30;
const COLUMN_UNIT = 8;
/** Blocks smaller than these spend too much on packing. */
const [FEWEST_ROWS, FEWEST_COLUMNS] = [60, 128];
/** The depth of a part, in elements, at least. */
const SHALLOWEST_PART = 1024;
/** Depths are worked off in pieces of this many. */
const DEPTH_UNIT = 256;

/** The size of the blocks that `count` is cut into: as equal as units allow, and at most `most`. */
export function blockSize(count: number, most: number, unit: number): number {
  if (count <= unit) return Math.max(1, count);
  const even = Math.ceil(count / Math.ceil(count / most));
  return Math.min(Math.ceil(even / unit) * unit, Math.max(unit, most - (most % unit)));
}

export interface Blocks {
  readonly rowsInBlock: number;
  readonly columnsInBlock: number;
  readonly count: number;
}

/** Blocks of a [rows, columns] result of which there are `members`. */
export function blocksOf(rows: number, columns: number, members: number): Blocks {
  const cut = (mostRows: number, mostColumns: number): Blocks => {
    const columnsInBlock = blockSize(columns, mostColumns, COLUMN_UNIT);
    const rowsInBlock = blockSize(rows, columnsInBlock > WIDE_BLOCK ? mostRows / 2 : mostRows, ROW_UNIT);
    const count = members * Math.ceil(rows / rowsInBlock) * Math.ceil(columns / columnsInBlock);
    return { rowsInBlock, columnsInBlock, count };
  };
  const candidates = [
    [MOST_ROWS, MOST_COLUMNS],
    [MOST_ROWS, MOST_COLUMNS / 2],
    [MOST_ROWS / 2, MOST_COLUMNS / 2],
    [MOST_ROWS / 2, FEWEST_COLUMNS],
  ] as const;
  for (const [mostRows, mostColumns] of candidates) {
    const blocks = cut(mostRows, mostColumns);
    if (blocks.count >= WANTED_BLOCKS) return blocks;
  }
  return cut(FEWEST_ROWS, FEWEST_COLUMNS);
}

/** The depth that goes into one part, where `blocks` alone would occupy too few threads. */
export function depthOfPart(depth: number, blocks: number): number {
  const wanted = Math.ceil(WANTED_BLOCKS / Math.max(1, blocks));
  const parts = Math.max(1, Math.min(wanted, Math.floor(depth / SHALLOWEST_PART)));
  return parts === 1 ? Math.max(1, depth) : Math.ceil(depth / parts / DEPTH_UNIT) * DEPTH_UNIT;
}
