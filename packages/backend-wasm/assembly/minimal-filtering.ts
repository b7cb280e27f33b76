// Convolutions at stride 1 by minimal filtering (Winograd, 1980; Lavin and Gray, "Fast algorithms for convolutional neural networks",
// 2015), F(4x4, 3x3) and F(2x2, 5x5): 36 multiplications for 16 or 4 results instead of 144 or 100. These are the transformations
// of 6x6 tiles on both sides of the products, which matmul.ts computes, one for each of the 36 elements of a tile.
import {
  POINTS,
  storeCotangent,
  storeFilter,
  storeFilterGradient,
  storeInput,
  storeOutput,
  VECTOR_BYTES,
} from "./six-points";

const ELEMENTS: i32 = <i32>(POINTS * POINTS);
const ROW_BYTES: usize = POINTS * VECTOR_BYTES;

/** What the words at the start of a thread's workspace say: src/kernels/minimal-filtering.ts writes them. */
@unmanaged
class TiledPictures {
  height: i32;
  width: i32;
  /** Channels of the pictures, and of one group: both are multiples of four. */
  channels: i32;
  groupChannels: i32;
  groups: i32;
  /** Rows and columns of outputs in a tile: 2 or 4. */
  tileOutputs: i32;
  /** Tiles that cover the outputs, along their height and width. */
  tilesY: i32;
  tilesX: i32;
  /** Where the first tile begins. */
  originY: i32;
  originX: i32;
  firstImage: i32;
  images: i32;
  rectifies: i32;
  /** Distance of the 36 elements' matrices, in numbers. */
  elementStride: i32;
}

/** What follows the words: addresses of a tile's pixels, two tiles of vectors, and zeros for the channels of a group. */
@inline
function pixelTable(workspace: usize): usize {
  return workspace + 512;
}
@inline
function rowsOf(workspace: usize): usize {
  return workspace + 1024;
}
@inline
function resultsOf(workspace: usize): usize {
  return workspace + 2048;
}
@inline
function zerosOf(workspace: usize): usize {
  return workspace + 4096;
}

@inline
function imageAddress(base: usize, pictures: TiledPictures, image: i32): usize {
  return base + <usize>(pictures.firstImage + image) * <usize>(pictures.height * pictures.width * pictures.channels) * 4;
}

/** Writes the addresses of the `size` x `size` pixels from (y, x) on; outside the picture that of zeros. */
function writePixels(table: usize, image: usize, pictures: TiledPictures, y: i32, x: i32, size: i32, zeros: usize): void {
  for (let row = y; row < y + size; row++) {
    for (let column = x; column < x + size; column++) {
      const isInside = <u32>row < <u32>pictures.height && <u32>column < <u32>pictures.width;
      const pixel = image + <usize>((row * pictures.width + column) * pictures.channels) * 4;
      store<u32>(table, <u32>(isInside ? pixel : zeros));
      table += 4;
    }
  }
}

@inline
function loadPixel(table: usize, index: usize, offset: usize): v128 {
  return v128.load(<usize>load<u32>(table + index * 4) + offset);
}

/** Six rows of six vectors, each row by B^T, to 36 addresses `step` apart. */
@inline
function storeInputRows(element: usize, step: usize, rows: usize): void {
  for (let row: usize = 0; row < POINTS; row++) {
    const at = rows + row * ROW_BYTES;
    const d0 = v128.load(at);
    const d1 = v128.load(at, 16);
    const d2 = v128.load(at, 32);
    storeInput(element, step, d0, d1, d2, v128.load(at, 48), v128.load(at, 64), v128.load(at, 80));
    element += POINTS * step;
  }
}

/**
 * transformed[groups, 36, images * tilesY * tilesX, groupChannels] = B^T d B, for a chunk of the pictures. A tile of the launch
 * is a row of tiles of one picture.
 */
export function filteringInput(tile: i32, workspace: usize, source: usize, transformed: usize): void {
  const pictures = changetype<TiledPictures>(workspace);
  const tilesY = pictures.tilesY;
  const tilesX = pictures.tilesX;
  const groupBytes = <usize>pictures.groupChannels * 4;
  const table = pixelTable(workspace);
  const rows = rowsOf(workspace);
  const zeros = zerosOf(workspace);
  memory.fill(zeros, 0, groupBytes);
  const image = imageAddress(source, pictures, tile / tilesY);
  const y = pictures.originY + pictures.tileOutputs * (tile % tilesY);
  const elementBytes = <usize>pictures.elementStride * 4;
  for (let group = 0; group < pictures.groups; group++) {
    const channels = image + <usize>group * groupBytes;
    let to = transformed + <usize>(group * ELEMENTS) * elementBytes + <usize>(tile * tilesX) * groupBytes;
    for (let tileX = 0; tileX < tilesX; tileX++) {
      writePixels(table, channels, pictures, y, pictures.originX + pictures.tileOutputs * tileX, <i32>POINTS, zeros);
      for (let offset: usize = 0; offset < groupBytes; offset += VECTOR_BYTES) {
        for (let column: usize = 0; column < POINTS; column++) {
          storeInput(
            rows + column * VECTOR_BYTES,
            ROW_BYTES,
            loadPixel(table, column, offset),
            loadPixel(table, column + 6, offset),
            loadPixel(table, column + 12, offset),
            loadPixel(table, column + 18, offset),
            loadPixel(table, column + 24, offset),
            loadPixel(table, column + 30, offset),
          );
        }
        storeInputRows(to + offset, elementBytes, rows);
      }
      to += groupBytes;
    }
  }
}

/** transformed[groups, 36, images * tilesY * tilesX, groupChannels] = A dy A^T, where `pictures` are the cotangents. */
export function filteringCotangent(tile: i32, workspace: usize, cotangent: usize, transformed: usize): void {
  const pictures = changetype<TiledPictures>(workspace);
  const tilesY = pictures.tilesY;
  const tilesX = pictures.tilesX;
  const outputs = pictures.tileOutputs;
  const isFour = outputs == 4;
  const groupBytes = <usize>pictures.groupChannels * 4;
  const table = pixelTable(workspace);
  const rows = rowsOf(workspace);
  const zeros = zerosOf(workspace);
  memory.fill(zeros, 0, groupBytes);
  const zero = f32x4.splat(0);
  const image = imageAddress(cotangent, pictures, tile / tilesY);
  const y = outputs * (tile % tilesY);
  const elementBytes = <usize>pictures.elementStride * 4;
  for (let group = 0; group < pictures.groups; group++) {
    const channels = image + <usize>group * groupBytes;
    let to = transformed + <usize>(group * ELEMENTS) * elementBytes + <usize>(tile * tilesX) * groupBytes;
    for (let tileX = 0; tileX < tilesX; tileX++) {
      writePixels(table, channels, pictures, y, outputs * tileX, outputs, zeros);
      for (let offset: usize = 0; offset < groupBytes; offset += VECTOR_BYTES) {
        for (let column: usize = 0; column < <usize>outputs; column++) {
          const a = loadPixel(table, column, offset);
          const b = loadPixel(table, column + outputs, offset);
          const c = isFour ? loadPixel(table, column + 8, offset) : zero;
          const d = isFour ? loadPixel(table, column + 12, offset) : zero;
          storeCotangent(rows + column * VECTOR_BYTES, ROW_BYTES, isFour, a, b, c, d);
        }
        let element = to + offset;
        for (let row: usize = 0; row < POINTS; row++) {
          const at = rows + row * ROW_BYTES;
          const a = v128.load(at);
          const b = v128.load(at, 16);
          const c = isFour ? v128.load(at, 32) : zero;
          const d = isFour ? v128.load(at, 48) : zero;
          storeCotangent(element, elementBytes, isFour, a, b, c, d);
          element += POINTS * elementBytes;
        }
      }
      to += groupBytes;
    }
  }
}

/** target = A^T products A, with bias and ReLU, where `pictures` are the outputs: the way back from the products. */
export function filteringOutput(tile: i32, workspace: usize, products: usize, target: usize, bias: usize): void {
  const pictures = changetype<TiledPictures>(workspace);
  const tilesY = pictures.tilesY;
  const tilesX = pictures.tilesX;
  const outputs = pictures.tileOutputs;
  const isFour = outputs == 4;
  const rectifies = pictures.rectifies != 0;
  const groupBytes = <usize>pictures.groupChannels * 4;
  const pixelBytes = <usize>pictures.channels * 4;
  const lineBytes = <usize>pictures.width * pixelBytes;
  const rows = rowsOf(workspace);
  const results = resultsOf(workspace);
  const y = outputs * (tile % tilesY);
  const image = imageAddress(target, pictures, tile / tilesY) + <usize>y * lineBytes;
  const height = min(outputs, pictures.height - y);
  const elementBytes = <usize>pictures.elementStride * 4;
  for (let group = 0; group < pictures.groups; group++) {
    const channels = image + <usize>group * groupBytes;
    let from = products + <usize>(group * ELEMENTS) * elementBytes + <usize>(tile * tilesX) * groupBytes;
    for (let tileX = 0; tileX < tilesX; tileX++) {
      const width = min(outputs, pictures.width - outputs * tileX);
      const pixels = channels + <usize>(outputs * tileX) * pixelBytes;
      for (let offset: usize = 0; offset < groupBytes; offset += VECTOR_BYTES) {
        for (let column: usize = 0; column < POINTS; column++) {
          const element = from + offset + column * elementBytes;
          storeOutput(rows + column * VECTOR_BYTES, ROW_BYTES, isFour, element, POINTS * elementBytes);
        }
        let added = f32x4.splat(0);
        if (bias != 0) added = v128.load(bias + <usize>group * groupBytes + offset);
        let line = pixels + offset;
        for (let row = 0; row < height; row++) {
          storeOutput(results, VECTOR_BYTES, isFour, rows + <usize>row * ROW_BYTES, VECTOR_BYTES);
          let pixel = line;
          for (let column = 0; column < width; column++) {
            let value = f32x4.add(v128.load(results + <usize>column * VECTOR_BYTES), added);
            // Not max: NaN stays NaN, and -0 becomes 0.
            if (rectifies) value = v128.andnot(value, f32x4.le(value, f32x4.splat(0)));
            v128.store(pixel, value);
            pixel += pixelBytes;
          }
          line += lineBytes;
        }
      }
      from += groupBytes;
    }
  }
}

/**
 * transformed[groups, 36, channels, outputs] = G g G^T of filter[taps, taps, channels, groups * outputs], turned round if
 * `isTurned`; 3 or 5 taps. A tile of the launch is one channel of one group.
 */
export function filteringFilter(
  tile: i32,
  workspace: usize,
  filter: usize,
  transformed: usize,
  taps: i32,
  channels: i32,
  outputs: i32,
  groups: i32,
  isTurned: i32,
): void {
  const group = tile / channels;
  const channel = tile % channels;
  const isThree = taps == 3;
  const outputBytes = <usize>outputs * 4;
  const lineBytes = <usize>groups * outputBytes;
  const tapBytes = <usize>channels * lineBytes;
  const elementBytes = <usize>channels * outputBytes;
  const from = filter + <usize>channel * lineBytes + <usize>group * outputBytes;
  const to = transformed + <usize>(group * ELEMENTS) * elementBytes + <usize>channel * outputBytes;
  const first: usize = isTurned ? <usize>(taps * taps - 1) * tapBytes : 0;
  const step: usize = isTurned ? 0 - tapBytes : tapBytes;
  const rows = rowsOf(workspace);
  for (let offset: usize = 0; offset < outputBytes; offset += VECTOR_BYTES) {
    let tap = from + offset + first;
    for (let column: usize = 0; column < <usize>taps; column++) {
      storeFilter(rows + column * VECTOR_BYTES, ROW_BYTES, isThree, tap, <usize>taps * step);
      tap += step;
    }
    let element = to + offset;
    for (let row: usize = 0; row < POINTS; row++) {
      storeFilter(element, elementBytes, isThree, rows + row * ROW_BYTES, VECTOR_BYTES);
      element += POINTS * elementBytes;
    }
  }
}

/** target[taps, taps, channels, groups * outputs] = G^T products G of products[groups, 36, channels, outputs]; 3 or 5 taps. */
export function filteringFilterGradient(
  tile: i32,
  workspace: usize,
  products: usize,
  target: usize,
  taps: i32,
  channels: i32,
  outputs: i32,
  groups: i32,
): void {
  const group = tile / channels;
  const channel = tile % channels;
  const isThree = taps == 3;
  const outputBytes = <usize>outputs * 4;
  const lineBytes = <usize>groups * outputBytes;
  const tapBytes = <usize>channels * lineBytes;
  const elementBytes = <usize>channels * outputBytes;
  const to = target + <usize>channel * lineBytes + <usize>group * outputBytes;
  const from = products + <usize>(group * ELEMENTS) * elementBytes + <usize>channel * outputBytes;
  const rows = rowsOf(workspace);
  for (let offset: usize = 0; offset < outputBytes; offset += VECTOR_BYTES) {
    let element = from + offset;
    for (let column: usize = 0; column < POINTS; column++) {
      storeFilterGradient(rows + column * VECTOR_BYTES, ROW_BYTES, isThree, element, POINTS * elementBytes);
      element += elementBytes;
    }
    let tap = to + offset;
    for (let row: usize = 0; row < <usize>taps; row++) {
      storeFilterGradient(tap, tapBytes, isThree, rows + row * ROW_BYTES, VECTOR_BYTES);
      tap += <usize>taps * tapBytes;
    }
  }
}
