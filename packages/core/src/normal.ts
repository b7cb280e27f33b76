// The inverse normal distribution function from additions, multiplications, divisions and square roots alone, which IEEE 754
// rounds the same way everywhere; `Math.log` is only implementation-approximated and would differ between engines.

const exponentView = new DataView(new ArrayBuffer(8));
const LN2 = 0.6931471805599453;

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
    3.387132872796366608, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
    4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3,
  ],
  denominator: [
    1, 4.2313330701600911252e1, 6.871870074920579083e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
    3.930789580009271061e4, 2.8729085735721942674e4, 5.226495278852854561e3,
  ],
};

const middle: RationalApproximation = {
  numerator: [
    1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
    1.27045825245236838258, 2.4178072517745061177e-1, 2.27238449892691845833e-2, 7.7454501427834140764e-4,
  ],
  denominator: [
    1, 2.05319162663775882187, 1.6763848301838038494, 6.8976733498510000455e-1, 1.4810397642748007459e-1,
    1.51986665636164571966e-2, 5.475938084995344946e-4, 1.05075007164441684324e-9,
  ],
};

const tail: RationalApproximation = {
  numerator: [
    6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 2.9656057182850489123e-1,
    2.6532189526576123093e-2, 1.2426609473880784386e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  ],
  denominator: [
    1, 5.9983220655588793769e-1, 1.3692988092273580531e-1, 1.48753612908506148525e-2, 7.868691311456132591e-4,
    1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
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
