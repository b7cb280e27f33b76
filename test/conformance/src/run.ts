// Running cases: their inputs as host tensors in one precision or the other, and their results.
import { type DeviceGroup, evaluate, type HostTensor, hostTensor, spec, type TensorType } from "@tandem/core";
import type { ConformanceCase, Tensors } from "./case.ts";
import { elementsOf } from "./inputs.ts";

/** What the inputs called `float` are. */
export type Precision = "f32" | "f64";
export type HostTensors = { readonly [name: string]: HostTensor };

export function hostInputs({ name, inputs }: ConformanceCase, precision: Precision): HostTensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, input]) => [
      key,
      hostTensor(input.dtype === "float" ? precision : input.dtype, input.shape, elementsOf(input, `${name}/${key}`)),
    ]),
  );
}

export function specsOf(tensors: HostTensors): { readonly [name: string]: TensorType } {
  return Object.fromEntries(Object.entries(tensors).map(([key, { dtype, shape }]) => [key, spec(dtype, shape)]));
}

export function forward(
  devices: DeviceGroup,
  { compute, ...rest }: ConformanceCase,
  precision: Precision,
): Promise<HostTensors> {
  const inputs = hostInputs({ compute, ...rest }, precision);
  return evaluate<HostTensors, Tensors>(compute, inputs, { devices });
}
