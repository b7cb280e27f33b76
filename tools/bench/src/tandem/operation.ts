// One operation as a program that users could write: operands and result are state, so that nothing crosses to the host.
import {
  compile,
  conv2d,
  conv2dFilterGradient,
  conv2dInputGradient,
  type DeviceGroup,
  elementCount,
  type HostTensor,
  hostTensor,
  matmul,
  type Shape,
  segmentsOf,
  spec,
  type Tensor,
  UsageError,
} from "@tandem/core";
import { convolvedSize, flopsOf, type OperationTask, type SymmetricAxes, shapeText } from "../task.ts";

interface Operation {
  readonly operands: readonly [Shape, Shape];
  readonly result: Shape;
  apply(a: Tensor, b: Tensor): Tensor;
}

/** The task's operands, result, and what leads from the ones to the other. */
function operationOf(task: OperationTask): Operation {
  if (task.kind === "matmul") {
    const { m, k, n, transposeA, transposeB } = task;
    return {
      operands: [transposeA ? [k, m] : [m, k], transposeB ? [n, k] : [k, n]],
      result: [m, n],
      apply: (a, b) => matmul(a, b, { transposeA, transposeB }),
    };
  }
  const { batch, size, channels, maps, kernel, stride, groups } = task;
  const side = convolvedSize(task);
  const input = [batch, size, size, channels];
  const filter = [kernel, kernel, channels / groups, maps];
  const output = [batch, side, side, maps];
  const [before, after] = task.padding;
  const padding: readonly [SymmetricAxes, SymmetricAxes] = [
    [before, after],
    [before, after],
  ];
  const options = { strides: stride, padding, groups };
  const attributes = {
    strides: [stride, stride],
    padding,
    dilations: [1, 1],
    groups,
    accumulate: "f32",
  } as const;
  switch (task.pass) {
    case "forward":
      return { operands: [input, filter], result: output, apply: (x, w) => conv2d(x, w, options) };
    case "input gradient":
      return {
        operands: [output, filter],
        result: input,
        apply: (dy, w) => conv2dInputGradient(dy, w, input, attributes),
      };
    case "filter gradient":
      return {
        operands: [input, output],
        result: filter,
        apply: (x, dy) => conv2dFilterGradient(x, dy, filter, attributes),
      };
  }
}

export interface PreparedOperation extends AsyncDisposable {
  /** The ops that the compiler made of it, in order. */
  readonly ops: readonly string[];
  run(): Promise<unknown>;
}

/** Compiles the task and places operands from -0.5 to 0.5. Throws UsageError if the compiler found less to do than the task says. */
export async function prepareOperation(task: OperationTask, devices: DeviceGroup): Promise<PreparedOperation> {
  const { operands, result, apply } = operationOf(task);
  const specs = {
    operands: [spec("f32", operands[0]), spec("f32", operands[1])] as const,
    result: spec("f32", result),
  };
  const compiled = await compile(({ operands: [a, b] }) => ({ result: apply(a, b) }), specs, {
    devices,
    borrow: ["operands"],
    donate: ["result"],
  });
  const steps = compiled.program.devices.flatMap(segmentsOf).flat();
  requireWork(
    task,
    steps.reduce((sum, { flops }) => sum + flops, 0),
  );
  const placed = await devices.place([randomTensor(operands[0]), randomTensor(operands[1])] as const);
  let state = await devices.place(hostTensor("f32", result, 0));
  return {
    ops: steps.map(({ op }) => op),
    run() {
      const { state: next, outputs } = compiled.run({ operands: placed, result: state });
      state = next.result;
      return outputs;
    },
    [Symbol.asyncDispose]: () => compiled[Symbol.asyncDispose](),
  };
}

function requireWork(task: OperationTask, flops: number): void {
  if (flops >= flopsOf(task)) return;
  throw new UsageError(`the program for ${shapeText(task)} has ${flops} FLOPs, expected at least ${flopsOf(task)}`, {
    hint: "the compiler found the operation to be unnecessary: measure it some other way",
  });
}

function randomTensor(shape: Shape): HostTensor {
  return hostTensor(
    "f32",
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => Math.random() - 0.5),
  );
}
