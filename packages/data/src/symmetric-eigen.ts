// Eigenvalues and eigenvectors of small symmetric matrices, with the same bits on every JavaScript engine.

export interface Eigen {
  /** Largest first. */
  readonly values: readonly number[];
  /** `vectors[i]` is the unit eigenvector of `values[i]`; its largest component is positive. */
  readonly vectors: readonly (readonly number[])[];
}

const MAXIMUM_SWEEPS = 50;

/**
 * Cyclic Jacobi rotations (Golub and Van Loan, "Matrix Computations", section 8.5), which use nothing but
 * + - * / and square roots, as IEEE 754 defines them.
 *
 * @param matrix square and symmetric, in rows
 */
export function symmetricEigen(matrix: readonly (readonly number[])[]): Eigen {
  const size = matrix.length;
  const a = Float64Array.from(matrix.flat());
  // The rows of v become the eigenvectors.
  const v = new Float64Array(size * size);
  for (let i = 0; i < size; i++) v[i * size + i] = 1;
  for (let sweep = 0; sweep < MAXIMUM_SWEEPS && !isDiagonal(a, size); sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) annihilate(a, v, size, p, q);
    }
  }
  const order = Array.from({ length: size }, (_, index) => index).sort(
    (i, j) => at(a, j * size + j) - at(a, i * size + i),
  );
  return {
    values: order.map((i) => at(a, i * size + i)),
    vectors: order.map((i) => withPositiveLargest(Array.from(v.subarray(i * size, (i + 1) * size)))),
  };
}

/** Rotates the plane of p and q so that a[p][q] becomes zero. */
function annihilate(a: Float64Array, v: Float64Array, size: number, p: number, q: number): void {
  const off = at(a, p * size + q);
  if (off === 0) return;
  const theta = (at(a, q * size + q) - at(a, p * size + p)) / (2 * off);
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const cosine = 1 / Math.sqrt(tangent * tangent + 1);
  const sine = tangent * cosine;
  for (let k = 0; k < size; k++) rotate(a, k * size + p, k * size + q, cosine, sine);
  for (let k = 0; k < size; k++) rotate(a, p * size + k, q * size + k, cosine, sine);
  for (let k = 0; k < size; k++) rotate(v, p * size + k, q * size + k, cosine, sine);
  a[p * size + q] = 0;
  a[q * size + p] = 0;
}

function rotate(values: Float64Array, first: number, second: number, cosine: number, sine: number): void {
  const x = at(values, first);
  const y = at(values, second);
  values[first] = cosine * x - sine * y;
  values[second] = sine * x + cosine * y;
}

function isDiagonal(a: Float64Array, size: number): boolean {
  return a.every((value, index) => value === 0 || index % (size + 1) === 0);
}

function withPositiveLargest(vector: readonly number[]): number[] {
  const largest = vector.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
  return vector.map((value) => (largest < 0 ? -value : value) + 0);
}

function at(values: Float64Array, index: number): number {
  return values[index] ?? 0;
}
