// Where the taps of a filter meet a batch of NHWC pictures: the geometry that a convolution and both its gradients share.

/** The words that a description of a convolution begins with: src/kernels/convolution-geometry.ts writes them. */
@unmanaged
export class Pictures {
  height: i32;
  width: i32;
  /** Channels of the pictures, and how many of them a group sees. */
  channels: i32;
  groupChannels: i32;
  groups: i32;
  /** Positions of the filter along a picture's height and width. */
  rows: i32;
  columns: i32;
  /** Tap (a, b) of position (i, j) meets the pixel (originY + strideY i + stepY a, originX + strideX j + stepX b). */
  originY: i32;
  originX: i32;
  strideY: i32;
  strideX: i32;
  stepY: i32;
  stepX: i32;
  tapsY: i32;
  tapsX: i32;
  /** Whether a run is a row of taps, whose channels lie side by side, or a single tap. */
  mergesTaps: i32;
}

@inline
export function runLengthOf(pictures: Pictures): i32 {
  return pictures.mergesTaps ? pictures.tapsX * pictures.groupChannels : pictures.groupChannels;
}

@inline
export function runsOf(pictures: Pictures): i32 {
  return pictures.mergesTaps ? pictures.tapsY : pictures.tapsY * pictures.tapsX;
}

const TABLE_ENTRY: usize = 12;

/** Writes for `count` positions from `first` on, in row-major order: row, column and picture's address of where the filter starts. */
export function writePositions(table: usize, pictures: Pictures, source: usize, first: i32, count: i32): void {
  const rows = pictures.rows;
  const columns = pictures.columns;
  let column = first % columns;
  let row = (first / columns) % rows;
  const pictureBytes = <usize>(pictures.height * pictures.width * pictures.channels) * 4;
  let picture = source + <usize>(first / (rows * columns)) * pictureBytes;
  for (; count > 0; count--) {
    store<i32>(table, pictures.originY + row * pictures.strideY);
    store<i32>(table, pictures.originX + column * pictures.strideX, 4);
    store<u32>(table, <u32>picture, 8);
    table += TABLE_ENTRY;
    if (++column == columns) {
      column = 0;
      if (++row == rows) {
        row = 0;
        picture += pictureBytes;
      }
    }
  }
}

/**
 * The address of `length` elements from `offset` on of a run at the position that a table entry describes. Where the run lies
 * outside the picture, that of `zeros`; where part of it does, `padded` is filled with a copy.
 */
@inline
export function runAddress(
  positions: usize,
  index: i32,
  pictures: Pictures,
  run: i32,
  offset: i32,
  length: i32,
  zeros: usize,
  padded: usize,
): usize {
  const entry = positions + <usize>index * TABLE_ENTRY;
  const tapY = pictures.mergesTaps ? run : run / pictures.tapsX;
  const tapX = pictures.mergesTaps ? 0 : run % pictures.tapsX;
  const y = load<i32>(entry) + tapY * pictures.stepY;
  const x = load<i32>(entry, 4) + tapX * pictures.stepX;
  if (<u32>y >= <u32>pictures.height) return zeros;
  const address =
    <usize>load<u32>(entry, 8) + (<usize>((y * pictures.width + x) * pictures.channels + offset)) * 4;
  if (!pictures.mergesTaps) return <u32>x < <u32>pictures.width ? address : zeros;
  if (x >= 0 && x + pictures.tapsX <= pictures.width) return address;
  const channels = pictures.groupChannels;
  const begin = max(0, -x) * channels - offset;
  const end = (pictures.width - x) * channels - offset;
  for (let element = 0; element < length; element++) {
    const at = <usize>element * 4;
    store<f32>(padded + at, element >= begin && element < end ? load<f32>(address + at) : 0);
  }
  return padded;
}
