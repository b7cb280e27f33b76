// What is measured, as plain data that every contender understands, whatever its language.

/** c = a b for c [m, n]; a transposed operand lies in memory as [k, m] or [n, k]. */
export interface MatmulTask {
  readonly kind: "matmul";
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

export type ConvolutionPass = "forward" | "input gradient" | "filter gradient";

/** Zeros before and after, on both axes alike. */
export type SymmetricAxes = readonly [number, number];

/** Square pictures and kernels. */
export interface ConvolutionTask {
  readonly kind: "convolution";
  readonly pass: ConvolutionPass;
  readonly batch: number;
  /** Side of the pictures, before padding. */
  readonly size: number;
  readonly channels: number;
  readonly maps: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: SymmetricAxes;
  readonly groups: number;
}

export interface StepConvolution {
  readonly kind: "convolution";
  readonly maps: number;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: SymmetricAxes;
  readonly groups: number;
  /** x / (k + alpha * sum of `size` squares)^beta across neighbouring maps of one of the layer's columns. */
  readonly normalization: {
    readonly columns: number;
    readonly size: number;
    readonly k: number;
    readonly alpha: number;
    readonly beta: number;
  } | null;
  readonly pool: { readonly window: number; readonly stride: number; readonly padding: SymmetricAxes } | null;
}

export interface StepLinear {
  readonly kind: "linear";
  readonly units: number;
  readonly relu: boolean;
  /** Rate. */
  readonly dropout: number;
}

/** One step of training: forward, backward, SGD with momentum and weight decay. Each convolution is followed by a ReLU. */
export interface StepTask {
  readonly kind: "step";
  readonly batch: number;
  readonly size: number;
  readonly channels: number;
  readonly layers: readonly (StepConvolution | StepLinear)[];
  readonly update: { readonly learningRate: number; readonly momentum: number; readonly weightDecay: number };
}

export type OperationTask = MatmulTask | ConvolutionTask;
export type Task = OperationTask | StepTask;

/** Side of a convolution's result. */
export function convolvedSize({ size, kernel, stride, padding }: Omit<ConvolutionTask, "kind" | "pass">): number {
  return Math.floor((size + padding[0] + padding[1] - kernel) / stride) + 1;
}

/** A multiply-add counts as two; zeros of the padding count too. */
export function flopsOf(task: OperationTask): number {
  if (task.kind === "matmul") return 2 * task.m * task.k * task.n;
  const { batch, maps, channels, groups, kernel } = task;
  return 2 * batch * maps * convolvedSize(task) ** 2 * (channels / groups) * kernel ** 2;
}

/** As a row is headed: `32 x 9216 x 4096`, `27x27x96 -> 256, 5x5, 2 groups`. */
export function shapeText(task: OperationTask): string {
  if (task.kind === "matmul") {
    const { m, k, n, transposeA, transposeB } = task;
    return `${m} x ${k} x ${n}${transposeA ? ", a transposed" : ""}${transposeB ? ", b transposed" : ""}`;
  }
  const { size, channels, maps, kernel, stride, groups, batch } = task;
  const rest = [
    `${kernel}x${kernel}`,
    ...(stride > 1 ? [`stride ${stride}`] : []),
    ...(groups > 1 ? [`${groups} groups`] : []),
  ];
  return `${batch} x ${size}x${size}x${channels} -> ${maps}, ${rest.join(", ")}`;
}
