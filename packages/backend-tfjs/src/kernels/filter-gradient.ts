// The gradient of a convolution's filter, which tfjs lacks, compiled to SIMD. A band of rows of one picture at a time is packed
// into panels that the first-level cache holds: of the input four channels wide, of the cotangent eight. For each tap of the
// filter, a block of four by eight of its elements is then a sum over all positions of the band, kept in registers.
import { type ConvolutionFilterGradientAttributes, operand, type Pair } from "@tandem/core";
import {
  all,
  areFloats,
  type Code,
  compileStridedCopy,
  elementAt,
  f32x4,
  type GeneratedFunction,
  generatedFunction,
  get,
  i32,
  type LaunchTarget,
  type Local,
  Locals,
  type Range,
  type StepShape,
  set,
  v128,
  walkRange,
  when,
} from "@tandem/wasm-codegen";
import type { KernelDefinition } from "./kernel.ts";

const LANES = 4;
/** Channels of the cotangent in a block: two vectors. */
const BLOCK = 8;
/** Elements of a panel of the input and one of the cotangent together. */
const PANEL_ELEMENTS = 6144;

type Nhwc = readonly [number, number, number, number];

interface Geometry {
  readonly input: Nhwc;
  readonly output: Nhwc;
  /** Rows and columns of the filter. */
  readonly window: Pair;
  readonly strides: Pair;
  readonly dilations: Pair;
  /** Rows of padding above the picture, columns to its left. */
  readonly offset: Pair;
}

function geometryOf({ inputs, attributes }: Pick<StepShape, "inputs" | "attributes">): Geometry {
  const { strides, dilations, padding, filterShape } = attributes as ConvolutionFilterGradientAttributes;
  return {
    input: operand(inputs, 0).type.shape as Nhwc,
    output: operand(inputs, 1).type.shape as Nhwc,
    window: [operand(filterShape, 0), operand(filterShape, 1)],
    strides,
    dilations,
    offset: [padding[0][0], padding[1][0]],
  };
}

/** What a band of rows of the output needs. */
interface Band {
  readonly rows: number;
  /** Rows and columns of the padded input under the windows. */
  readonly inputRows: number;
  readonly inputColumns: number;
  /** Elements of a panel. */
  readonly inputPanel: number;
  readonly outputPanel: number;
}

function bandOf({ output, window, strides, dilations }: Geometry, rows: number): Band {
  const columns = output[2];
  const inputRows = (rows - 1) * strides[0] + (window[0] - 1) * dilations[0] + 1;
  const inputColumns = (columns - 1) * strides[1] + (window[1] - 1) * dilations[1] + 1;
  const outputPanel = rows * columns * BLOCK;
  return { rows, inputRows, inputColumns, inputPanel: inputRows * inputColumns * LANES, outputPanel };
}

function largestBand(geometry: Geometry): Band {
  for (let rows = geometry.output[1]; ; rows = Math.ceil(rows / 2)) {
    const band = bandOf(geometry, rows);
    if (rows <= 1 || band.inputPanel + band.outputPanel <= PANEL_ELEMENTS) return band;
  }
}

const wholeVectors = (channels: number): number => Math.ceil(channels / LANES) * LANES;

/** Elements of all panels of the input, of the cotangent, and of a filter with its rows padded to whole vectors. */
function workspaceOf(geometry: Geometry): readonly [number, number, number] {
  const { inputPanel, outputPanel } = largestBand(geometry);
  const { input, output, window } = geometry;
  return [
    Math.ceil(input[3] / LANES) * inputPanel,
    Math.ceil(output[3] / BLOCK) * outputPanel,
    window[0] * window[1] * input[3] * wholeVectors(output[3]),
  ];
}

interface Context {
  readonly geometry: Geometry;
  readonly locals: Locals;
  readonly filter: Local;
  readonly inputPanels: Local;
  readonly outputPanels: Local;
}

/** Adds to the gradient: a function of the addresses of x, dy, the padded filter, and the panels, of which those of x hold zeros. */
function compileFilterGradient(geometry: Geometry, target: LaunchTarget): GeneratedFunction {
  const locals = new Locals(5);
  const [x, dy, filter, inputPanels, outputPanels] = locals.addresses as [Local, Local, Local, Local, Local];
  const context: Context = { geometry, locals, filter, inputPanels, outputPanels };
  const { input, output, strides } = geometry;
  const pictures = { extent: input[0], strides: [input[1] * input[2] * input[3], output[1] * output[2] * output[3]] };
  const rows = { extent: output[1], strides: [strides[0] * input[2] * input[3], output[2] * output[3]] };
  const most = largestBand(geometry).rows;
  const whole = output[1] - (output[1] % most);
  const bands = (range: Range, band: Band, picture: readonly Local[]): readonly Code[] =>
    walkRange(locals, rows, range, picture, (here, row) => [
      ...packInput(context, band, operand(here, 0), row),
      ...packOutput(context, band, operand(here, 1)),
      ...accumulate(context, band),
    ]);
  const statements = walkRange(locals, pictures, all(input[0]), [x, dy], (picture) => [
    ...bands({ start: 0, end: whole, step: most }, bandOf(geometry, most), picture),
    ...bands({ start: whole, end: output[1], step: most }, bandOf(geometry, output[1] - whole), picture),
  ]);
  return generatedFunction(`filter gradient ${JSON.stringify(geometry)}`, target, { locals, statements, tiles: 1 });
}

/** `x` points to the row under the first row of the band, not counting the padding. Columns of padding stay zero. */
function packInput({ geometry, locals, inputPanels }: Context, band: Band, x: Local, row: Code): readonly Code[] {
  const { input, strides, offset } = geometry;
  const [, height, width, channels] = input;
  const [top, left] = offset;
  const { inputRows, inputColumns, inputPanel } = band;
  const line = locals.variable("i32");
  const source = locals.variable("i32");
  const target = locals.variable("i32");
  const blocks = { extent: Math.ceil(channels / LANES), strides: [LANES, inputPanel] };
  const columns = { extent: Math.max(0, Math.min(width, inputColumns - left)), strides: [channels, LANES] };
  const copy = walkRange(locals, columns, all(columns.extent), [source, target], (pixel) =>
    walkRange(locals, blocks, all(blocks.extent), pixel, ([from, to]) =>
      from === undefined || to === undefined ? [] : [v128.store(get(to), v128.load(get(from)))],
    ),
  );
  const clear = walkRange(
    locals,
    { extent: columns.extent, strides: [LANES] },
    all(columns.extent),
    [target],
    (pixel) =>
      walkRange(locals, { ...blocks, strides: [inputPanel] }, all(blocks.extent), pixel, ([to]) =>
        to === undefined ? [] : [v128.store(get(to), v128.const([0, 0, 0, 0]))],
      ),
  );
  const lines = { extent: inputRows, strides: [width * channels, inputColumns * LANES] };
  return walkRange(locals, lines, all(inputRows), [x, inputPanels], ([from, to], position) => {
    if (from === undefined || to === undefined) return [];
    const isInside = i32.lt_u(get(line), i32.const(height));
    return [
      set(line, i32.add(i32.mul(row, i32.const(strides[0])), i32.sub(position, i32.const(top)))),
      set(source, elementAt(from, -top * width * channels)),
      set(target, elementAt(to, left * LANES)),
      when(isInside, copy),
      when(i32.eqz(isInside), clear),
    ];
  });
}

/** `dy` points to the first row of the band. */
function packOutput({ geometry, locals, outputPanels }: Context, band: Band, dy: Local): readonly Code[] {
  const [, , columns, channels] = geometry.output;
  const pixels = { extent: band.rows * columns, strides: [channels, BLOCK] };
  const blocks = { extent: Math.ceil(channels / BLOCK), strides: [BLOCK, band.outputPanel] };
  const wholeBlocks = Math.floor(channels / BLOCK);
  const copy =
    (vectors: number) =>
    ([from, to]: readonly Local[]): readonly Code[] =>
      from === undefined || to === undefined
        ? []
        : Array.from({ length: vectors }, (_, vector) =>
            v128.store(elementAt(to, vector * LANES), v128.load(elementAt(from, vector * LANES))),
          );
  return walkRange(locals, pixels, all(pixels.extent), [dy, outputPanels], (pixel) => [
    ...walkRange(locals, blocks, all(wholeBlocks), pixel, copy(BLOCK / LANES)),
    ...walkRange(
      locals,
      blocks,
      { start: wholeBlocks, end: blocks.extent, step: 1 },
      pixel,
      copy(Math.ceil((channels % BLOCK) / LANES)),
    ),
  ]);
}

/** Adds the products of the panels to every block of the filter. */
function accumulate({ geometry, locals, filter, inputPanels, outputPanels }: Context, band: Band): readonly Code[] {
  const { input, output, window, dilations } = geometry;
  const [inChannels, outChannels] = [input[3], wholeVectors(output[3])];
  const tapRows = {
    extent: window[0],
    strides: [dilations[0] * band.inputColumns * LANES, 0, window[1] * inChannels * outChannels],
  };
  const tapColumns = { extent: window[1], strides: [dilations[1] * LANES, 0, inChannels * outChannels] };
  const inBlocks = { extent: Math.ceil(inChannels / LANES), strides: [band.inputPanel, 0, LANES * outChannels] };
  const outBlocks = { extent: Math.ceil(outChannels / BLOCK), strides: [0, band.outputPanel, BLOCK] };
  const pointers = [inputPanels, outputPanels, filter];

  const taps = (channels: number, vectors: number, here: readonly Local[]): readonly Code[] =>
    walkRange(locals, tapRows, all(window[0]), here, (line) =>
      walkRange(locals, tapColumns, all(window[1]), line, (tap) =>
        filterBlock({ geometry, locals }, band, { channels, vectors }, tap),
      ),
    );
  const inputBlocks = (vectors: number, here: readonly Local[]): readonly Code[] => {
    const whole = Math.floor(inChannels / LANES);
    return [
      ...walkRange(locals, inBlocks, all(whole), here, (block) => taps(LANES, vectors, block)),
      ...walkRange(locals, inBlocks, { start: whole, end: inBlocks.extent, step: 1 }, here, (block) =>
        taps(inChannels % LANES, vectors, block),
      ),
    ];
  };
  const whole = Math.floor(outChannels / BLOCK);
  return [
    ...walkRange(locals, outBlocks, all(whole), pointers, (block) => inputBlocks(BLOCK / LANES, block)),
    ...walkRange(locals, outBlocks, { start: whole, end: outBlocks.extent, step: 1 }, pointers, (block) =>
      inputBlocks(1, block),
    ),
  ];
}

/** Adds the sum over all positions of the band to `channels` rows of `vectors` vectors of the filter. */
function filterBlock(
  { geometry, locals }: Pick<Context, "geometry" | "locals">,
  band: Band,
  { channels, vectors }: { readonly channels: number; readonly vectors: number },
  [input, output, filter]: readonly Local[],
): readonly Code[] {
  if (input === undefined || output === undefined || filter === undefined) return [];
  const { strides, output: outputShape } = geometry;
  const columns = outputShape[2];
  const outChannels = wholeVectors(outputShape[3]);
  const cells = Array.from({ length: channels * vectors }, (_, index) => ({
    sum: locals.variable("v128"),
    channel: Math.floor(index / vectors),
    vector: index % vectors,
  }));
  const cotangents = Array.from({ length: vectors }, () => locals.variable("v128"));
  const element = locals.variable("v128");
  const addressOf = ({ channel, vector }: { readonly channel: number; readonly vector: number }): Code =>
    elementAt(filter, channel * outChannels + vector * LANES);
  const lines = { extent: band.rows, strides: [strides[0] * band.inputColumns * LANES, columns * BLOCK] };
  const pixels = { extent: columns, strides: [strides[1] * LANES, BLOCK] };
  return [
    ...cells.map((cell) => set(cell.sum, v128.load(addressOf(cell)))),
    ...walkRange(locals, lines, all(band.rows), [input, output], (line) =>
      walkRange(locals, pixels, all(columns), line, ([x, dy]) =>
        x === undefined || dy === undefined
          ? []
          : [
              ...cotangents.map((cotangent, vector) => set(cotangent, v128.load(elementAt(dy, vector * LANES)))),
              ...Array.from({ length: channels }, (_, channel) => [
                set(element, v128.load32_splat(elementAt(x, channel))),
                ...cotangents.map((cotangent, vector) => {
                  const { sum } = operand(cells, channel * vectors + vector);
                  return set(sum, f32x4.add(get(sum), f32x4.mul(get(element), get(cotangent))));
                }),
              ]).flat(),
            ],
      ),
    ),
    ...cells.map((cell) => v128.store(addressOf(cell), get(cell.sum))),
  ];
}

export const conv2dFilterGradientKernel: KernelDefinition = {
  supports(inputs, outputs, attributes) {
    const { groups } = attributes as ConvolutionFilterGradientAttributes;
    return areFloats(inputs) && areFloats(outputs) && groups === 1;
  },
  scratchBytes: (step) => 4 * workspaceOf(geometryOf(step)).reduce((sum, elements) => sum + elements),
  prepare(step, machine) {
    const { heap, target } = machine;
    const geometry = geometryOf(step);
    const run = machine.compiled(compileFilterGradient(geometry, target));
    const { input, output, window } = geometry;
    const rows = window[0] * window[1] * input[3];
    const padded = wholeVectors(output[3]);
    const unpad = machine.compiled(compileStridedCopy([rows, output[3]], [padded, 1], [output[3], 1], target));
    const workspace = workspaceOf(geometry);
    const isEmpty = input.includes(0) || output.includes(0);
    return ([x = 0, dy = 0], [result = 0]) => {
      heap.withWorkspace(workspace, (inputPanels = 0, outputPanels = 0, filter = 0) => {
        new Float32Array(heap.buffer, inputPanels, workspace[0]).fill(0);
        new Float32Array(heap.buffer, filter, workspace[2]).fill(0);
        if (!isEmpty) run(x, dy, filter, inputPanels, outputPanels);
        unpad(filter, result);
      });
    };
  },
};
