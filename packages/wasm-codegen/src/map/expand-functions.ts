// Functions that WebAssembly lacks, as arithmetic on f32, so that they take four lanes at once. Coefficients: S. Moshier, Cephes
// mathematical library (single precision). Powers with constant exponents become roots and products: pow(x, -0.75) is what local
// response normalization spends its time on.
import { instructionAt, type Scalar, ScalarBuilder, type ScalarInstruction, type ScalarProgram } from "@tandem/core";

/** The same program without exp, log, sigmoid, tanh, and powers with a constant exponent that is a multiple of a quarter. */
export function withFunctionsExpanded(program: ScalarProgram): ScalarProgram {
  const builder = new ScalarBuilder();
  const values: Scalar[] = [];
  const value = (position: number): Scalar => {
    const found = values[position];
    if (found === undefined) throw new RangeError(`scalar instruction ${position} is read before it is computed`);
    return found;
  };
  const rebuilt = (instruction: ScalarInstruction): Scalar => {
    switch (instruction.op) {
      case "input":
      case "constant":
      case "coordinate":
        return builder.emit(instruction);
      case "cast":
        return value(instruction.args[0]).cast(instruction.dtype);
      case "bitcast":
        return builder.emit({ ...instruction, args: [value(instruction.args[0]).position] });
      default: {
        const operands = instruction.args.map(value);
        return expanded(instruction.op, operands) ?? builder.apply(instruction.op, operands);
      }
    }
  };
  for (const position of program.instructions.keys()) values.push(rebuilt(instructionAt(program, position)));
  return builder.finish(program.inputs, program.outputs.map(value));
}

function expanded(op: ScalarInstruction["op"], [a, b]: readonly Scalar[]): Scalar | undefined {
  if (a === undefined || a.dtype !== "f32" || a.constantValue !== undefined) return undefined;
  switch (op) {
    case "exp":
      return exp(a);
    case "log":
      return log(a);
    case "sigmoid":
      return sigmoid(a);
    case "tanh":
      return tanh(a);
    case "pow":
      return b?.constantValue === undefined ? undefined : power(a, b.constantValue);
    default:
      return undefined;
  }
}

/** Coefficients from the highest power down. */
function polynomial(x: Scalar, [first = 0, ...others]: readonly number[]): Scalar {
  return others.reduce((so: Scalar, coefficient) => so.mul(x).add(coefficient), x.literal(first));
}

/** Added to an f32 of moderate size, it leaves the nearest whole number in the low bits. */
const ROUNDING = 1.5 * 2 ** 23;
/** Beyond these, exp is 0 or infinite in f32. */
const [EXP_LOWEST, EXP_HIGHEST] = [-104, 89];

/** ln 2 in two parts, the first of which has few digits, so that its multiples are exact. */
const [LN2_HIGH, LN2_LOW] = [0.693359375, -2.1219444005469057e-4];

/** e^x = 2^n e^r, with n whole and r at most half of ln 2. */
function exp(x: Scalar): Scalar {
  const inRange = x.lt(EXP_LOWEST).select(EXP_LOWEST, x.gt(EXP_HIGHEST).select(EXP_HIGHEST, x));
  const n = inRange.mul(Math.LOG2E).add(ROUNDING).sub(ROUNDING);
  const r = inRange.sub(n.mul(LN2_HIGH)).sub(n.mul(LN2_LOW));
  const series = polynomial(
    r,
    [1.98756914e-4, 1.39819994e-3, 8.33345205e-3, 4.16657962e-2, 1.66666657e-1, 5.00000012e-1],
  );
  const significand = series.mul(r).mul(r).add(r).add(1);
  // In two steps: 2^n itself may be no f32.
  const half = n.mul(0.5).floor();
  return significand.mul(powerOfTwo(half)).mul(powerOfTwo(n.sub(half)));
}

/** 2^n for a whole number from -126 to 127. */
function powerOfTwo(n: Scalar): Scalar {
  return n.add(ROUNDING).bitcast("u32").add(127).shl(23).bitcast("f32");
}

/** Bits of the square root of a half, and those of a significand. */
const [ROOT_OF_HALF, SIGNIFICAND] = [0x3f3504f3, 0x007fffff];
const SMALLEST_NORMAL = 2 ** -126;
/** Digits by which smaller numbers are moved up. */
const DIGITS = 23;

/** ln x = n ln 2 + ln m, with n whole and m between the roots of a half and of two. */
function log(x: Scalar): Scalar {
  const isSmall = x.lt(SMALLEST_NORMAL);
  const bits = isSmall
    .select(x.mul(2 ** DIGITS), x)
    .bitcast("i32")
    .sub(ROOT_OF_HALF);
  const n = bits
    .shr(DIGITS)
    .cast("f32")
    .sub(isSmall.select(x.literal(DIGITS), 0));
  const f = bits.and(SIGNIFICAND).add(ROOT_OF_HALF).bitcast("f32").sub(1);
  const square = f.mul(f);
  const series = polynomial(
    f,
    [
      7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
      2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    ],
  );
  const rest = series.mul(f).mul(square).add(n.mul(LN2_LOW)).sub(square.mul(0.5));
  const finite = f.add(rest).add(n.mul(LN2_HIGH));
  const ofPositive = x.lt(Number.POSITIVE_INFINITY).select(finite, x);
  const ofOthers = x.eq(0).select(x.literal(Number.NEGATIVE_INFINITY), Number.NaN);
  return x.gt(0).select(ofPositive, ofOthers);
}

/** By e^-|x|, which does not overflow. */
function sigmoid(x: Scalar): Scalar {
  const decay = exp(x.abs().neg());
  return x.lt(0).select(decay, 1).div(decay.add(1));
}

function tanh(x: Scalar): Scalar {
  const magnitude = x.abs();
  const large = magnitude.literal(1).sub(magnitude.literal(2).div(exp(magnitude.add(magnitude)).add(1)));
  const square = x.mul(x);
  const series = polynomial(square, [-5.70498873e-3, 2.06390888e-2, -5.37397155e-2, 1.33314422e-1, -3.33332819e-1]);
  const small = series.mul(square).mul(x).add(x);
  return magnitude.lt(0.625).select(small, x.lt(0).select(large.neg(), large));
}

/** Beyond it, rounding adds up. */
const LARGEST_EXPONENT = 4;

function power(base: Scalar, exponent: number): Scalar | undefined {
  const quarters = Math.abs(exponent) * 4;
  if (!Number.isInteger(quarters) || Math.abs(exponent) > LARGEST_EXPONENT) return undefined;
  const root = base.sqrt();
  const factors = [
    ...Array<Scalar>(Math.floor(quarters / 4)).fill(base),
    ...(quarters % 4 >= 2 ? [root] : []),
    ...(quarters % 2 === 1 ? [root.sqrt()] : []),
  ];
  const product = factors.reduce<Scalar | undefined>((so, factor) => so?.mul(factor) ?? factor, undefined);
  if (product === undefined) return base.literal(1);
  return exponent < 0 ? product.literal(1).div(product) : product;
}
