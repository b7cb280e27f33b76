// The fluent handle on a value of the graph being traced. It holds no data: `x.mul(2).add(y)` records nodes.
import type { DType } from "./dtype.ts";
import type { ValueId } from "./graph.ts";
import type { GraphBuilder } from "./graph-builder.ts";
import type { Axes } from "./ops/axis.ts";
import type { Conv2dOptions } from "./ops/convolution.ts";
import type { TensorOrNumber } from "./ops/elementwise.ts";
import * as ops from "./ops/index.ts";
import type { MatmulOptions } from "./ops/matmul.ts";
import type { LocalResponseNormalizationOptions } from "./ops/normalization.ts";
import type { PoolOptions } from "./ops/pooling.ts";
import type { ReduceOptions } from "./ops/reduce.ts";
import type { Shape } from "./shape.ts";
import { formatTensorType, type TensorType } from "./type.ts";

export class Tensor {
  readonly builder: GraphBuilder;
  readonly id: ValueId;

  constructor(builder: GraphBuilder, id: ValueId) {
    this.builder = builder;
    this.id = id;
  }

  get type(): TensorType {
    return this.builder.typeOf(this.id);
  }
  get dtype(): DType {
    return this.type.dtype;
  }
  get shape(): Shape {
    return this.type.shape;
  }
  get device(): string {
    return this.type.device;
  }

  toString(): string {
    return `%${this.id}: ${formatTensorType(this.type)} on ${this.device}`;
  }

  /** This value on another device. */
  to(device: string): Tensor {
    return ops.transfer(this, device);
  }
  cast(dtype: DType): Tensor {
    return ops.cast(this, dtype);
  }

  neg(): Tensor {
    return ops.neg(this);
  }
  abs(): Tensor {
    return ops.abs(this);
  }
  exp(): Tensor {
    return ops.exp(this);
  }
  log(): Tensor {
    return ops.log(this);
  }
  sqrt(): Tensor {
    return ops.sqrt(this);
  }
  rsqrt(): Tensor {
    return ops.rsqrt(this);
  }
  square(): Tensor {
    return ops.square(this);
  }
  tanh(): Tensor {
    return ops.tanh(this);
  }
  sigmoid(): Tensor {
    return ops.sigmoid(this);
  }
  relu(): Tensor {
    return ops.relu(this);
  }
  clamp(low: number, high: number): Tensor {
    return ops.clamp(this, low, high);
  }

  add(other: TensorOrNumber): Tensor {
    return ops.add(this, other);
  }
  sub(other: TensorOrNumber): Tensor {
    return ops.sub(this, other);
  }
  mul(other: TensorOrNumber): Tensor {
    return ops.mul(this, other);
  }
  div(other: TensorOrNumber): Tensor {
    return ops.div(this, other);
  }
  pow(other: TensorOrNumber): Tensor {
    return ops.pow(this, other);
  }
  minimum(other: TensorOrNumber): Tensor {
    return ops.minimum(this, other);
  }
  maximum(other: TensorOrNumber): Tensor {
    return ops.maximum(this, other);
  }
  equal(other: TensorOrNumber): Tensor {
    return ops.equal(this, other);
  }
  notEqual(other: TensorOrNumber): Tensor {
    return ops.notEqual(this, other);
  }
  less(other: TensorOrNumber): Tensor {
    return ops.less(this, other);
  }
  lessEqual(other: TensorOrNumber): Tensor {
    return ops.lessEqual(this, other);
  }
  greater(other: TensorOrNumber): Tensor {
    return ops.greater(this, other);
  }
  greaterEqual(other: TensorOrNumber): Tensor {
    return ops.greaterEqual(this, other);
  }
  /** With this bool tensor as the condition. */
  where(ifTrue: TensorOrNumber, ifFalse: TensorOrNumber): Tensor {
    return ops.where(this, ifTrue, ifFalse);
  }

  sum(axes?: Axes, options?: ReduceOptions): Tensor {
    return ops.sum(this, axes, options);
  }
  mean(axes?: Axes, options?: ReduceOptions): Tensor {
    return ops.mean(this, axes, options);
  }
  max(axes?: Axes, options?: ReduceOptions): Tensor {
    return ops.max(this, axes, options);
  }
  min(axes?: Axes, options?: ReduceOptions): Tensor {
    return ops.min(this, axes, options);
  }
  argmax(axis?: number): Tensor {
    return ops.argmax(this, axis);
  }
  logSumExp(axes?: Axes, options?: ReduceOptions): Tensor {
    return ops.logSumExp(this, axes, options);
  }

  broadcastTo(shape: Shape): Tensor {
    return ops.broadcastTo(this, shape);
  }
  reshape(shape: Shape): Tensor {
    return ops.reshape(this, shape);
  }
  transpose(permutation?: readonly number[]): Tensor {
    return ops.transpose(this, permutation);
  }
  slice(starts: readonly number[], ends: readonly number[], steps?: readonly number[]): Tensor {
    return ops.slice(this, starts, ends, steps);
  }
  sliceAxis(axis: number, start: number, end: number, step?: number): Tensor {
    return ops.sliceAxis(this, axis, start, end, step);
  }
  flip(axes: number | readonly number[]): Tensor {
    return ops.flip(this, axes);
  }

  matmul(other: Tensor, options?: MatmulOptions): Tensor {
    return ops.matmul(this, other, options);
  }
  conv2d(filterHwio: Tensor, options?: Conv2dOptions): Tensor {
    return ops.conv2d(this, filterHwio, options);
  }
  maxPool2d(options: PoolOptions): Tensor {
    return ops.maxPool2d(this, options);
  }
  localResponseNormalization(options?: LocalResponseNormalizationOptions): Tensor {
    return ops.localResponseNormalization(this, options);
  }
  softmax(axis?: number): Tensor {
    return ops.softmax(this, axis);
  }
  logSoftmax(axis?: number): Tensor {
    return ops.logSoftmax(this, axis);
  }
}
