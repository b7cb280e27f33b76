// The type of a value: what its elements are, how many there are, and which device they live on.
import { bytesPerElement, type DType } from "./dtype.ts";
import { elementCount, formatShape, type Shape } from "./shape.ts";

export interface ArrayType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface TensorType extends ArrayType {
  /** Logical until devices are bound ("device:0"), a device of the program afterwards. Only `transfer` changes it. */
  readonly device: string;
}

/** The logical name of the n-th device; programs bind it to a physical one when they are compiled. */
export function logicalDevice(index: number): string {
  return `device:${index}`;
}

export const DEFAULT_DEVICE: string = logicalDevice(0);

export function byteLength(type: ArrayType): number {
  return elementCount(type.shape) * bytesPerElement(type.dtype);
}

/** For example `f32[128,27,27,96]`. */
export function formatTensorType(type: ArrayType): string {
  return `${type.dtype}${formatShape(type.shape)}`;
}

/** The type of an input of a traced function. */
export function spec(dtype: DType, shape: Shape, device: string = DEFAULT_DEVICE): TensorType {
  return { dtype, shape: [...shape], device };
}

export function isTensorType(candidate: unknown): candidate is TensorType {
  return typeof candidate === "object" && candidate !== null && "dtype" in candidate && "shape" in candidate;
}
