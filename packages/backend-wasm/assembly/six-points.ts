// The one-dimensional transformations of minimal filtering over the points 0, 1, -1, 1/2, -2 and infinity, on vectors of four
// channels. Of all sets of six points this one costs the least accuracy (Barabasz, Anderson, Soodhalter and Gregg, "Error analysis
// and improving the accuracy of Winograd convolution for deep neural networks", 2020). A filter of 3 taps gives 4 outputs, one of
// 5 taps 2. With d six inputs, g the taps and y the outputs:
//   y = A^T [(G g) * (B^T d)],  and so for cotangents  dg = G^T [(A dy) * (B^T d)].

export const POINTS: usize = 6;
export const VECTOR_BYTES: usize = 16;

const TWO_THIRDS: f32 = 2.0 / 3.0;
const FIFTEENTH: f32 = 1.0 / 15.0;

@inline
function times(factor: f32, x: v128): v128 {
  return f32x4.mul(f32x4.splat(factor), x);
}

/** B^T of six vectors, to six addresses `step` apart. */
@inline
export function storeInput(to: usize, step: usize, d0: v128, d1: v128, d2: v128, d3: v128, d4: v128, d5: v128): void {
  const odd = f32x4.sub(d3, d1);
  const even = f32x4.sub(d4, d2);
  v128.store(to, f32x4.add(f32x4.sub(times(0.5, f32x4.add(d0, d4)), d2), times(0.75, odd)));
  to += step;
  const first = f32x4.add(times(0.5, f32x4.sub(d4, d1)), times(0.25, d2));
  v128.store(to, f32x4.add(first, times(1.25, d3)));
  to += step;
  const second = f32x4.add(times(0.5, f32x4.add(d1, d4)), times(0.25, d3));
  v128.store(to, f32x4.sub(second, times(1.25, d2)));
  to += step;
  v128.store(to, f32x4.add(odd, times(0.5, even)));
  to += step;
  v128.store(to, f32x4.sub(even, times(0.5, odd)));
  to += step;
  v128.store(to, f32x4.add(f32x4.sub(times(0.5, f32x4.add(d1, d5)), d3), times(0.75, even)));
}

/** A of two or four vectors (c and d are 0 of two), to six addresses `step` apart. */
@inline
export function storeCotangent(to: usize, step: usize, isFour: bool, a: v128, b: v128, c: v128, d: v128): void {
  v128.store(to, a);
  to += step;
  const even = isFour ? f32x4.add(a, c) : a;
  const odd = isFour ? f32x4.add(b, d) : b;
  v128.store(to, f32x4.add(even, odd));
  to += step;
  v128.store(to, f32x4.sub(even, odd));
  to += step;
  let half = f32x4.add(a, times(0.5, b));
  if (isFour) half = f32x4.add(half, f32x4.add(times(0.25, c), times(0.125, d)));
  v128.store(to, half);
  to += step;
  let two = f32x4.sub(a, times(2, b));
  if (isFour) two = f32x4.add(two, f32x4.sub(times(4, c), times(8, d)));
  v128.store(to, two);
  to += step;
  v128.store(to, isFour ? d : b);
}

/** A^T of six vectors that lie `fromStep` apart, to two or four addresses `step` apart. */
@inline
export function storeOutput(to: usize, step: usize, isFour: bool, from: usize, fromStep: usize): void {
  const m0 = v128.load(from);
  const m1 = v128.load((from += fromStep));
  const m2 = v128.load((from += fromStep));
  const m3 = v128.load((from += fromStep));
  const m4 = v128.load((from += fromStep));
  const m5 = v128.load((from += fromStep));
  const sum = f32x4.add(m1, m2);
  const difference = f32x4.sub(m1, m2);
  v128.store(to, f32x4.add(f32x4.add(m0, sum), f32x4.add(m3, m4)));
  to += step;
  const second = f32x4.add(difference, f32x4.sub(times(0.5, m3), times(2, m4)));
  if (!isFour) {
    v128.store(to, f32x4.add(second, m5));
    return;
  }
  v128.store(to, second);
  to += step;
  v128.store(to, f32x4.add(sum, f32x4.add(times(0.25, m3), times(4, m4))));
  to += step;
  const fourth = f32x4.add(difference, f32x4.sub(times(0.125, m3), times(8, m4)));
  v128.store(to, f32x4.add(fourth, m5));
}

/** G of three or five vectors that lie `fromStep` apart, to six addresses `step` apart. */
@inline
export function storeFilter(to: usize, step: usize, isThree: bool, from: usize, fromStep: usize): void {
  const a = v128.load(from);
  const b = v128.load((from += fromStep));
  const c = v128.load((from += fromStep));
  let even = f32x4.add(a, c);
  let odd = b;
  let half = f32x4.add(f32x4.add(times(32, a), times(16, b)), times(8, c));
  let two = f32x4.add(f32x4.sub(a, times(2, b)), times(4, c));
  let last = c;
  if (!isThree) {
    const d = v128.load((from += fromStep));
    const e = v128.load((from += fromStep));
    even = f32x4.add(even, e);
    odd = f32x4.add(odd, d);
    half = f32x4.add(half, f32x4.add(times(4, d), times(2, e)));
    two = f32x4.add(two, f32x4.sub(times(16, e), times(8, d)));
    last = e;
  }
  v128.store(to, times(2, a));
  to += step;
  v128.store(to, times(TWO_THIRDS, f32x4.add(even, odd)));
  to += step;
  v128.store(to, times(TWO_THIRDS, f32x4.sub(odd, even)));
  to += step;
  v128.store(to, times(-FIFTEENTH, half));
  to += step;
  v128.store(to, times(FIFTEENTH, two));
  to += step;
  v128.store(to, times(2, last));
}

/** G^T of six vectors that lie `fromStep` apart, to three or five addresses `step` apart. */
@inline
export function storeFilterGradient(to: usize, step: usize, isThree: bool, from: usize, fromStep: usize): void {
  const p0 = v128.load(from);
  const p1 = v128.load((from += fromStep));
  const p2 = v128.load((from += fromStep));
  const p3 = times(FIFTEENTH, v128.load((from += fromStep)));
  const p4 = times(FIFTEENTH, v128.load((from += fromStep)));
  const p5 = times(2, v128.load((from += fromStep)));
  const odd = times(TWO_THIRDS, f32x4.add(p1, p2));
  const even = times(TWO_THIRDS, f32x4.sub(p1, p2));
  v128.store(to, f32x4.add(f32x4.add(times(2, p0), even), f32x4.sub(p4, times(32, p3))));
  to += step;
  v128.store(to, f32x4.sub(odd, f32x4.add(times(16, p3), times(2, p4))));
  to += step;
  const third = f32x4.add(even, f32x4.sub(times(4, p4), times(8, p3)));
  if (isThree) {
    v128.store(to, f32x4.add(third, p5));
    return;
  }
  v128.store(to, third);
  to += step;
  v128.store(to, f32x4.sub(odd, f32x4.add(times(4, p3), times(8, p4))));
  to += step;
  const fifth = f32x4.add(even, f32x4.sub(times(16, p4), times(2, p3)));
  v128.store(to, f32x4.add(fifth, p5));
}
