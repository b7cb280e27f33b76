// The inverse normal distribution function from additions, multiplications, divisions and square roots alone, which IEEE 754
// rounds the same way everywhere; `Math.log` is only implementation-approximated and would differ between engines.

const exponentView = new DataView(new ArrayBuffer(8));
const { LN2 } = Math;

/** Natural logarithm of a positive normal number, by atanh series after taking the exponent off. */
export function portableLog(x: number): number {
  exponentView.setFloat64(0, x);
  const high = exponentView.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  exponentView.setUint32(0, (high & 0x000fffff) | 0x3ff00000);
  let mantissa = exponentView.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1);
  const square = s * s;
  let series = 0;
  for (let term = 21; term >= 1; term -= 2) series = series * square + 1 / term;
  return exponent * LN2 + 2 * s * series;
}

/** c[0] + c[1] x + c[2] x^2 + ... */
function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
}

interface RationalApproximation {
  readonly numerator: readonly number[];
  readonly denominator: readonly number[];
}

const central: RationalApproximation = {
  numerator: [
    3.3871328727963665, 133.14166789178438, 1971.5909503065513, 13731.69376550946, 45921.95393154987, 67265.7709270087,
    33430.57558358813, 2509.0809287301227,
  ],
  denominator: [
    1, 42.31333070160091, 687.1870074920579, 5394.196021424751, 21213.794301586597, 39307.89580009271,
    28729.085735721943, 5226.495278852854,
  ],
};

const middle: RationalApproximation = {
  numerator: [
    1.4234371107496835, 4.630337846156546, 5.769497221460691, 3.6478483247632045, 1.2704582524523684,
    0.2417807251774506, 0.022723844989269184, 0.0007745450142783414,
  ],
  denominator: [
    1, 2.053191626637759, 1.6763848301838038, 0.6897673349851, 0.14810397642748008, 0.015198666563616457,
    0.0005475938084995345, 1.0507500716444169e-9,
  ],
};

const tail: RationalApproximation = {
  numerator: [
    6.657904643501103, 5.463784911164114, 1.7848265399172913, 0.29656057182850487, 0.026532189526576124,
    0.0012426609473880784, 2.7115555687434876e-5, 2.0103343992922881e-7,
  ],
  denominator: [
    1, 0.599832206555888, 0.1369298809227358, 0.014875361290850615, 0.0007868691311456133, 1.8463183175100548e-5,
    1.421511758316446e-7, 2.0442631033899397e-15,
  ],
};

function ratio(approximation: RationalApproximation, x: number): number {
  return polynomial(approximation.numerator, x) / polynomial(approximation.denominator, x);
}

/** Quantile of the standard normal for 0 < p < 1 (Wichura 1988, algorithm AS 241, PPND16). */
export function inverseNormalCdf(p: number): number {
  const fromMedian = p - 0.5;
  if (Math.abs(fromMedian) <= 0.425) return fromMedian * ratio(central, 0.180625 - fromMedian * fromMedian);
  const distance = Math.sqrt(-portableLog(fromMedian < 0 ? p : 1 - p));
  const magnitude = distance <= 5 ? ratio(middle, distance - 1.6) : ratio(tail, distance - 5);
  return fromMedian < 0 ? -magnitude : magnitude;
}
