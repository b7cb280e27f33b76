// Host data as part of a program: copied to the device once, when the program is loaded.
import type { HostTensor } from "../host-tensor.ts";
import type { Tensor } from "../tensor.ts";
import { currentBuilder } from "../trace-context.ts";
import { DEFAULT_DEVICE } from "../type.ts";

/** The elements of a host tensor; what changes between runs is an input instead. */
export function constant(tensor: HostTensor, device: string = DEFAULT_DEVICE): Tensor {
  const { dtype, shape, data } = tensor;
  return currentBuilder().constant(data.slice(), { dtype, shape, device });
}
