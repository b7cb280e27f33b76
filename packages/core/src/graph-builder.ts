// Appends nodes to a graph: infers types, checks devices, and turns an op's complaint into an error that says where.
import type { HostArray } from "./dtype.ts";
import { DeviceError, type ErrorLocation, TandemError, UsageError } from "./errors.ts";
import {
  type Attributes,
  GRAPH_VERSION,
  type Graph,
  type GraphConstant,
  type GraphInput,
  type GraphNode,
  type GraphOutput,
  type ValueId,
} from "./graph.ts";
import type { Op } from "./op.ts";
import { Tensor } from "./tensor.ts";
import { type ArrayType, DEFAULT_DEVICE, type TensorType } from "./type.ts";

export class GraphBuilder {
  readonly #values: TensorType[] = [];
  readonly #nodes: GraphNode[] = [];
  readonly #inputs: GraphInput[] = [];
  readonly #constants: GraphConstant[] = [];
  readonly #origins: string[] = [];
  #scope = "";

  get scope(): string {
    return this.#scope;
  }

  get nodes(): readonly GraphNode[] {
    return this.#nodes;
  }

  typeOf(value: ValueId): TensorType {
    const type = this.#values[value];
    if (type === undefined) throw new RangeError(`graph has no value ${value}`);
    return type;
  }

  tensor(value: ValueId): Tensor {
    return new Tensor(this, value);
  }

  input(name: string, type: TensorType): Tensor {
    const value = this.#append(type, name);
    this.#inputs.push({ name, value });
    return this.tensor(value);
  }

  constant(data: HostArray, type: TensorType): Tensor {
    const value = this.#append(type, "a constant");
    this.#constants.push({ value, data });
    return this.tensor(value);
  }

  apply<A extends Attributes>(op: Op<A>, inputs: readonly Tensor[], attributes: A): Tensor[] {
    for (const input of inputs) {
      if (input.builder !== this) {
        throw new UsageError(`${op.name}: an operand belongs to another trace`, {
          hint: "pass it to the traced function as an input instead of capturing it from outside",
        });
      }
    }
    const types = inputs.map((input) => this.typeOf(input.id));
    const device = this.#deviceOf(op, inputs, attributes);
    let outputTypes: readonly ArrayType[];
    try {
      outputTypes = op.infer(types, attributes);
    } catch (error) {
      throw error instanceof TandemError ? error.at(this.#locate(op, inputs, device)) : error;
    }
    const origin = this.#scope === "" ? op.name : `${this.#scope}/${op.name}`;
    const outputs = outputTypes.map(({ dtype, shape }) => this.#append({ dtype, shape, device }, origin));
    this.#nodes.push({ op: op.name, inputs: inputs.map((input) => input.id), outputs, attributes, scope: this.#scope });
    return outputs.map((output) => this.tensor(output));
  }

  /** Runs `body` with `name` appended to the scope path. */
  withScope<R>(name: string, body: () => R): R {
    return this.inScope(this.#scope === "" ? name : `${this.#scope}/${name}`, body);
  }

  /** Runs `body` with exactly this scope path. */
  inScope<R>(path: string, body: () => R): R {
    const outer = this.#scope;
    this.#scope = path;
    try {
      return body();
    } finally {
      this.#scope = outer;
    }
  }

  finish(outputs: readonly GraphOutput[]): Graph {
    return {
      version: GRAPH_VERSION,
      values: this.#values,
      nodes: this.#nodes,
      inputs: this.#inputs,
      outputs,
      constants: this.#constants,
    };
  }

  #append(type: TensorType, origin: string): ValueId {
    this.#origins.push(origin);
    return this.#values.push(type) - 1;
  }

  #deviceOf<A extends Attributes>(op: Op<A>, inputs: readonly Tensor[], attributes: A): string {
    const chosen = op.device?.(attributes);
    if (chosen !== undefined) return chosen;
    const [first, ...rest] = inputs.map((input) => this.typeOf(input.id).device);
    const stranger = rest.find((device) => device !== first);
    if (stranger !== undefined) {
      throw new DeviceError(`operands live on ${first} and ${stranger}`, {
        hint: `move one of them with .to("${first}")`,
      }).at(this.#locate(op, inputs, undefined));
    }
    return first ?? DEFAULT_DEVICE;
  }

  #locate<A extends Attributes>(op: Op<A>, inputs: readonly Tensor[], device: string | undefined): ErrorLocation {
    return {
      op: op.name,
      scope: this.#scope,
      device,
      operands: inputs.map((input, index) => ({
        role: op.roles[Math.min(index, op.roles.length - 1)] ?? `input ${index}`,
        type: this.typeOf(input.id),
        origin: this.#originOf(input, device === undefined),
      })),
    };
  }

  #originOf(input: Tensor, withDevice: boolean): string {
    const origin = this.#origins[input.id] ?? "an earlier step";
    return withDevice ? `${origin} on ${this.typeOf(input.id).device}` : origin;
  }
}
