// Convolutions at stride 1 with 3x3 and 5x5 filters, and both their gradients, by minimal filtering, F(4x4, 3x3) and F(2x2, 5x5): 36
// products of transformed operands with 4 or 2.8 times fewer multiplications. Pictures go through in chunks that stay in the caches.
import { elementCount, extent, type Shape } from "@tandem/core";
import type { Launch, LaunchArgument } from "@tandem/wasm-codegen";
import { productLaunch } from "./matmul.ts";

/** Inputs along a side of a tile. */
const POINTS = 6;
const ELEMENTS = POINTS ** 2;
const LANES = 4;
/** What a chunk's transformed operands and products may take together. */
const CHUNK_BYTES = 16 * 1024 ** 2;
/**
 * The matrices of a tile's elements are written and read side by side: they begin at different lines of a cache, whose sets repeat
 * every page. In numbers.
 */
const [PAGE, LINE] = [1024, 16];
/** With fewer channels on either side the transformations take longer than the products save. */
const FEWEST_CHANNELS = 32;
const FEWEST_TILES = 64;

/** A convolution, or a gradient in the form of one: `outputs` are the pictures whose tiles are computed or read. */
export interface FilteringProblem {
  /** NHWC. */
  readonly inputs: Shape;
  readonly outputs: Shape;
  readonly groups: number;
  /** Along both sides of the filter: 3 or 5. */
  readonly taps: number;
  /** Rows and columns by which the first tile begins before the inputs. */
  readonly before: readonly [number, number];
}

interface Filtering extends FilteringProblem {
  readonly inputChannels: number;
  readonly outputChannels: number;
  /** Along both sides of a tile. */
  readonly tileOutputs: number;
  readonly tilesY: number;
  readonly tilesX: number;
  readonly imagesInChunk: number;
  /** Distances of the matrices of a chunk's inputs and outputs, in numbers. */
  readonly inputStride: number;
  readonly outputStride: number;
  /** Bytes of the filter, of a chunk's inputs and of a chunk's outputs, all transformed. */
  readonly filterBytes: number;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

function filteringOf(problem: FilteringProblem): Filtering {
  const { inputs, outputs, groups, taps } = problem;
  const tileOutputs = POINTS + 1 - taps;
  const [tilesY, tilesX] = [Math.ceil(extent(outputs, 1) / tileOutputs), Math.ceil(extent(outputs, 2) / tileOutputs)];
  const transformedBytes = (elements: number): number => elements * ELEMENTS * Float32Array.BYTES_PER_ELEMENT;
  const images = extent(outputs, 0);
  const perImage = transformedBytes(tilesY * tilesX * (extent(inputs, 3) + extent(outputs, 3)));
  const chunks = Math.ceil(images / Math.max(1, Math.floor(CHUNK_BYTES / perImage)));
  const imagesInChunk = Math.ceil(images / Math.max(1, chunks));
  const [inputChannels, outputChannels] = [extent(inputs, 3) / groups, extent(outputs, 3) / groups];
  const [inputStride, outputStride] = [inputChannels, outputChannels].map((channels) =>
    elementStride(imagesInChunk * tilesY * tilesX * channels),
  ) as [number, number];
  return {
    ...problem,
    ...{ inputChannels, outputChannels, tileOutputs, tilesY, tilesX, imagesInChunk },
    inputStride,
    outputStride,
    filterBytes: transformedBytes(groups * inputChannels * outputChannels),
    inputBytes: transformedBytes(groups * inputStride),
    outputBytes: transformedBytes(groups * outputStride),
  };
}

/** The distance of matrices of so many numbers. */
function elementStride(count: number): number {
  return Math.ceil((count - LINE) / PAGE) * PAGE + LINE;
}

/** Whether a convolution of these pictures can be computed this way, and is faster so. */
export function suitsMinimalFiltering(
  problem: FilteringProblem,
  [height = 0, width = 0]: Shape,
  strides: readonly number[],
  dilations: readonly number[],
): boolean {
  const isMinimal = [...strides, ...dilations].every((step) => step === 1);
  if (!isMinimal || height !== width || (height !== 3 && height !== 5)) return false;
  if (elementCount(problem.outputs) * elementCount(problem.inputs) === 0) return false;
  const { inputChannels, outputChannels, tilesY, tilesX, outputs } = filteringOf(problem);
  const hasChannels = [inputChannels, outputChannels].every(
    (channels) => channels % LANES === 0 && channels >= FEWEST_CHANNELS,
  );
  return hasChannels && extent(outputs, 0) * tilesY * tilesX >= FEWEST_TILES;
}

export function filteringScratchBytes(problem: FilteringProblem): number {
  const { filterBytes, inputBytes, outputBytes } = filteringOf(problem);
  return filterBytes + inputBytes + outputBytes;
}

interface Chunk {
  readonly first: number;
  readonly images: number;
}

function chunksOf({ outputs, imagesInChunk }: Filtering): readonly Chunk[] {
  const images = extent(outputs, 0);
  return Array.from({ length: Math.ceil(images / imagesInChunk) }, (_, index): Chunk => {
    const first = index * imagesInChunk;
    return { first, images: Math.min(imagesInChunk, images - first) };
  });
}

/** The side of the products that a transformation is on. */
type Side = "inputs" | "outputs";

/** In the order of the fields of assembly/minimal-filtering.ts. */
function pictureWords(side: Side, filtering: Filtering, chunk: Chunk, rectifies: boolean): readonly number[] {
  const { groups, tileOutputs, tilesY, tilesX, before } = filtering;
  const [, height = 0, width = 0, channels = 0] = filtering[side];
  const stride = side === "inputs" ? filtering.inputStride : filtering.outputStride;
  return [
    ...[height, width, channels, channels / groups, groups, tileOutputs, tilesY, tilesX],
    ...[-before[0], -before[1], chunk.first, chunk.images, Number(rectifies), stride],
  ];
}

/** A launch that goes through the rows of tiles of a chunk's pictures. */
function pictureLaunch(
  name: string,
  side: Side,
  filtering: Filtering,
  chunk: Chunk,
  operands: readonly LaunchArgument[],
  rectifies = false,
): Launch {
  const words = pictureWords(side, filtering, chunk, rectifies);
  return {
    function: { kind: "library", name },
    arguments: [{ kind: "threadWorkspace", words }, ...operands],
    tiles: chunk.images * filtering.tilesY,
  };
}

/** A launch that goes through the lines of the filter. */
function filterLaunch(name: string, groups: number, lines: number, operands: readonly LaunchArgument[]): Launch {
  return {
    function: { kind: "library", name },
    arguments: [{ kind: "threadWorkspace", words: [] }, ...operands],
    tiles: groups * lines,
  };
}

const integer = (value: number): LaunchArgument => ({ kind: "integer", value });
const scratch = (byteOffset: number): LaunchArgument => ({ kind: "scratch", byteOffset });
const stepInput = (index: number): LaunchArgument => ({ kind: "input", index, byteOffset: 0 });
const stepOutput: LaunchArgument = { kind: "output", index: 0, byteOffset: 0 };

export interface FilteringEpilogue {
  readonly bias: LaunchArgument;
  readonly rectifies: boolean;
}

/**
 * output = input convolved with the filter, of a step whose operands are the input and the filter. `isTurned` makes it the gradient
 * of the input of a convolution: the filter [taps, taps, outputs, inputs] is turned round, its channels change places.
 */
export function filteredConvolution(
  problem: FilteringProblem,
  isTurned: boolean,
  { bias, rectifies }: FilteringEpilogue,
): readonly Launch[] {
  const filtering = filteringOf(problem);
  const { groups, taps, inputChannels, outputChannels, tilesY, tilesX } = filtering;
  const { filterBytes, inputBytes } = filtering;
  const [lines, lineLength] = isTurned ? [outputChannels, inputChannels] : [inputChannels, outputChannels];
  const transformedFilter = scratch(0);
  const transformedInput = scratch(filterBytes);
  const products = scratch(filterBytes + inputBytes);
  return [
    filterLaunch("filteringFilter", groups, lines, [
      ...[stepInput(1), transformedFilter],
      ...[taps, lines, lineLength, groups, Number(isTurned)].map(integer),
    ]),
    ...chunksOf(filtering).flatMap((chunk) => [
      pictureLaunch("filteringInput", "inputs", filtering, chunk, [stepInput(0), transformedInput]),
      productLaunch(
        {
          members: groups * ELEMENTS,
          rows: chunk.images * tilesY * tilesX,
          columns: outputChannels,
          depth: inputChannels,
          leftIsTransposed: false,
          rightIsTransposed: isTurned,
        },
        {
          ...{ left: transformedInput, right: transformedFilter, target: products },
          ...{ leftMember: filtering.inputStride, targetMember: filtering.outputStride },
        },
      ),
      pictureLaunch("filteringOutput", "outputs", filtering, chunk, [products, stepOutput, bias], rectifies),
    ]),
  ];
}

/** The gradient of the filter, of a step whose operands are the convolution's input and the cotangent of its output. */
export function filteredFilterGradient(problem: FilteringProblem): readonly Launch[] {
  const filtering = filteringOf(problem);
  const { groups, taps, inputChannels, outputChannels, tilesY, tilesX } = filtering;
  const { filterBytes, inputBytes } = filtering;
  const products = scratch(0);
  const transformedInput = scratch(filterBytes);
  const transformedCotangent = scratch(filterBytes + inputBytes);
  return [
    ...chunksOf(filtering).flatMap((chunk) => [
      pictureLaunch("filteringInput", "inputs", filtering, chunk, [stepInput(0), transformedInput]),
      pictureLaunch("filteringCotangent", "outputs", filtering, chunk, [stepInput(1), transformedCotangent]),
      productLaunch(
        {
          members: groups * ELEMENTS,
          rows: inputChannels,
          columns: outputChannels,
          depth: chunk.images * tilesY * tilesX,
          leftIsTransposed: true,
          rightIsTransposed: false,
        },
        {
          left: transformedInput,
          right: transformedCotangent,
          target: products,
          ...{ leftMember: filtering.inputStride, rightMember: filtering.outputStride },
          accumulates: chunk.first > 0,
        },
      ),
    ]),
    filterLaunch("filteringFilterGradient", groups, inputChannels, [
      ...[products, stepOutput],
      ...[taps, inputChannels, outputChannels, groups].map(integer),
    ]),
  ];
}
