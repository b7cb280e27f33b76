// Gradients of cases: the results are contracted with fixed cotangents to one number, which has a gradient to check.
import {
  compile,
  type DeviceGroup,
  deriveKey,
  elementCount,
  type HostTensor,
  hostTensor,
  isFloat,
  logicalDevice,
  normalAt,
  type Shape,
  type Tensor,
  type TensorType,
  trace,
  typeOf,
  valueAndGrad,
} from "@tandem/core";
import type { ConformanceCase, Tensors } from "./case.ts";
import { type HostTensors, hostInputs, type Precision, specsOf } from "./run.ts";

/** 1: the case itself. 2: the derivative of the case along fixed directions, so that its gradient is of second order. */
export type Order = 1 | 2;

/** Fixed normal draws that do not depend on the precision. */
export function draws(path: string, shape: Shape, precision: Precision): HostTensor {
  const key = deriveKey(1, 0, path);
  return hostTensor(
    precision,
    shape,
    Array.from({ length: elementCount(shape) }, (_, index) => Math.fround(normalAt(key, 0, index))),
  );
}

interface Given<T> {
  readonly constants: T;
  readonly cotangents: T;
  readonly directions: T;
}

/** A case as a function that returns the contracted value and its gradients, with its inputs. */
export interface GradientFunction {
  readonly compute: (inputs: { readonly parameters: Tensors; readonly given: Given<Tensors> }) => {
    readonly value: Tensor;
    readonly gradients: Tensors;
  };
  /** The float inputs that are differentiated, at which the case stands. */
  readonly parameters: HostTensors;
  readonly given: Given<HostTensors>;
  readonly specs: {
    readonly parameters: { readonly [name: string]: TensorType };
    readonly given: Given<{ readonly [name: string]: TensorType }>;
  };
}

/** Sum of the products of equally named tensors, on the first device. */
function innerProduct(a: Tensors, b: Tensors): Tensor {
  const products = Object.entries(b).flatMap(([name, other]) => a[name]?.to(logicalDevice(0)).mul(other).sum() ?? []);
  return products.reduce((sum, product) => sum.add(product));
}

export function gradientFunction(testCase: ConformanceCase, precision: Precision, order: Order): GradientFunction {
  const inputs = Object.entries(hostInputs(testCase, precision));
  const isParameter = (name: string): boolean => testCase.differentiable.includes(name);
  const parameters = Object.fromEntries(inputs.filter(([name]) => isParameter(name)));
  const constants = Object.fromEntries(inputs.filter(([name]) => !isParameter(name)));
  const { graph } = trace(testCase.compute, specsOf({ ...parameters, ...constants }));
  const cotangents = Object.fromEntries(
    graph.outputs
      .map(({ name, value }) => ({ name, type: typeOf(graph, value) }))
      .filter(({ type }) => isFloat(type.dtype))
      .map(({ name, type }) => [name, draws(`${testCase.name}/cotangent/${name}`, type.shape, precision)]),
  );
  const directions = Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => [
      name,
      draws(`${testCase.name}/direction/${name}`, shape, precision),
    ]),
  );

  const contracted = (at: Tensors, given: Given<Tensors>): Tensor =>
    innerProduct(testCase.compute({ ...at, ...given.constants }), given.cotangents);
  const alongDirections = (at: Tensors, given: Given<Tensors>): Tensor =>
    innerProduct(valueAndGrad(contracted)(at, given).gradients, given.directions);
  const differentiated = valueAndGrad(order === 1 ? contracted : alongDirections);
  return {
    compute: (all) => {
      const { value, gradients } = differentiated(all.parameters, all.given);
      return { value, gradients };
    },
    parameters,
    given: { constants, cotangents, directions },
    specs: {
      parameters: specsOf(parameters),
      given: { constants: specsOf(constants), cotangents: specsOf(cotangents), directions: specsOf(directions) },
    },
  };
}

interface GradientResult {
  readonly value: number;
  readonly gradients: HostTensors;
}

export interface GradientProgram extends AsyncDisposable {
  readonly parameters: HostTensors;
  run(parameters: HostTensors): Promise<GradientResult>;
}

export async function compileGradients(
  devices: DeviceGroup,
  testCase: ConformanceCase,
  precision: Precision,
  order: Order,
): Promise<GradientProgram> {
  const { compute, parameters, given, specs } = gradientFunction(testCase, precision, order);
  const program = await compile(compute, specs, { devices });
  return {
    parameters,
    run: async (at) => {
      const { value, gradients } = await program.run({ parameters: at, given }).outputs;
      return { value: value.data[0] ?? Number.NaN, gradients };
    },
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  };
}
