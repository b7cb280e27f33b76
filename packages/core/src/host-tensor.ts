// Tensors on the host: what goes into a run and what is read back.
import { type DType, type HostArray, hostArray } from "./dtype.ts";
import { DTypeError, ShapeError } from "./errors.ts";
import { elementCount, formatShape, type Shape, sameShape } from "./shape.ts";
import { type ArrayType, formatTensorType } from "./type.ts";

export interface HostTensor extends ArrayType {
  /** Row-major elements. */
  readonly data: HostArray;
}

/** Refuses f16, which no engine has an array of: such values stay on devices. `what` is named in the error. */
export function requireHostType(what: string, type: ArrayType): void {
  if (type.dtype !== "f16") return;
  throw new DTypeError(`${what} is ${formatTensorType(type)}: f16 stays on devices, the host has no array of it`, {
    hint: 'make it f32, and convert inside the compiled function: x.cast("f16") on the way in, y.cast("f32") on the way out',
  });
}

/** A host tensor over `data` (used as it is), over a copy of a list, or filled with one number. */
export function hostTensor(dtype: DType, shape: Shape, data: HostArray | readonly number[] | number): HostTensor {
  requireHostType("a host tensor", { dtype, shape });
  const count = elementCount(shape);
  if (typeof data === "number") return { dtype, shape, data: hostArray(dtype, count).fill(data) };
  if (data.length !== count) {
    throw new ShapeError(`${formatTensorType({ dtype, shape })} needs ${count} elements, found ${data.length}`);
  }
  const empty = hostArray(dtype, 0);
  if (ArrayBuffer.isView(data)) {
    if (data.constructor !== empty.constructor) {
      throw new DTypeError(`${dtype} data lives in a ${empty.constructor.name}, found a ${data.constructor.name}`);
    }
    return { dtype, shape, data: data as HostArray };
  }
  const copy = hostArray(dtype, count);
  copy.set(data);
  return { dtype, shape, data: copy };
}

export function isHostTensor(candidate: unknown): candidate is HostTensor {
  return (
    typeof candidate === "object" && candidate !== null && "data" in candidate && ArrayBuffer.isView(candidate.data)
  );
}

/** Checks a value for the input `name` against its declared type; a number stands for a scalar of that type. */
export function asInput(name: string, type: ArrayType, value: HostTensor | number): HostTensor {
  if (typeof value === "number") return hostTensor(type.dtype, type.shape.length === 0 ? [] : type.shape, value);
  if (value.dtype !== type.dtype) {
    throw new DTypeError(`input ${name} is ${formatTensorType(value)}, the program expects ${formatTensorType(type)}`);
  }
  if (!sameShape(value.shape, type.shape) || value.data.length !== elementCount(type.shape)) {
    throw new ShapeError(
      `input ${name} has shape ${formatShape(value.shape)} and ${value.data.length} elements, the program expects ${formatTensorType(type)}`,
      { hint: "shapes are static: pad the last batch, or compile a second program" },
    );
  }
  return value;
}
