// Functions of one number in WGSL whose results do not depend on how good an adapter's own are. Nothing in them computes with NaN or
// infinity: both are told by bits and chosen at the end. Coefficients: S. Moshier, Cephes mathematical library (single precision).

export type ScalarFunction =
  | "f32FromBits"
  | "isNan"
  | "powerOfTwo"
  | "exponential"
  | "logarithm"
  | "sigmoid"
  | "hyperbolicTangent"
  | "quarterTurns"
  | "sineOfReduced"
  | "cosineOfReduced"
  | "sine"
  | "cosine"
  | "power"
  | "largerOf"
  | "smallerOf"
  | "rectified"
  | "wordOf"
  | "quotientI32"
  | "quotientU32";

interface Definition {
  readonly needs: readonly ScalarFunction[];
  readonly wgsl: string;
}

/** Coefficients from the highest power down. */
function polynomial(x: string, [first = 0, ...others]: readonly number[]): string {
  return others.reduce((so, coefficient) => `(${so}) * ${x} + ${coefficient}f`, `${first}f`);
}

const INFINITY = "f32FromBits(0x7f800000u)";
const MINUS_INFINITY = "f32FromBits(0xff800000u)";
const NAN = "f32FromBits(0x7fc00000u)";

const definitions = {
  // A call is no const-expression, which would have to be finite.
  f32FromBits: {
    needs: [],
    wgsl: `fn f32FromBits(bits: u32) -> f32 {
  return bitcast<f32>(bits);
}`,
  },
  isNan: {
    needs: [],
    wgsl: `fn isNan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}`,
  },
  powerOfTwo: {
    needs: [],
    wgsl: `/// For exponents from -126 to 127.
fn powerOfTwo(exponent: i32) -> f32 {
  return bitcast<f32>(u32(exponent + 127) << 23u);
}`,
  },
  exponential: {
    needs: ["f32FromBits", "isNan", "powerOfTwo"],
    wgsl: `/// e^x = 2^n e^r, with n whole and r at most half of ln 2.
fn exponential(x: f32) -> f32 {
  let inRange = clamp(x, -104.0f, 89.0f);
  let n = round(inRange * 1.44269504f);
  let r = (inRange - n * 0.693359375f) + n * 2.1219444e-4f;
  let series = ${polynomial("r", [1.98756914e-4, 1.39819994e-3, 8.33345205e-3, 4.16657962e-2, 1.66666657e-1, 5.00000012e-1])};
  let significand = (series * r * r + r) + 1.0f;
  // In two steps: 2^n itself may be no f32.
  let half = i32(n) >> 1u;
  let finite = significand * powerOfTwo(half) * powerOfTwo(i32(n) - half);
  let result = select(finite, ${INFINITY}, x > 88.72284f);
  return select(result, x, isNan(x));
}`,
  },
  logarithm: {
    needs: ["f32FromBits", "isNan"],
    wgsl: `/// ln x = n ln 2 + ln m, with n whole and m between the roots of a half and of two.
fn logarithm(x: f32) -> f32 {
  let isSmall = x < 1.17549435e-38f;
  let bits = bitcast<i32>(select(x, x * 8388608.0f, isSmall)) - 0x3f3504f3;
  let n = f32(bits >> 23u) - select(0.0f, 23.0f, isSmall);
  let f = bitcast<f32>((bits & 0x007fffff) + 0x3f3504f3) - 1.0f;
  let square = f * f;
  let series = ${polynomial(
    "f",
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  )};
  let rest = (series * f * square - n * 2.1219444e-4f) - square * 0.5f;
  let finite = (f + rest) + n * 0.693359375f;
  let word = bitcast<u32>(x);
  let ofPositive = select(finite, x, word >= 0x7f800000u);
  let ofOthers = select(${NAN}, ${MINUS_INFINITY}, (word & 0x7fffffffu) == 0u);
  return select(ofOthers, ofPositive, word > 0u && word <= 0x7f800000u);
}`,
  },
  sigmoid: {
    needs: ["exponential"],
    wgsl: `/// By e^-|x|, which does not overflow.
fn sigmoid(x: f32) -> f32 {
  let decay = exponential(-abs(x));
  return select(1.0f, decay, x < 0.0f) / (decay + 1.0f);
}`,
  },
  hyperbolicTangent: {
    needs: ["exponential", "isNan"],
    wgsl: `/// By e^2|x|, for at most as large an |x| as makes a difference.
fn hyperbolicTangent(x: f32) -> f32 {
  let magnitude = min(abs(x), 10.0f);
  let large = 1.0f - 2.0f / (exponential(magnitude + magnitude) + 1.0f);
  let square = x * x;
  let series = ${polynomial("square", [-5.70498873e-3, 2.06390888e-2, -5.37397155e-2, 1.33314422e-1, -3.33332819e-1])};
  let small = series * square * x + x;
  let result = select(select(large, -large, x < 0.0f), small, magnitude < 0.625f);
  return select(result, x, isNan(x));
}`,
  },
  quarterTurns: {
    needs: [],
    wgsl: `/// The nearest whole number of quarter turns.
fn quarterTurns(x: f32) -> f32 {
  return round(x * 0.636619772f);
}

/// What is left of an angle without its quarter turns, which are taken away in parts so that no digits are lost.
fn withoutQuarterTurns(x: f32, quarters: f32) -> f32 {
  return ((x - quarters * 1.5703125f) - quarters * 4.837512969970703125e-4f) - quarters * 7.549789948768648e-8f;
}`,
  },
  sineOfReduced: {
    needs: [],
    wgsl: `/// For at most an eighth of a turn.
fn sineOfReduced(x: f32) -> f32 {
  let square = x * x;
  return (${polynomial("square", [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1])}) * square * x + x;
}`,
  },
  cosineOfReduced: {
    needs: [],
    wgsl: `/// For at most an eighth of a turn.
fn cosineOfReduced(x: f32) -> f32 {
  let square = x * x;
  let series = ${polynomial("square", [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2])};
  return (series * square * square - 0.5f * square) + 1.0f;
}`,
  },
  sine: {
    needs: ["f32FromBits", "quarterTurns", "sineOfReduced", "cosineOfReduced"],
    wgsl: `fn sine(x: f32) -> f32 {
  let quarters = quarterTurns(x);
  let r = withoutQuarterTurns(x, quarters);
  let quadrant = i32(quarters) & 3;
  let magnitude = select(sineOfReduced(r), cosineOfReduced(r), (quadrant & 1) == 1);
  let result = select(magnitude, -magnitude, quadrant >= 2);
  return select(result, ${NAN}, (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u);
}`,
  },
  cosine: {
    needs: ["f32FromBits", "quarterTurns", "sineOfReduced", "cosineOfReduced"],
    wgsl: `fn cosine(x: f32) -> f32 {
  let quarters = quarterTurns(x);
  let r = withoutQuarterTurns(x, quarters);
  let quadrant = i32(quarters) & 3;
  let magnitude = select(cosineOfReduced(r), sineOfReduced(r), (quadrant & 1) == 1);
  let result = select(magnitude, -magnitude, quadrant == 1 || quadrant == 2);
  return select(result, ${NAN}, (bitcast<u32>(x) & 0x7f800000u) == 0x7f800000u);
}`,
  },
  power: {
    needs: ["f32FromBits", "exponential", "logarithm"],
    wgsl: `/// e^(y ln |x|), with the sign of a negative x where y is whole.
fn power(x: f32, y: f32) -> f32 {
  let magnitude = exponential(y * logarithm(abs(x)));
  let isWhole = floor(y) == y;
  let isOdd = isWhole && abs(y) < 16777216.0f && (i32(clamp(y, -16777216.0f, 16777216.0f)) & 1) == 1;
  let isNegative = (bitcast<u32>(x) >> 31u) == 1u;
  let signed = select(magnitude, -magnitude, isNegative && isOdd);
  let result = select(signed, ${NAN}, x < 0.0f && !isWhole && bitcast<u32>(x) < 0xff800000u);
  return select(result, 1.0f, y == 0.0f);
}`,
  },
  largerOf: {
    needs: ["isNan"],
    wgsl: `fn largerOf(a: f32, b: f32) -> f32 {
  return select(b, a, a > b || isNan(a));
}`,
  },
  smallerOf: {
    needs: ["isNan"],
    wgsl: `fn smallerOf(a: f32, b: f32) -> f32 {
  return select(b, a, a < b || isNan(a));
}`,
  },
  rectified: {
    needs: [],
    wgsl: `/// max(x, 0), which NaN passes.
fn rectified(x: f32) -> f32 {
  return select(x, 0.0f, x <= 0.0f);
}`,
  },
  wordOf: {
    needs: [],
    wgsl: `/// The low 32 bits of a number rounded toward zero; 0 for NaN and infinity.
fn wordOf(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  let exponent = (bits >> 23u) & 255u;
  let significand = (bits & 0x007fffffu) | 0x00800000u;
  let right = significand >> (min(150u - min(exponent, 150u), 31u));
  let left = select(significand << (min(max(exponent, 150u) - 150u, 31u)), 0u, exponent > 181u);
  let magnitude = select(right, left, exponent > 150u);
  return select(magnitude, 0u - magnitude, bits >> 31u == 1u);
}`,
  },
  quotientI32: {
    needs: [],
    wgsl: `/// Rounded toward zero; 0 of a division by 0.
fn quotientI32(a: i32, b: i32) -> i32 {
  return select(a / select(b, 1, b == 0), 0, b == 0);
}`,
  },
  quotientU32: {
    needs: [],
    wgsl: `/// 0 of a division by 0.
fn quotientU32(a: u32, b: u32) -> u32 {
  return select(a / max(b, 1u), 0u, b == 0u);
}`,
  },
} satisfies Record<ScalarFunction, Definition>;

/** The definitions of functions and of those that they call, each once. */
export function scalarFunctionDefinitions(functions: Iterable<ScalarFunction>): string {
  const needed = new Set<ScalarFunction>();
  const need = (name: ScalarFunction): void => {
    if (needed.has(name)) return;
    for (const other of definitions[name].needs) need(other);
    needed.add(name);
  };
  for (const name of functions) need(name);
  return [...needed].map((name) => definitions[name].wgsl).join("\n\n");
}
