// Fetches from an HWIO filter with its input channels as columns, and some of its taps with their output channels as depth: the b of
// an input gradient.
import { declareOperand, LANES, type Loader, type OperandMemory, unitOf } from "./loader.ts";

type Pair = readonly [number, number];

export interface TurnedFilterLayout extends OperandMemory {
  /** Columns of taps in the filter. */
  readonly filterWidth: number;
  /** Channels of one group; the groups are the product's matrices. */
  readonly groupIn: number;
  readonly groupOut: number;
  readonly outChannels: number;
  /** The taps used: so many on each axis, from the first in steps. */
  readonly taps: Pair;
  readonly first: Pair;
  readonly steps: Pair;
}

/** The span goes over the input channels of a group. */
export function turnedFilterLoader(layout: TurnedFilterLayout): Loader {
  const { side, groupIn, groupOut, outChannels, taps } = layout;
  const unit = unitOf(groupOut, outChannels);
  const [Span, Depth] = [`Span_${side}`, `Depth_${side}`];
  const depths = taps[0] * taps[1] * groupOut;
  const distance = tapDistance(layout, unit);
  return {
    side,
    along: "depth",
    storage: declareOperand(layout, unit),
    functions: `
struct ${Span} { offset: u32, exists: bool }

fn span_${side}(matrix: u32, channel: u32) -> ${Span} {
  return ${Span}(channel * ${outChannels / unit}u + matrix * ${groupOut / unit}u, channel < ${groupIn}u);
}

${
  unit === 4
    ? `struct ${Depth} { offset: u32, exists: bool }

fn depth_${side}(matrix: u32, element: u32) -> ${Depth} {
  let tap = element / ${Math.max(1, groupOut)}u;
  let channel = element % ${Math.max(1, groupOut)}u;
  return ${Depth}(${distance} + channel / 4u, element < ${depths}u);
}

fn fetch_${side}(span: ${Span}, depth: ${Depth}) -> Group {
  if (!span.exists || !depth.exists) { return Group(); }
  return read_${side}(span.offset + depth.offset);
}`
    : `struct ${Depth} { offset: vec4u, exists: vec4<bool> }

fn depth_${side}(matrix: u32, first: u32) -> ${Depth} {
  let element = vec4u(first) + vec4u(0, 1, 2, 3);
  let tap = element / ${Math.max(1, groupOut)}u;
  let channel = element % ${Math.max(1, groupOut)}u;
  return ${Depth}(${distance} + channel, element < vec4u(${depths}u));
}

fn fetch_${side}(span: ${Span}, depth: ${Depth}) -> Group {
  var group = Group();
  if (!span.exists) { return group; }
${LANES.map((lane) => `  if (depth.exists.${lane}) { group.${lane} = read_${side}(span.offset + depth.offset.${lane}); }`).join("\n")}
  return group;
}`
}
`,
  };
}

/** From the filter's first element to those of tap `tap` out of the taps used, in units. */
function tapDistance(
  { filterWidth, groupIn, outChannels, taps, first, steps }: TurnedFilterLayout,
  unit: number,
): string {
  const tapPitch = (groupIn * outChannels) / unit;
  const columns = Math.max(1, taps[1]);
  const start = (first[0] * filterWidth + first[1]) * tapPitch;
  if (steps[0] === 1 && steps[1] === 1 && taps[1] === filterWidth) return `tap * ${tapPitch}u + ${start}u`;
  const [rowPitch, columnPitch] = [steps[0] * filterWidth * tapPitch, steps[1] * tapPitch];
  return `tap / ${columns}u * ${rowPitch}u + tap % ${columns}u * ${columnPitch}u + ${start}u`;
}
