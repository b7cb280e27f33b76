// Appends nodes to a graph: infers types, checks devices, and turns an op's complaint into an error that says where.
import type { HostArray } from "./dtype.ts";
import { DeviceError, type ErrorLocation, ShapeError, TandemError, UsageError } from "./errors.ts";
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
import { formatShape, type Shape } from "./shape.ts";
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
    requireWholeExtents(`input ${name}`, type.shape);
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
    const [device, outputTypes] = this.located(op, inputs, (): [string, readonly ArrayType[]] => {
      const chosen = deviceOf(op, inputs, attributes);
      const inferred = op.infer(
        inputs.map((input) => input.type),
        attributes,
      );
      for (const { shape } of inferred) requireWholeExtents("the result", shape);
      return [chosen, inferred];
    });
    const origin = this.#scope === "" ? op.name : `${this.#scope}/${op.name}`;
    const outputs = outputTypes.map(({ dtype, shape }) => this.#append({ dtype, shape, device }, origin));
    this.#nodes.push({ op: op.name, inputs: inputs.map((input) => input.id), outputs, attributes, scope: this.#scope });
    return outputs.map((output) => this.tensor(output));
  }

  /** Runs `body`, which checks or records `op` on `inputs`; an error it throws says where that was. */
  located<R>(op: Pick<Op, "name" | "roles">, inputs: readonly Tensor[], body: () => R): R {
    try {
      return body();
    } catch (error) {
      throw error instanceof TandemError ? error.at(this.#locate(op, inputs)) : error;
    }
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

  #locate({ name, roles }: Pick<Op, "name" | "roles">, inputs: readonly Tensor[]): ErrorLocation {
    const devices = new Set(inputs.map((input) => input.device));
    const together = devices.size === 1;
    return {
      op: name,
      scope: this.#scope,
      device: together ? inputs[0]?.device : undefined,
      operands: inputs.map((input, index) => ({
        role: roles[Math.min(index, roles.length - 1)] ?? `input ${index}`,
        type: input.type,
        origin: `${input.builder.#origins[input.id] ?? "an earlier step"}${together ? "" : ` on ${input.device}`}`,
      })),
    };
  }
}

function deviceOf<A extends Attributes>(op: Op<A>, inputs: readonly Tensor[], attributes: A): string {
  const chosen = op.device?.(attributes);
  if (chosen !== undefined) return chosen;
  const [first, ...rest] = inputs.map((input) => input.device);
  const stranger = rest.find((device) => device !== first);
  if (stranger !== undefined) {
    throw new DeviceError(`operands live on ${first} and ${stranger}`, {
      hint: `move one of them with .to("${first}")`,
    });
  }
  return first ?? DEFAULT_DEVICE;
}

function requireWholeExtents(owner: string, shape: Shape): void {
  if (!shape.every((size) => Number.isInteger(size) && size >= 0)) {
    throw new ShapeError(`${owner} would have shape ${formatShape(shape)}: extents are whole numbers, 0 or more`);
  }
}
