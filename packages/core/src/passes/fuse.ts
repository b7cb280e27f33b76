// Fusion is substitution of scalar programs: maps into the maps that read them, and maps into the epilogue of the matmul or
// convolution they follow. Nothing costly is computed twice, a backend may refuse any result, an update of state stays a map of its
// own, since maps can work in place, and no product waits for what another device sends.
import type { Backend } from "../backend.ts";
import type { Graph, GraphNode, ValueId } from "../graph.ts";
import { operand, opNamed } from "../op.ts";
import { conv2dOp } from "../ops/convolution.ts";
import type { EpilogueAttributes } from "../ops/epilogue.ts";
import { type MapAttributes, mapOp } from "../ops/map.ts";
import { matmulOp } from "../ops/matmul.ts";
import { transferOp } from "../ops/transfer.ts";
import { inlineScalarProgram, type Scalar, ScalarBuilder } from "../scalar/builder.ts";
import { scalarCost } from "../scalar/cost.ts";
import { outputTypes, type ScalarProgram } from "../scalar/program.ts";
import { withoutUnusedInputs } from "../scalar/prune.ts";
import { sameShape } from "../shape.ts";
import type { Tensor } from "../tensor.ts";
import { removeDeadCode } from "./dead-code.ts";
import { backendOf } from "./decompose.ts";
import { keepNode, rewriteGraph } from "./rewrite.ts";

interface Definition {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: GraphNode["attributes"];
  /** Which output of the node the value is. */
  readonly output: number;
  /** What other devices have to send before the value can be computed. */
  readonly awaits: ReadonlySet<ValueId>;
  /** Whether exactly one node reads the node's outputs, and no output of the graph is among them. */
  readonly hasOneReader: boolean;
}

export function fuse(graph: Graph, backends: readonly Backend[]): Graph {
  const readers = countReaders(graph);
  const replacements = new Set(graph.outputs.flatMap(({ value, replaces }) => (replaces === undefined ? [] : value)));
  const definitions = new Map<ValueId, Definition>();
  const fused = rewriteGraph(graph, (node, inputs, { builder }) => {
    const record = (
      op: string,
      from: readonly Tensor[],
      attributes: GraphNode["attributes"],
      outputs: readonly Tensor[],
    ) => {
      const hasOneReader = new Set(node.outputs.flatMap((value) => [...(readers.get(value) ?? [])])).size === 1;
      const awaited = unionOf(from.map(({ id }) => definitions.get(id)?.awaits ?? NOTHING));
      for (const [output, tensor] of outputs.entries()) {
        const awaits = op === transferOp.name ? new Set([tensor.id]) : awaited;
        definitions.set(tensor.id, { op, inputs: from, attributes, output, awaits, hasOneReader });
      }
      return outputs;
    };
    if (node.op !== mapOp.name) return record(node.op, inputs, node.attributes, keepNode(node, inputs, builder));
    const attributes = node.attributes as MapAttributes;
    const backend = backendOf(graph, node, backends);
    const definitionOf = (tensor: Tensor): Definition | undefined => definitions.get(tensor.id);
    const lean = withProducersInlined({ inputs, attributes }, isFree, definitionOf, backend);
    const isUpdate = node.outputs.some((value) => replacements.has(value));
    const epilogue = isUpdate ? undefined : intoEpilogue(lean, definitionOf, backend);
    if (epilogue !== undefined) {
      const op = opNamed(epilogue.op);
      return record(
        epilogue.op,
        epilogue.inputs,
        epilogue.attributes,
        builder.apply(op, epilogue.inputs, epilogue.attributes),
      );
    }
    const map = withProducersInlined(
      lean,
      (producer) => isFree(producer) || producer.hasOneReader,
      definitionOf,
      backend,
    );
    return record(mapOp.name, map.inputs, map.attributes, builder.apply(mapOp, map.inputs, map.attributes));
  });
  return removeDeadCode(fused);
}

const GRAPH_OUTPUT = -1;
const NOTHING: ReadonlySet<ValueId> = new Set();

/** Which nodes (by position) read each value; the graph's outputs count as one more reader. */
function countReaders(graph: Graph): ReadonlyMap<ValueId, ReadonlySet<number>> {
  const readers = new Map<ValueId, Set<number>>();
  const read = (value: ValueId, reader: number): void => {
    const known = readers.get(value) ?? new Set();
    readers.set(value, known.add(reader));
  };
  for (const [position, node] of graph.nodes.entries()) for (const value of node.inputs) read(value, position);
  for (const [index, output] of graph.outputs.entries()) read(output.value, GRAPH_OUTPUT - index);
  return readers;
}

interface FusedMap {
  readonly inputs: readonly Tensor[];
  readonly attributes: MapAttributes;
}

/** Repeating it costs nothing: a constant, a broadcast, a copy. */
function isFree({ attributes }: Definition): boolean {
  return scalarCost((attributes as MapAttributes).body) === 0;
}

/** The map with every producer map substituted that `accepts` admits and whose elements line up with it. */
function withProducersInlined(
  map: FusedMap,
  accepts: (producer: Definition) => boolean,
  definitionOf: (tensor: Tensor) => Definition | undefined,
  backend: Backend,
): FusedMap {
  let current = map;
  for (const candidate of map.inputs) {
    const producer = definitionOf(candidate);
    if (producer === undefined || !linesUp(producer, current) || !accepts(producer)) continue;
    const next = inlineInto(current, candidate, producer);
    const types = outputTypes(next.attributes.body).map((dtype) => ({ dtype, shape: map.attributes.shape }));
    if (
      backend.supports(
        mapOp.name,
        next.inputs.map((input) => input.type),
        types,
        next.attributes,
      )
    )
      current = next;
  }
  return current;
}

function linesUp(producer: Definition, consumer: FusedMap): boolean {
  if (producer.op !== mapOp.name) return false;
  const { body, shape } = producer.attributes as MapAttributes;
  const isConstant = body.instructions.every((instruction) => instruction.op === "constant");
  return isConstant || sameShape(shape, consumer.attributes.shape);
}

/** Replaces the consumer's reads of `value` by the producer's program. */
function inlineInto(consumer: FusedMap, value: Tensor, producer: Definition): FusedMap {
  const produced = producer.attributes as MapAttributes;
  const remaining = consumer.inputs.filter((input) => input.id !== value.id);
  const inputs = uniqueTensors([...remaining, ...producer.inputs]);
  const builder = new ScalarBuilder();
  const read = (tensor: Tensor): Scalar =>
    builder.input(
      inputs.findIndex((input) => input.id === tensor.id),
      tensor.dtype,
    );
  const substituted = inlineScalarProgram(produced.body, builder, (index) => read(operand(producer.inputs, index)));
  const result = operand(substituted, operand(produced.body.outputs, producer.output));
  const values = inlineScalarProgram(consumer.attributes.body, builder, (index) => {
    const input = operand(consumer.inputs, index);
    return input.id === value.id ? result : read(input);
  });
  const whole = builder.finish(
    inputs.map((input) => input.dtype),
    consumer.attributes.body.outputs.map((output) => operand(values, output)),
  );
  const { program, kept } = withoutUnusedInputs(whole);
  const home = kept.length === 0 ? (consumer.attributes.device ?? value.device) : undefined;
  return {
    inputs: kept.map((index) => operand(inputs, index)),
    attributes: { body: program, shape: consumer.attributes.shape, ...(home !== undefined && { device: home }) },
  };
}

const takesEpilogue: ReadonlySet<string> = new Set([conv2dOp.name, matmulOp.name]);

interface FusedEpilogue {
  readonly op: string;
  readonly inputs: readonly Tensor[];
  readonly attributes: GraphNode["attributes"] & EpilogueAttributes;
}

/** The matmul or convolution that the map follows, with the map in its epilogue, where the backend can do that. */
function intoEpilogue(
  { inputs, attributes: { body, shape } }: FusedMap,
  definitionOf: (tensor: Tensor) => Definition | undefined,
  backend: Backend,
): FusedEpilogue | undefined {
  if (body.outputs.length !== 1 || body.instructions.some((instruction) => instruction.op === "coordinate"))
    return undefined;
  for (const result of inputs) {
    const producer = definitionOf(result);
    if (producer === undefined || !takesEpilogue.has(producer.op) || !producer.hasOneReader) continue;
    if (!sameShape(result.shape, shape)) continue;
    const awaited = unionOf(inputs.map((input) => definitionOf(input)?.awaits ?? NOTHING));
    if (awaited.size > producer.awaits.size) continue;
    const fused = appendEpilogue(producer, result, inputs, body);
    const outputType = { dtype: operand(outputTypes(body), 0), shape };
    if (
      backend.supports(
        fused.op,
        fused.inputs.map((input) => input.type),
        [outputType],
        fused.attributes,
      )
    )
      return fused;
  }
  return undefined;
}

function unionOf(sets: readonly ReadonlySet<ValueId>[]): ReadonlySet<ValueId> {
  return new Set(sets.flatMap((set) => [...set]));
}

function appendEpilogue(
  producer: Definition,
  result: Tensor,
  inputs: readonly Tensor[],
  body: ScalarProgram,
): FusedEpilogue {
  const [a, b] = [operand(producer.inputs, 0), operand(producer.inputs, 1)];
  const { epilogue } = producer.attributes as EpilogueAttributes;
  const extras = uniqueTensors([...producer.inputs.slice(2), ...inputs.filter((input) => input.id !== result.id)]);
  const accumulatorType = epilogue?.inputs[0] ?? result.dtype;
  const builder = new ScalarBuilder();
  const read = (tensor: Tensor): Scalar =>
    builder.input(1 + extras.findIndex((extra) => extra.id === tensor.id), tensor.dtype);
  const accumulator = builder.input(0, accumulatorType);
  const before =
    epilogue === undefined
      ? accumulator
      : operand(
          inlineScalarProgram(epilogue, builder, (index) =>
            index === 0 ? accumulator : read(operand(producer.inputs, index + 1)),
          ),
          operand(epilogue.outputs, 0),
        );
  const after = inlineScalarProgram(body, builder, (index) => {
    const input = operand(inputs, index);
    return input.id === result.id ? before : read(input);
  });
  const types = [accumulatorType, ...extras.map((extra) => extra.dtype)];
  const program = builder.finish(types, [operand(after, operand(body.outputs, 0))]);
  return { op: producer.op, inputs: [a, b, ...extras], attributes: { ...producer.attributes, epilogue: program } };
}

function uniqueTensors(tensors: readonly Tensor[]): Tensor[] {
  return [...new Map(tensors.map((tensor) => [tensor.id, tensor])).values()];
}
