// Graphs as readable text, one node a line.
import { type Graph, type GraphNode, typeOf, type ValueId } from "./graph.ts";
import { printScalarProgram } from "./scalar/print.ts";
import type { ScalarProgram } from "./scalar/program.ts";
import { formatTensorType } from "./type.ts";

/** For example `%12: f32[128,55,55,48] = conv2d %3 %7 {strides [4,4], ...}  # conv1, device:0`. */
export function printGraph(graph: Graph): string {
  const typed = (value: ValueId): string => `%${value}: ${formatTensorType(typeOf(graph, value))}`;
  return [
    ...graph.inputs.map(({ name, value }) => `input ${typed(value)}  # ${name}, ${typeOf(graph, value).device}`),
    ...graph.constants.map(({ value }) => `constant ${typed(value)}`),
    ...graph.nodes.map((node) => printNode(graph, node, typed)),
    ...graph.outputs.map(
      ({ name, value, replaces }) => `output ${name} = %${value}${replaces === undefined ? "" : " in place"}`,
    ),
  ].join("\n");
}

function printNode(graph: Graph, node: GraphNode, typed: (value: ValueId) => string): string {
  const inputs = node.inputs.map((value) => `%${value}`).join(" ");
  const attributes = Object.entries(node.attributes).map(([name, value]) => `${name} ${printAttribute(value)}`);
  const [first] = node.outputs;
  const device = first === undefined ? "" : typeOf(graph, first).device;
  const place = [node.scope, device].filter((part) => part !== "").join(", ");
  return `${node.outputs.map(typed).join(", ")} = ${node.op}${inputs === "" ? "" : ` ${inputs}`} {${attributes.join(", ")}}  # ${place}`;
}

function printAttribute(value: unknown): string {
  return isScalarProgram(value) ? `(${printScalarProgram(value)})` : (JSON.stringify(value) ?? "undefined");
}

function isScalarProgram(value: unknown): value is ScalarProgram {
  return typeof value === "object" && value !== null && "instructions" in value;
}
