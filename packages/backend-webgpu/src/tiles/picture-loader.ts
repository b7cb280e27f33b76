// Fetches pixels under the taps of a filter: the matrix [positions, taps and channels] of a convolution, without making it.
import { type Along, declareOperand, LANES, type Loader, type OperandMemory, type Unit, unitOf } from "./loader.ts";
import { type Run, runExtent, runOf } from "./run.ts";

type Pair = readonly [number, number];

/** Pixel (y, x) = position * stride + tap * step + origin, on both axes. */
export interface Windows {
  readonly images: number;
  /** Height and width of a picture. */
  readonly size: Pair;
  readonly channels: number;
  /** Channels of one group. The groups are the product's matrices. */
  readonly groupChannels: number;
  /** Rows and columns of positions in a picture. */
  readonly positions: Pair;
  readonly strides: Pair;
  readonly taps: Pair;
  readonly steps: Pair;
  readonly origin: Pair;
}

export interface PictureLayout extends OperandMemory {
  readonly windows: Windows;
  /** Which of the product's axes goes over the positions; the other goes over taps and channels. */
  readonly positions: Along;
}

/**
 * Where columns of taps are next to each other and there is one group, a row of taps over all channels is a row of neighbours in
 * memory: one run, as if pictures had one channel and its elements were columns. Else the channels of each tap are a run.
 */
interface Geometry {
  readonly unit: Unit;
  readonly run: Run;
  readonly isMerged: boolean;
  /** Of columns, which are pixels or, where rows are merged, units. */
  readonly width: number;
  readonly stride: number;
  readonly origin: number;
  /** Units from one column, one row, one picture, one group of channels to the next. */
  readonly columnPitch: number;
  readonly rowPitch: number;
  readonly imagePitch: number;
  readonly groupPitch: number;
}

/** The axis of taps and channels: the filter that the pictures are multiplied by has to be laid out like it. */
export function tapRun(windows: Windows): Run {
  return geometryOf(windows).run;
}

function geometryOf({ size, channels, groupChannels, strides, taps, steps, origin }: Windows): Geometry {
  const rowElements = size[1] * channels;
  const isMerged = steps[1] === 1 && groupChannels === channels;
  const unit = isMerged
    ? unitOf(rowElements, strides[1] * channels, origin[1] * channels)
    : unitOf(channels, groupChannels);
  const length = isMerged ? taps[1] * channels : groupChannels;
  const count = isMerged ? taps[0] : taps[0] * taps[1];
  const perColumn = isMerged ? channels / unit : 1;
  return {
    unit,
    run: unit === 4 ? { count, length, padded: Math.ceil(length / 4) * 4 } : runOf(count, length),
    isMerged,
    width: size[1] * perColumn,
    stride: strides[1] * perColumn,
    origin: origin[1] * perColumn,
    columnPitch: isMerged ? 1 : channels / unit,
    rowPitch: rowElements / unit,
    imagePitch: (size[0] * rowElements) / unit,
    groupPitch: isMerged ? 0 : groupChannels / unit,
  };
}

export function pictureLoader(layout: PictureLayout): Loader {
  const { side, windows, positions } = layout;
  const geometry = geometryOf(windows);
  const taps: Along = positions === "span" ? "depth" : "span";
  const [tapFunction, fetch] = geometry.unit === 4 ? [tapOfGroup, fetchGroup] : [tapsOfLanes, fetchLanes];
  return {
    side,
    along: taps,
    storage: declareOperand(layout, geometry.unit),
    functions: [
      positionFunction(`${positions}_${side}`, structOf(positions, side), windows, geometry),
      tapFunction(`${taps}_${side}`, structOf(taps, side), windows, geometry),
      `fn fetch_${side}(span: ${structOf("span", side)}, depth: ${structOf("depth", side)}) -> Group {
${fetch(side, positions, taps, windows, geometry)}
}`,
    ].join("\n\n"),
  };
}

function structOf(axis: Along, side: string): string {
  return `${axis === "span" ? "Span" : "Depth"}_${side}`;
}

/** A row that no picture has, even after a tap's row is added. */
const NOWHERE = "i32(-0x40000000)";

function positionFunction(name: string, struct: string, windows: Windows, geometry: Geometry): string {
  const { images, positions, strides, origin } = windows;
  const [rows, columns] = positions;
  const perImage = Math.max(1, rows * columns);
  return `// Where the window begins, maybe outside of the picture, and the distance of that in memory.
struct ${struct} { y: i32, x: i32, offset: i32 }

fn ${name}(matrix: u32, position: u32) -> ${struct} {
  if (position >= ${images * rows * columns}u) { return ${struct}(${NOWHERE}, 0, 0); }
  let image = i32(position / ${perImage}u);
  let within = i32(position % ${perImage}u);
  let y = within / ${Math.max(1, columns)} * ${strides[0]} + ${origin[0]};
  let x = within % ${Math.max(1, columns)} * ${geometry.stride} + ${geometry.origin};
  let start = image * ${geometry.imagePitch} + i32(matrix) * ${geometry.groupPitch};
  return ${struct}(y, x, start + y * ${geometry.rowPitch} + x * ${geometry.columnPitch});
}`;
}

interface TapExpressions {
  readonly row: string;
  readonly column: string;
  /** In terms of row and column. */
  readonly offset: string;
}

/** Of element `within` of run `run`. */
function tapExpressions({ taps, steps }: Windows, { unit, isMerged, rowPitch, columnPitch }: Geometry): TapExpressions {
  const neighbour = unit === 4 ? "within / 4" : "within";
  if (isMerged) return { row: `run * ${steps[0]}`, column: neighbour, offset: `row * ${rowPitch} + column` };
  const columns = Math.max(1, taps[1]);
  return {
    row: `run / ${columns} * ${steps[0]}`,
    column: `run % ${columns} * ${steps[1]}`,
    offset: `row * ${rowPitch} + column * ${columnPitch} + ${neighbour}`,
  };
}

function tapOfGroup(name: string, struct: string, windows: Windows, geometry: Geometry): string {
  const { row, column, offset } = tapExpressions(windows, geometry);
  const { run } = geometry;
  const padded = Math.max(1, run.padded);
  return `// A tap's row, column and distance in memory, and how many elements its run has from this one on.
struct ${struct} { y: i32, x: i32, offset: i32, count: u32 }

fn ${name}(matrix: u32, element: u32) -> ${struct} {
  if (element >= ${runExtent(run)}u) { return ${struct}(${NOWHERE}, 0, 0, 0u); }
  let run = i32(element / ${padded}u);
  let within = i32(element % ${padded}u);
  let row = ${row};
  let column = ${column};
  return ${struct}(row, column, ${offset}, ${run.length}u - u32(within));
}`;
}

function tapsOfLanes(name: string, struct: string, windows: Windows, geometry: Geometry): string {
  const { row, column, offset } = tapExpressions(windows, geometry);
  const { run } = geometry;
  const length = Math.max(1, run.length);
  return `// The taps' rows, columns and distances in memory of four neighbours.
struct ${struct} { y: vec4i, x: vec4i, offset: vec4i }

fn ${name}(matrix: u32, first: u32) -> ${struct} {
  let element = vec4i(i32(first)) + vec4i(0, 1, 2, 3);
  let run = element / ${length};
  let within = element % ${length};
  let row = ${row};
  let column = ${column};
  let exists = element < vec4i(${runExtent(run)});
  return ${struct}(select(vec4i(${NOWHERE}), row, exists), column, ${offset});
}`;
}

type FetchBody = (side: string, position: Along, tap: Along, windows: Windows, geometry: Geometry) => string;

const fetchGroup: FetchBody = (side, position, tap, { size }, { run, width }) => {
  const read = `read_${side}(u32(${position}.offset + ${tap}.offset))`;
  const within = `select(Group(), ${read}, vec4u(0, 1, 2, 3) < vec4u(${tap}.count))`;
  return `  let y = u32(${position}.y + ${tap}.y);
  let x = u32(${position}.x + ${tap}.x);
  if (y >= ${size[0]}u || x >= ${width}u) { return Group(); }
  return ${run.length === run.padded ? read : within};`;
};

const fetchLanes: FetchBody = (side, position, tap, { size }, { width }) => {
  const lanes = LANES.map(
    (lane) =>
      `  if (isInside.${lane}) { group.${lane} = read_${side}(u32(${position}.offset + ${tap}.offset.${lane})); }`,
  );
  return `  let y = vec4u(vec4i(${position}.y) + ${tap}.y);
  let x = vec4u(vec4i(${position}.x) + ${tap}.x);
  let isInside = (y < vec4u(${size[0]}u)) & (x < vec4u(${width}u));
  var group = Group();
${lanes.join("\n")}
  return group;`;
};
