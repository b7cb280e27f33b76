// What a graph and a program compute, as symbols instead of numbers: equal symbols come from the same ops on the same inputs.
// A plan that overwrites a value before its last reader gives that reader another symbol, or none.
import {
  byteLength,
  type Graph,
  type HostArray,
  isIdentity,
  type MapAttributes,
  mapOp,
  type Operand,
  operand,
  type Program,
  reshapeOp,
  type Step,
  type StreamItem,
  sameShape,
  transferOp,
  typeOf,
} from "@tandem/core";

/** Short names for terms, which would otherwise grow with their depth. */
export class SymbolTable {
  readonly #numbers = new Map<string, number>();

  term(op: string, attributes: unknown, inputs: readonly string[]): string {
    const text = `${op} ${JSON.stringify(attributes)} ${inputs.join(" ")}`;
    const number = this.#numbers.get(text) ?? this.#numbers.size;
    this.#numbers.set(text, number);
    return `#${number}`;
  }
}

/** The symbol of every output by name. */
export type Symbols = Readonly<Record<string, string>>;

const inputSymbol = (name: string): string => `input ${name}`;
const constantSymbol = (data: HostArray): string => `constant ${data.join()}`;

/** Symbols of an op's outputs; a copy has the symbol of what it copies. */
function apply(
  table: SymbolTable,
  op: string,
  attributes: unknown,
  inputs: readonly { readonly symbol: string; readonly shape: readonly number[] }[],
  outputCount: number,
): string[] {
  const [first] = inputs;
  const isCopy = op === mapOp.name && isIdentity((attributes as MapAttributes).body);
  if (isCopy && first !== undefined && sameShape(first.shape, (attributes as MapAttributes).shape))
    return [first.symbol];
  const term = table.term(
    op,
    attributes,
    inputs.map(({ symbol }) => symbol),
  );
  return Array.from({ length: outputCount }, (_, output) => `${term}.${output}`);
}

export function symbolsOfGraph(graph: Graph, table: SymbolTable): Symbols {
  const symbols = new Map<number, string>();
  const symbolOf = (value: number): string => symbols.get(value) ?? `value ${value}, which is not computed`;
  for (const { name, value } of graph.inputs) symbols.set(value, inputSymbol(name));
  for (const { value, data } of graph.constants) symbols.set(value, constantSymbol(data));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((value) => ({ symbol: symbolOf(value), shape: typeOf(graph, value).shape }));
    const moves = node.op === reshapeOp.name || node.op === transferOp.name;
    const outputs = moves
      ? [operand(inputs, 0).symbol]
      : apply(table, node.op, node.attributes, inputs, node.outputs.length);
    for (const [index, value] of node.outputs.entries()) symbols.set(value, operand(outputs, index));
  }
  return Object.fromEntries(graph.outputs.map(({ name, value }) => [name, symbolOf(value)]));
}

/** One device's slots while its stream runs. */
class SymbolicDevice {
  readonly #contents = new Map<number, string>();
  readonly #slotBytes: readonly number[];

  constructor(slotBytes: readonly number[]) {
    this.#slotBytes = slotBytes;
  }

  read({ slot }: Operand): string {
    const symbol = this.#contents.get(slot);
    if (symbol === undefined) throw new Error(`slot ${slot} is read while it holds nothing`);
    return symbol;
  }

  write({ slot, type }: Operand, symbol: string): void {
    if (byteLength(type) > operand(this.#slotBytes, slot))
      throw new Error(`slot ${slot} is too small for ${byteLength(type)} bytes`);
    this.#contents.set(slot, symbol);
  }

  run(step: Step, table: SymbolTable): void {
    const inputs = step.inputs.map((input) => ({ symbol: this.read(input), shape: input.type.shape }));
    const symbols = apply(table, step.op, step.attributes, inputs, step.outputs.length);
    for (const [index, output] of step.outputs.entries()) {
      const shared = step.inputs.filter(({ slot }) => slot === output.slot);
      const inPlace = step.op === mapOp.name && shared.every(({ type }) => sameShape(type.shape, output.type.shape));
      if (shared.length > 0 && !inPlace) throw new Error(`step ${step.id}, ${step.op}, overwrites what it reads`);
      this.write(output, operand(symbols, index));
    }
    for (const slot of step.releases) this.#contents.delete(slot);
  }
}

export function symbolsOfProgram(program: Program, table: SymbolTable): Symbols {
  const devices = program.devices.map(({ slots }) => new SymbolicDevice(slots.map(({ bytes }) => bytes)));
  for (const { name, targets } of program.inputs) {
    for (const { device, operand: target } of targets) operand(devices, device).write(target, inputSymbol(name));
  }
  for (const { device, constants } of program.devices) {
    for (const { slot, data } of constants) {
      operand(devices, device).write(
        { slot, type: { dtype: "u32", shape: [data.byteLength / 4] } },
        constantSymbol(data),
      );
    }
  }
  runStreams(
    program.devices.map(({ device, stream }) => ({ device: operand(devices, device), stream })),
    table,
  );
  const stateSlots = new Map(program.inputs.map(({ name, targets }) => [name, operand(targets, 0).operand.slot]));
  return Object.fromEntries(
    program.outputs.map(({ name, device, operand: output, replaces }) => {
      if (replaces !== undefined && stateSlots.get(replaces) !== output.slot)
        throw new Error(`${name} is not where ${replaces} was`);
      return [name, operand(devices, device).read(output)];
    }),
  );
}

/** Each stream as far as it gets, in turn, until all have ended. */
function runStreams(
  streams: readonly { readonly device: SymbolicDevice; readonly stream: readonly StreamItem[] }[],
  table: SymbolTable,
): void {
  const sent = new Map<number, string>();
  const next = streams.map(() => 0);
  for (let advanced = true; advanced; ) {
    advanced = false;
    for (const [index, { device, stream }] of streams.entries()) {
      for (let item = stream[next[index] ?? 0]; item !== undefined; item = stream[next[index] ?? 0]) {
        if (item.kind === "segment") for (const step of item.steps) device.run(step, table);
        else if (item.kind === "send") sent.set(item.transfer, device.read(item.operand));
        else {
          const received = sent.get(item.transfer);
          if (received === undefined) break;
          device.write(item.operand, received);
        }
        next[index] = (next[index] ?? 0) + 1;
        advanced = true;
      }
    }
  }
  for (const [index, { stream }] of streams.entries()) {
    if ((next[index] ?? 0) < stream.length) throw new Error(`stream ${index} waits for ever at item ${next[index]}`);
  }
}
