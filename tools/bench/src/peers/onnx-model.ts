// The bytes of an ONNX model with a single node, written as protocol buffers: enough for one operator.

interface NamedShape {
  readonly name: string;
  readonly shape: readonly number[];
}

export interface OnnxNode {
  readonly operator: string;
  readonly inputs: readonly NamedShape[];
  readonly output: NamedShape;
  readonly attributes?: Readonly<Record<string, number | readonly number[]>>;
}

const [IR_VERSION, OPSET] = [8, 17];
const [VARINT, LENGTH_DELIMITED] = [0, 2];
const FLOAT = 1;
const [INT, INTS] = [2, 7];

/** A ModelProto over f32 tensors. */
export function onnxModel({ operator, inputs, output, attributes = {} }: OnnxNode): Uint8Array {
  const node = [
    ...inputs.map(({ name }) => field(1, text(name))),
    field(2, text(output.name)),
    field(3, text("node")),
    field(4, text(operator)),
    ...Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
  ].flat();
  const graph = [
    field(1, node),
    field(2, text("graph")),
    ...inputs.map((input) => field(11, valueInfo(input))),
    field(12, valueInfo(output)),
  ].flat();
  return Uint8Array.from([...number(1, IR_VERSION), ...field(7, graph), ...field(8, number(2, OPSET))]);
}

function attribute(name: string, value: number | readonly number[]): number[] {
  if (typeof value === "number") return [...field(1, text(name)), ...number(3, value), ...number(20, INT)];
  return [...field(1, text(name)), ...value.flatMap((each) => number(8, each)), ...number(20, INTS)];
}

function valueInfo({ name, shape }: NamedShape): number[] {
  const dimensions = shape.flatMap((extent) => field(1, number(1, extent)));
  const tensorType = [...number(1, FLOAT), ...field(2, dimensions)];
  return [...field(1, text(name)), ...field(2, field(1, tensorType))];
}

function field(id: number, content: readonly number[]): number[] {
  return [...varint((id << 3) | LENGTH_DELIMITED), ...varint(content.length), ...content];
}

function number(id: number, value: number): number[] {
  return [...varint((id << 3) | VARINT), ...varint(value)];
}

/** Of a whole number from 0 on. */
function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value % 0x80) | 0x80, ...varint(Math.floor(value / 0x80))];
}

function text(characters: string): number[] {
  return [...new TextEncoder().encode(characters)];
}
