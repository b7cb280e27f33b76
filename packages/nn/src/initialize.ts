// Initial values, drawn on the host from counter-based streams: they depend on the seed and on the parameter's name and on nothing
// else, so a network starts the same on every backend and however its parameters are spread over devices.
import { deriveKey, elementCount, type HostTensor, hostTensor, type MapTree, mapTree, normalAt } from "@tandem/core";
import { isParameterSpec, type ParameterSpec } from "./parameter.ts";

/** f32 tensors nested as `specs` are. The names in `specs` choose the streams: pass the canonical tree. */
export function initialize<T>(specs: T, seed: number): MapTree<T, ParameterSpec, HostTensor> {
  return mapTree(specs, isParameterSpec, (spec, name) => initialValue(spec, name, seed));
}

function initialValue({ shape, initializer }: ParameterSpec, name: string, seed: number): HostTensor {
  switch (initializer.kind) {
    case "constant":
      return hostTensor("f32", shape, initializer.value);
    case "normal":
      return normalTensor(shape, initializer.sigma, seed, name);
    case "he":
      return normalTensor(shape, Math.sqrt(2 / elementCount(shape.slice(0, -1))), seed, name);
  }
}

function normalTensor(shape: readonly number[], sigma: number, seed: number, name: string): HostTensor {
  const key = deriveKey(seed, 0, name);
  const data = new Float32Array(elementCount(shape));
  for (let element = 0; element < data.length; element++) data[element] = sigma * normalAt(key, 0, element);
  return hostTensor("f32", shape, data);
}
