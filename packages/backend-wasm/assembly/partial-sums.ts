// The sum of partial results that were computed apart.

/** Elements of a tile. src/kernels/partial-sums.ts counts tiles by it. */
const ELEMENTS_IN_TILE: i32 = 16384;

/** target[count] = the sum over the rows of partials[parts, count], in their order. */
export function sumPartials(tile: i32, partials: usize, target: usize, parts: i32, count: i32): void {
  const begin = tile * ELEMENTS_IN_TILE;
  const end = min(count, begin + ELEMENTS_IN_TILE);
  const partBytes = <usize>count * 4;
  let index = begin;
  for (; index + 4 <= end; index += 4) {
    let from = partials + <usize>index * 4;
    let sum = v128.load(from);
    for (let part = 1; part < parts; part++) sum = f32x4.add(sum, v128.load((from += partBytes)));
    v128.store(target + <usize>index * 4, sum);
  }
  for (; index < end; index++) {
    let from = partials + <usize>index * 4;
    let sum = load<f32>(from);
    for (let part = 1; part < parts; part++) sum += load<f32>((from += partBytes));
    store<f32>(target + <usize>index * 4, sum);
  }
}
