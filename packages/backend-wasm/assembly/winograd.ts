// Convolutions with 3x3 filters at stride 1 by Winograd's minimal filtering F(2x2, 3x3) (Lavin and Gray, "Fast algorithms for
// convolutional neural networks", 2015): 16 multiplications for four results instead of 36. These are the transformations on both
// sides of the products, which matmul.ts computes, one for each of the 16 elements of a transformed tile.
//
// With d a 4x4 tile of the input, g the filter and y a 2x2 tile of the output:
//   y = A^T [(G g G^T) * (B^T d B)] A,  and so for cotangents  dg = G^T [(A dy A^T) * (B^T d B)] G.

const ELEMENTS: i32 = 16;
const VECTOR_BYTES: usize = 16;

/** What the words at the start of a thread's workspace say: src/kernels/winograd-transforms.ts writes them. */
@unmanaged
class TiledPictures {
  height: i32;
  width: i32;
  /** Channels of the pictures, and of one group: both are multiples of four. */
  channels: i32;
  groupChannels: i32;
  groups: i32;
  /** 2x2 tiles that cover the output, along its height and width. */
  tilesY: i32;
  tilesX: i32;
  /** Where the first tile begins. */
  originY: i32;
  originX: i32;
  firstImage: i32;
  images: i32;
  rectifies: i32;
}

/** The address of a pixel's channels, or that of zeros outside the picture. */
@inline
function pixelAddress(image: usize, pictures: TiledPictures, y: i32, x: i32, zeros: usize): usize {
  const isInside = <u32>y < <u32>pictures.height && <u32>x < <u32>pictures.width;
  return isInside ? image + <usize>((y * pictures.width + x) * pictures.channels) * 4 : zeros;
}

@inline
function imageAddress(base: usize, pictures: TiledPictures, image: i32): usize {
  return base + <usize>(pictures.firstImage + image) * <usize>(pictures.height * pictures.width * pictures.channels) * 4;
}

/** B^T of four values into four, `step` apart. */
@inline
function storeTransformed(to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128): void {
  v128.store(to, f32x4.sub(d0, d2));
  v128.store(to + step, f32x4.add(d1, d2));
  v128.store(to + 2 * step, f32x4.sub(d2, d1));
  v128.store(to + 3 * step, f32x4.sub(d1, d3));
}

/** B^T d of one column of pixels, into four vectors of the workspace. */
@inline
function transformColumn(to: usize, pixel0: usize, pixel1: usize, pixel2: usize, pixel3: usize): void {
  storeTransformed(to, 4 * VECTOR_BYTES, v128.load(pixel0), v128.load(pixel1), v128.load(pixel2), v128.load(pixel3));
}

/** What lies behind the words in the workspace: a transformed tile of four channels, then zeros for `groupChannels`. */
@inline
function tileOf(workspace: usize): usize {
  return workspace + 512;
}
@inline
function zerosOf(workspace: usize): usize {
  return workspace + 1024;
}

/**
 * transformed[groups, 16, images * tilesY * tilesX, groupChannels] = B^T d B, for a chunk of the pictures. A tile of the launch
 * is a row of tiles of one picture.
 */
export function winogradInput(tile: i32, workspace: usize, source: usize, transformed: usize): void {
  const pictures = changetype<TiledPictures>(workspace);
  const tilesY = pictures.tilesY;
  const tilesX = pictures.tilesX;
  const groupBytes = <usize>pictures.groupChannels * 4;
  const zeros = zerosOf(workspace);
  memory.fill(zeros, 0, groupBytes);
  const row = tileOf(workspace);
  const image = imageAddress(source, pictures, tile / tilesY);
  const y = pictures.originY + 2 * (tile % tilesY);
  const elementBytes = <usize>(pictures.images * tilesY * tilesX) * groupBytes;
  for (let group = 0; group < pictures.groups; group++) {
    const channels = image + <usize>group * groupBytes;
    let to = transformed + <usize>(group * ELEMENTS) * elementBytes + <usize>(tile * tilesX) * groupBytes;
    for (let tileX = 0; tileX < tilesX; tileX++) {
      const x = pictures.originX + 2 * tileX;
      const p00 = pixelAddress(channels, pictures, y, x, zeros);
      const p01 = pixelAddress(channels, pictures, y, x + 1, zeros);
      const p02 = pixelAddress(channels, pictures, y, x + 2, zeros);
      const p03 = pixelAddress(channels, pictures, y, x + 3, zeros);
      const p10 = pixelAddress(channels, pictures, y + 1, x, zeros);
      const p11 = pixelAddress(channels, pictures, y + 1, x + 1, zeros);
      const p12 = pixelAddress(channels, pictures, y + 1, x + 2, zeros);
      const p13 = pixelAddress(channels, pictures, y + 1, x + 3, zeros);
      const p20 = pixelAddress(channels, pictures, y + 2, x, zeros);
      const p21 = pixelAddress(channels, pictures, y + 2, x + 1, zeros);
      const p22 = pixelAddress(channels, pictures, y + 2, x + 2, zeros);
      const p23 = pixelAddress(channels, pictures, y + 2, x + 3, zeros);
      const p30 = pixelAddress(channels, pictures, y + 3, x, zeros);
      const p31 = pixelAddress(channels, pictures, y + 3, x + 1, zeros);
      const p32 = pixelAddress(channels, pictures, y + 3, x + 2, zeros);
      const p33 = pixelAddress(channels, pictures, y + 3, x + 3, zeros);
      for (let offset: usize = 0; offset < groupBytes; offset += VECTOR_BYTES) {
        transformColumn(row, p00 + offset, p10 + offset, p20 + offset, p30 + offset);
        transformColumn(row + VECTOR_BYTES, p01 + offset, p11 + offset, p21 + offset, p31 + offset);
        transformColumn(row + 2 * VECTOR_BYTES, p02 + offset, p12 + offset, p22 + offset, p32 + offset);
        transformColumn(row + 3 * VECTOR_BYTES, p03 + offset, p13 + offset, p23 + offset, p33 + offset);
        let element = to + offset;
        for (let line: usize = 0; line < 16 * VECTOR_BYTES; line += 4 * VECTOR_BYTES) {
          const at = row + line;
          storeTransformed(element, elementBytes, v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48));
          element += 4 * elementBytes;
        }
      }
      to += groupBytes;
    }
  }
}

/** transformed[groups, 16, images * tilesY * tilesX, groupChannels] = A dy A^T, where `pictures` are the cotangents. */
export function winogradCotangent(tile: i32, workspace: usize, cotangent: usize, transformed: usize): void {
  const pictures = changetype<TiledPictures>(workspace);
  const tilesY = pictures.tilesY;
  const tilesX = pictures.tilesX;
  const groupBytes = <usize>pictures.groupChannels * 4;
  const zeros = zerosOf(workspace);
  memory.fill(zeros, 0, groupBytes);
  const image = imageAddress(cotangent, pictures, tile / tilesY);
  const y = 2 * (tile % tilesY);
  const elementBytes = <usize>(pictures.images * tilesY * tilesX) * groupBytes;
  for (let group = 0; group < pictures.groups; group++) {
    const channels = image + <usize>group * groupBytes;
    let to = transformed + <usize>(group * ELEMENTS) * elementBytes + <usize>(tile * tilesX) * groupBytes;
    for (let tileX = 0; tileX < tilesX; tileX++) {
      const p00 = pixelAddress(channels, pictures, y, 2 * tileX, zeros);
      const p01 = pixelAddress(channels, pictures, y, 2 * tileX + 1, zeros);
      const p10 = pixelAddress(channels, pictures, y + 1, 2 * tileX, zeros);
      const p11 = pixelAddress(channels, pictures, y + 1, 2 * tileX + 1, zeros);
      for (let offset: usize = 0; offset < groupBytes; offset += VECTOR_BYTES) {
        const a = v128.load(p00 + offset);
        const b = v128.load(p01 + offset);
        const c = v128.load(p10 + offset);
        const d = v128.load(p11 + offset);
        const element = to + offset;
        storeExpanded(element, elementBytes, a, b);
        storeExpanded(element + 4 * elementBytes, elementBytes, f32x4.add(a, c), f32x4.add(b, d));
        storeExpanded(element + 8 * elementBytes, elementBytes, f32x4.sub(a, c), f32x4.sub(b, d));
        storeExpanded(element + 12 * elementBytes, elementBytes, f32x4.neg(c), f32x4.neg(d));
      }
      to += groupBytes;
    }
  }
}

/** Four elements of a row of A times (a, b). */
@inline
function storeExpanded(to: usize, step: usize, a: v128, b: v128): void {
  v128.store(to, a);
  v128.store(to + step, f32x4.add(a, b));
  v128.store(to + 2 * step, f32x4.sub(a, b));
  v128.store(to + 3 * step, f32x4.neg(b));
}

@inline
function storeResult(to: usize, value: v128, bias: usize, rectifies: bool): void {
  if (bias != 0) value = f32x4.add(value, v128.load(bias));
  // Not max: NaN stays NaN, and -0 becomes 0.
  if (rectifies) value = v128.andnot(value, f32x4.le(value, f32x4.splat(0)));
  v128.store(to, value);
}

/** target = A^T products A, with bias and ReLU, where `pictures` are the outputs: the way back from the products. */
export function winogradOutput(tile: i32, workspace: usize, products: usize, target: usize, bias: usize): void {
  const pictures = changetype<TiledPictures>(workspace);
  const tilesY = pictures.tilesY;
  const tilesX = pictures.tilesX;
  const rectifies = pictures.rectifies != 0;
  const groupBytes = <usize>pictures.groupChannels * 4;
  const pixelBytes = <usize>pictures.channels * 4;
  const rowBytes = <usize>pictures.width * pixelBytes;
  const y = 2 * (tile % tilesY);
  const image = imageAddress(target, pictures, tile / tilesY) + <usize>y * rowBytes;
  const hasSecondRow = y + 1 < pictures.height;
  const elementBytes = <usize>(pictures.images * tilesY * tilesX) * groupBytes;
  for (let group = 0; group < pictures.groups; group++) {
    const channels = image + <usize>group * groupBytes;
    let from = products + <usize>(group * ELEMENTS) * elementBytes + <usize>(tile * tilesX) * groupBytes;
    for (let tileX = 0; tileX < tilesX; tileX++) {
      const hasSecondColumn = 2 * tileX + 1 < pictures.width;
      const pixel = channels + <usize>(2 * tileX) * pixelBytes;
      for (let offset: usize = 0; offset < groupBytes; offset += VECTOR_BYTES) {
        // The columns' sums for the first and second row of the result.
        let left0 = f32x4.splat(0);
        let right0 = left0;
        let left1 = left0;
        let right1 = left0;
        let element = from + offset;
        for (let column = 0; column < 4; column++) {
          const m0 = v128.load(element);
          const m1 = v128.load(element + 4 * elementBytes);
          const m2 = v128.load(element + 8 * elementBytes);
          const m3 = v128.load(element + 12 * elementBytes);
          const first = f32x4.add(f32x4.add(m0, m1), m2);
          const second = f32x4.sub(f32x4.sub(m1, m2), m3);
          if (column < 3) {
            left0 = f32x4.add(left0, first);
            left1 = f32x4.add(left1, second);
          }
          if (column == 1) {
            right0 = first;
            right1 = second;
          } else if (column > 1) {
            right0 = f32x4.sub(right0, first);
            right1 = f32x4.sub(right1, second);
          }
          element += elementBytes;
        }
        const biasAt: usize = bias == 0 ? 0 : bias + <usize>group * groupBytes + offset;
        const to = pixel + offset;
        storeResult(to, left0, biasAt, rectifies);
        if (hasSecondColumn) storeResult(to + pixelBytes, right0, biasAt, rectifies);
        if (hasSecondRow) {
          storeResult(to + rowBytes, left1, biasAt, rectifies);
          if (hasSecondColumn) storeResult(to + rowBytes + pixelBytes, right1, biasAt, rectifies);
        }
      }
      from += groupBytes;
    }
  }
}

/** G of three values into four, `step` apart. */
@inline
function storeFiltered(to: usize, step: usize, a: v128, b: v128, c: v128): void {
  const half = f32x4.splat(0.5);
  const outer = f32x4.mul(f32x4.add(a, c), half);
  const inner = f32x4.mul(b, half);
  v128.store(to, a);
  v128.store(to + step, f32x4.add(outer, inner));
  v128.store(to + 2 * step, f32x4.sub(outer, inner));
  v128.store(to + 3 * step, c);
}

/**
 * transformed[groups, 16, channels, outputs] = G g G^T of filter[3, 3, channels, groups * outputs], turned round if `isTurned`.
 * A tile of the launch is one channel of one group.
 */
export function winogradFilter(
  tile: i32,
  workspace: usize,
  filter: usize,
  transformed: usize,
  channels: i32,
  outputs: i32,
  groups: i32,
  isTurned: i32,
): void {
  const group = tile / channels;
  const channel = tile % channels;
  const outputBytes = <usize>outputs * 4;
  const lineBytes = <usize>groups * outputBytes;
  const tapBytes = <usize>channels * lineBytes;
  const elementBytes = <usize>channels * outputBytes;
  const from = filter + <usize>channel * lineBytes + <usize>group * outputBytes;
  const to = transformed + <usize>(group * ELEMENTS) * elementBytes + <usize>channel * outputBytes;
  const first: usize = isTurned ? 8 * tapBytes : 0;
  const step: usize = isTurned ? 0 - tapBytes : tapBytes;
  const rows = tileOf(workspace);
  for (let offset: usize = 0; offset < outputBytes; offset += VECTOR_BYTES) {
    let tap = from + offset + first;
    for (let column: usize = 0; column < 3; column++) {
      storeFiltered(
        rows + column * VECTOR_BYTES,
        4 * VECTOR_BYTES,
        v128.load(tap),
        v128.load(tap + 3 * step),
        v128.load(tap + 6 * step),
      );
      tap += step;
    }
    let element = to + offset;
    for (let line: usize = 0; line < 16 * VECTOR_BYTES; line += 4 * VECTOR_BYTES) {
      const at = rows + line;
      storeFiltered(element, elementBytes, v128.load(at), v128.load(at, 16), v128.load(at, 32));
      element += 4 * elementBytes;
    }
  }
}

/** G^T of four values into three, `step` apart. */
@inline
function storeGathered(to: usize, step: usize, a: v128, b: v128, c: v128, d: v128): void {
  const half = f32x4.splat(0.5);
  const sum = f32x4.mul(f32x4.add(b, c), half);
  const difference = f32x4.mul(f32x4.sub(b, c), half);
  v128.store(to, f32x4.add(a, sum));
  v128.store(to + step, difference);
  v128.store(to + 2 * step, f32x4.add(sum, d));
}

/** target[3, 3, channels, groups * outputs] = G^T products G of products[groups, 16, channels, outputs]. */
export function winogradFilterGradient(
  tile: i32,
  workspace: usize,
  products: usize,
  target: usize,
  channels: i32,
  outputs: i32,
  groups: i32,
): void {
  const group = tile / channels;
  const channel = tile % channels;
  const outputBytes = <usize>outputs * 4;
  const lineBytes = <usize>groups * outputBytes;
  const tapBytes = <usize>channels * lineBytes;
  const elementBytes = <usize>channels * outputBytes;
  const to = target + <usize>channel * lineBytes + <usize>group * outputBytes;
  const from = products + <usize>(group * ELEMENTS) * elementBytes + <usize>channel * outputBytes;
  const rows = tileOf(workspace);
  for (let offset: usize = 0; offset < outputBytes; offset += VECTOR_BYTES) {
    let element = from + offset;
    for (let column: usize = 0; column < 4; column++) {
      storeGathered(
        rows + column * VECTOR_BYTES,
        4 * VECTOR_BYTES,
        v128.load(element),
        v128.load(element + 4 * elementBytes),
        v128.load(element + 8 * elementBytes),
        v128.load(element + 12 * elementBytes),
      );
      element += elementBytes;
    }
    let tap = to + offset;
    for (let line: usize = 0; line < 12 * VECTOR_BYTES; line += 4 * VECTOR_BYTES) {
      const at = rows + line;
      storeGathered(tap, tapBytes, v128.load(at), v128.load(at, 16), v128.load(at, 32), v128.load(at, 48));
      tap += 3 * tapBytes;
    }
  }
}
