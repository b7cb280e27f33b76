// Binds logical devices to the devices of the program: logical device n becomes device n modulo their number.
import { DeviceError } from "../errors.ts";
import { type Graph, type GraphNode, typeOf } from "../graph.ts";
import { GraphBuilder } from "../graph-builder.ts";
import { operand, opOf } from "../op.ts";
import { type TransferAttributes, transferOp } from "../ops/transfer.ts";
import type { Tensor } from "../tensor.ts";
import { withBuilder } from "../trace-context.ts";
import { logicalDevice } from "../type.ts";

/** Number n of the device named `device:n`. */
export function deviceIndex(name: string): number {
  const index = /^device:(\d+)$/.exec(name)?.[1];
  if (index === undefined) {
    throw new DeviceError(`there is no device "${name}"`, {
      hint: "devices of a graph are named device:0, device:1, ...",
    });
  }
  return Number(index);
}

/**
 * Transfers that stay on one device vanish. A transfer of an input that the host feeds (one not in `stateInputs`) becomes a
 * second input of the same name: the host uploads it to both devices.
 */
export function bindDevices(graph: Graph, deviceCount: number, stateInputs: ReadonlySet<string>): Graph {
  const bound = (name: string): string => logicalDevice(deviceIndex(name) % deviceCount);
  const hostFed = new Map(
    graph.inputs.filter(({ name }) => !stateInputs.has(name)).map(({ name, value }) => [value, name]),
  );
  const builder = new GraphBuilder();
  return withBuilder(builder, () => {
    const replacements = new Map<number, Tensor>();
    const uploads = new Map<string, Tensor>();
    const bind = (value: number, name: string): Tensor => {
      const type = typeOf(graph, value);
      const tensor = builder.input(name, { ...type, device: bound(type.device) });
      if (hostFed.has(value)) uploads.set(`${name} ${tensor.device}`, tensor);
      return tensor;
    };
    for (const { name, value } of graph.inputs) replacements.set(value, bind(value, name));
    for (const { value, data } of graph.constants) {
      const type = typeOf(graph, value);
      replacements.set(value, builder.constant(data, { ...type, device: bound(type.device) }));
    }
    const upload = (name: string, source: Tensor, device: string): Tensor => {
      const existing = uploads.get(`${name} ${device}`) ?? builder.input(name, { ...source.type, device });
      uploads.set(`${name} ${device}`, existing);
      return existing;
    };
    const visit = (node: GraphNode, inputs: readonly Tensor[]): readonly Tensor[] => {
      if (node.op === transferOp.name) {
        const source = operand(inputs, 0);
        const device = bound((node.attributes as TransferAttributes).device);
        if (device === source.device) return [source];
        const name = hostFed.get(operand(node.inputs, 0));
        return name === undefined ? builder.apply(transferOp, [source], { device }) : [upload(name, source, device)];
      }
      const { device } = node.attributes;
      const attributes = typeof device === "string" ? { ...node.attributes, device: bound(device) } : node.attributes;
      return builder.apply(opOf(node), inputs, attributes);
    };
    for (const node of graph.nodes) {
      const inputs = node.inputs.map((value) => operandOf(replacements, value));
      const outputs = builder.inScope(node.scope, () => visit(node, inputs));
      for (const [index, value] of node.outputs.entries()) replacements.set(value, operand(outputs, index));
    }
    return builder.finish(
      graph.outputs.map((output) => ({ ...output, value: operandOf(replacements, output.value).id })),
    );
  });
}

function operandOf(replacements: ReadonlyMap<number, Tensor>, value: number): Tensor {
  const found = replacements.get(value);
  if (found === undefined) throw new RangeError(`value ${value} is read before it is computed`);
  return found;
}
