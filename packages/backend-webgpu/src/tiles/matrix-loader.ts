// Fetches from matrices in memory, plain or transposed.
import {
  type Along,
  declareOperand,
  LANES,
  type Loader,
  type OperandMemory,
  times,
  type Unit,
  unitOf,
} from "./loader.ts";
import { type Run, runElement, runExtent } from "./run.ts";

export interface MatrixLayout extends OperandMemory {
  readonly spans: number;
  readonly depths: Run;
  /** Elements from one to the next; that of spans or that of depths is 1. */
  readonly spanStride: number;
  readonly depthStride: number;
  readonly matrixStride: number;
}

export function matrixLoader(layout: MatrixLayout): Loader {
  const { side, spans, depths, spanStride, depthStride, matrixStride } = layout;
  const along = neighboursOf(layout);
  const [extent, pitch] = along === "span" ? [spans, depthStride] : [runExtent(depths), spanStride];
  const unit = unitOf(extent, pitch, matrixStride);
  const depth = runElement(depths, "depth");
  const Side = `_${side}`;
  return {
    side,
    along,
    storage: declareOperand(layout, unit),
    functions: `
// How many elements there are from this one on, and where it is.
struct Span${Side} { offset: u32, count: u32 }
struct Depth${Side} { offset: u32, count: u32 }

fn span${Side}(matrix: u32, span: u32) -> Span${Side} {
  let offset = ${times("matrix", matrixStride / unit)} + ${offset("span", spanStride, along === "span", unit)};
  return Span${Side}(offset, select(0u, ${spans}u - span, span < ${spans}u));
}

fn depth${Side}(matrix: u32, depth: u32) -> Depth${Side} {
  let offset = ${offset(depth.element, depthStride, along === "depth", unit)};
  return Depth${Side}(offset, select(0u, ${runExtent(depths)}u - depth, ${depth.exists}));
}

fn fetch${Side}(span: Span${Side}, depth: Depth${Side}) -> Group {
${unit === 4 ? fetchGroup(side) : fetchLanes(side, along)}
}
`,
  };
}

/** Where both strides are 1, as in a vector, the longer axis. */
function neighboursOf({ spans, depths, spanStride, depthStride }: MatrixLayout): Along {
  if (depths.length !== depths.padded || depthStride !== 1) return "span";
  return spanStride !== 1 || runExtent(depths) >= spans ? "depth" : "span";
}

/** In units. Along the neighbours the coordinate is a multiple of four. */
function offset(coordinate: string, stride: number, isAlong: boolean, unit: Unit): string {
  if (isAlong) return unit === 4 ? `${coordinate} / 4u` : coordinate;
  return times(coordinate, stride / unit);
}

function fetchGroup(side: string): string {
  return `  if (span.count == 0u || depth.count == 0u) { return Group(); }
  return read_${side}(span.offset + depth.offset);`;
}

function fetchLanes(side: string, along: Along): string {
  const across = along === "span" ? "depth" : "span";
  const lanes = LANES.map(
    (lane, index) => `  if (count > ${index}u) { group.${lane} = read_${side}(start + ${index}u); }`,
  );
  return `  let start = span.offset + depth.offset;
  let count = select(0u, ${along}.count, ${across}.count > 0u);
  var group = Group();
${lanes.join("\n")}
  return group;`;
}
