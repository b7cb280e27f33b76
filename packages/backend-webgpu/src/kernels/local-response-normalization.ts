// Local response normalization over neighbouring channels, and its gradient. What an invocation needs of other channels it computes
// itself: reads come from the cache, and barriers would cost more.
import { elementCount, extent, type LocalResponseNormalizationAttributes, operand, type Shape } from "@tandem/core";
import type { KernelDefinition } from "../kernel.ts";
import { linearDispatch } from "../shader/dispatch.ts";
import {
  declareOperands,
  floatType,
  read,
  type StepOperand,
  type Width,
  widthOf,
  written,
} from "../shader/operands.ts";
import { scalarFunctionDefinitions } from "../shader/scalar-functions.ts";
import { chunkedKernel } from "./chunked-kernel.ts";

/** Channels are counted in blocks of `width`. */
interface Normalization extends LocalResponseNormalizationAttributes {
  readonly width: Width;
  readonly blocks: number;
}

interface NormalizationShader {
  readonly operands: readonly StepOperand[];
  /** Functions that `body` calls, beside those of the scale. */
  functions(normalization: Normalization): string;
  /** Statements that write element `position`, which is `block` of `row`. */
  body(normalization: Normalization): string;
}

/** One invocation for each block of channels. */
function normalizationKernel({ operands, functions, body }: NormalizationShader): KernelDefinition {
  return chunkedKernel({
    items: (types) => rowsOf(operand(types, 0).shape),
    dispatch(step, chunk, capabilities) {
      const { shape } = operand(step.inputs, 0).type;
      const normalization = normalizationOf(shape, step.attributes as LocalResponseNormalizationAttributes);
      const { blocks, width } = normalization;
      const declared = declareOperands(step, operands, width, chunk, capabilities);
      const { opening, workgroups } = linearDispatch(chunk.count * blocks, capabilities);
      const wgsl = `${declared.wgsl}
${[scaleFunctions, inversePowerFunction, functions].map((define) => define(normalization)).join("\n")}
${opening}
  let row = position / ${blocks}u;
  let block = i32(position % ${blocks}u);
${body(normalization)}
}`;
      return { wgsl, bindings: declared.bindings, workgroups };
    },
  });
}

function rowsOf(shape: Shape): number {
  return elementCount(shape) / extent(shape, shape.length - 1);
}

const LARGEST_UNROLLED_WINDOW = 16;

function normalizationOf(shape: Shape, attributes: LocalResponseNormalizationAttributes): Normalization {
  const channels = extent(shape, shape.length - 1);
  const width = attributes.size <= LARGEST_UNROLLED_WINDOW ? widthOf(channels) : 1;
  return { ...attributes, width, blocks: channels / width };
}

/** How far a window of channels reaches to either side. */
interface Reach {
  readonly before: number;
  readonly after: number;
}

function windowOf({ size }: Normalization): Reach {
  return { before: Math.floor(size / 2), after: Math.floor((size - 1) / 2) };
}

/** The channels in whose windows a channel is. */
function turned({ before, after }: Reach): Reach {
  return { before: after, after: before };
}

/** Statements that define `sum`, of what `summand(row, block)` gives for the channels that are in reach of those of `block`. */
function sumInReach(summand: string, { before, after }: Reach, width: Width): string {
  if (width === 1) {
    return `  var sum = 0.0;
  for (var near = block - ${before}; near <= block + ${after}; near++) { sum += ${summand}(row, near); }`;
  }
  const [first, last] = [-Math.ceil(before / 4), Math.ceil(after / 4)];
  const blocks = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const shifts = Array.from({ length: before + after + 1 }, (_, index) => index - before);
  return `${blocks.map((at) => `  let near${at - first} = ${summand}(row, block + ${at});`).join("\n")}
  let sum = ${shifts.map((shift) => fourChannels(shift - 4 * first)).join("\n    + ")};`;
}

/** The four channels from `first` on of the blocks `near0`, `near1`, ... */
function fourChannels(first: number): string {
  if (first % 4 === 0) return `near${first / 4}`;
  const channels = [0, 1, 2, 3].map((lane) => first + lane);
  return `vec4f(${channels.map((channel) => `near${Math.floor(channel / 4)}.${"xyzw"[channel % 4]}`).join(", ")})`;
}

/** Beyond these, powers of it would overflow or vanish. */
const [SMALLEST_SCALE, LARGEST_SCALE] = [2 ** -72, 2 ** 72];

/** Defines `scale(row, block)`: what is raised to the power of -beta. */
function scaleFunctions(normalization: Normalization): string {
  const { width, blocks, k, alpha } = normalization;
  const float = floatType[width];
  return `fn square(row: u32, block: i32) -> ${float} {
  if (block < 0 || block >= ${blocks}) { return ${float}(0.0); }
  let value = load_input(row * ${blocks}u + u32(block));
  return value * value;
}

fn scale(row: u32, block: i32) -> ${float} {
${sumInReach("square", windowOf(normalization), width)}
  return clamp(${literal(k)} + ${literal(alpha)} * sum, ${float}(${literal(SMALLEST_SCALE)}), ${float}(${literal(LARGEST_SCALE)}));
}`;
}

/** A finite number as f32. */
function literal(value: number): string {
  return `${Math.fround(value)}f`;
}

const LARGEST_PRODUCT = 4;

/** Defines `inversePower(scale)`: its power of -beta. Multiples of a quarter are products of the scale and its roots. */
function inversePowerFunction({ beta, width }: Normalization): string {
  const float = floatType[width];
  const signature = `fn inversePower(scale: ${float}) -> ${float}`;
  const quarters = 4 * beta;
  if (!Number.isInteger(quarters) || beta < 0 || beta > LARGEST_PRODUCT) {
    const lanes = width === 1 ? ["scale"] : [..."xyzw"].map((lane) => `scale.${lane}`);
    const powers = lanes.map((lane) => `power(${lane}, ${literal(-beta)})`).join(", ");
    return `${scalarFunctionDefinitions(["power"])}\n${signature} {\n  return ${float}(${powers});\n}`;
  }
  const factors = [
    `${float}(1.0)`,
    ...Array<string>(Math.floor(beta)).fill("scale"),
    ...(quarters % 4 >= 2 ? ["root"] : []),
    ...(quarters % 2 === 1 ? ["sqrt(root)"] : []),
  ];
  return `${signature} {
  let root = sqrt(scale);
  return 1.0 / (${factors.join(" * ")});
}`;
}

export const localResponseNormalizationKernel: KernelDefinition = normalizationKernel({
  operands: [read("input", 0), written("output")],
  functions: () => "",
  body: () => "  store_output(position, load_input(position) * inversePower(scale(row, block)));",
});

/** Defines `share(row, block)`: what, times a constant and themselves, those in a channel's window take from its gradient. */
function shareFunction({ width, blocks }: Normalization): string {
  return `fn share(row: u32, block: i32) -> ${floatType[width]} {
  if (block < 0 || block >= ${blocks}) { return ${floatType[width]}(0.0); }
  let position = row * ${blocks}u + u32(block);
  let divisor = scale(row, block);
  return load_cotangent(position) * load_input(position) * inversePower(divisor) / divisor;
}`;
}

/** Reads input and cotangent and not the output, which would take longer than what it spares. */
export const localResponseNormalizationGradientKernel: KernelDefinition = normalizationKernel({
  operands: [read("input", 0), read("cotangent", 2), written("gradient")],
  functions: shareFunction,
  body: (normalization) => `${sumInReach("share", turned(windowOf(normalization)), normalization.width)}
  let direct = load_cotangent(position) * inversePower(scale(row, block));
  let throughNeighbours = ${literal(2 * normalization.alpha * normalization.beta)} * load_input(position) * sum;
  store_gradient(position, direct - throughNeighbours);`,
});
