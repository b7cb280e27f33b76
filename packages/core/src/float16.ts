// Numbers of 16 bits (IEEE 754 binary16): 1 sign, 5 exponent and 10 fraction bits. Engines have no array of them, so bits travel in
// Uint16Array.

const SIGN = 0x8000;
const INFINITY = 0x7c00;
const QUIET_NAN = 0x7e00;
const FRACTION_BITS = 10;
/** Exponents of normal numbers. */
const [LOWEST, HIGHEST] = [-14, 15];
const LARGEST = (2 - 2 ** -FRACTION_BITS) * 2 ** HIGHEST;

const float64 = new DataView(new ArrayBuffer(8));

/** floor(log2(magnitude)) of a positive normal float64. */
function exponentOf(magnitude: number): number {
  float64.setFloat64(0, magnitude);
  return (float64.getUint16(0) >>> 4) - 1023;
}

/** The nearest number that f16 has, ties to the even one; infinity from 65520 on. */
export function roundToFloat16(value: number): number {
  const magnitude = Math.abs(value);
  if (magnitude === 0 || Number.isNaN(magnitude)) return value;
  const rounded = magnitude < 2 * LARGEST ? roundToSpacing(magnitude) : Number.POSITIVE_INFINITY;
  const representable = rounded > LARGEST ? Number.POSITIVE_INFINITY : rounded;
  return value < 0 ? -representable : representable;
}

/** Rounds to a multiple of the distance between neighbouring f16 around `magnitude`. */
function roundToSpacing(magnitude: number): number {
  const spacing = 2 ** (Math.max(exponentOf(magnitude), LOWEST) - FRACTION_BITS);
  // From 2^52 to 2^53 float64 has the whole numbers alone, so the addition rounds, ties to even.
  const rounder = 2 ** 52 * spacing;
  return magnitude + rounder - rounder;
}

/** The bits of the nearest f16. */
export function float16Bits(value: number): number {
  if (Number.isNaN(value)) return QUIET_NAN;
  const rounded = roundToFloat16(value);
  const sign = rounded < 0 || Object.is(rounded, -0) ? SIGN : 0;
  const magnitude = Math.abs(rounded);
  if (magnitude === Number.POSITIVE_INFINITY) return sign | INFINITY;
  if (magnitude < 2 ** LOWEST) return sign | (magnitude * 2 ** (FRACTION_BITS - LOWEST));
  const exponent = exponentOf(magnitude);
  const fraction = magnitude * 2 ** (FRACTION_BITS - exponent) - 2 ** FRACTION_BITS;
  return sign | ((exponent - LOWEST + 1) << FRACTION_BITS) | fraction;
}

/** The number whose f16 bits these are. */
export function fromFloat16Bits(bits: number): number {
  const sign = (bits & SIGN) === 0 ? 1 : -1;
  const exponent = (bits & INFINITY) >>> FRACTION_BITS;
  const fraction = (bits & (2 ** FRACTION_BITS - 1)) * 2 ** -FRACTION_BITS;
  if (exponent === 0) return sign * fraction * 2 ** LOWEST;
  if (exponent === HIGHEST - LOWEST + 2) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction) * 2 ** (exponent + LOWEST - 1);
}
