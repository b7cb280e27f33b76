// The tasks that a network consists of, read off its architecture.
import { operand, type Padding, UsageError } from "@tandem/core";
import { type Architecture, type ConvolutionLayer, geometryOf, type LinearLayer, recipes } from "@tandem/models";
import type {
  ConvolutionPass,
  ConvolutionTask,
  MatmulTask,
  OperationTask,
  StepConvolution,
  StepLinear,
  StepTask,
  SymmetricAxes,
} from "./task.ts";

export interface NamedTask<T extends OperationTask = OperationTask> {
  readonly name: string;
  readonly task: T;
}

/** Squares that every library is measured with. */
export function squareMatmuls(sides: readonly number[]): readonly NamedTask<MatmulTask>[] {
  return sides.map((side) => ({
    name: `square ${side}`,
    task: { kind: "matmul", m: side, k: side, n: side, transposeA: false, transposeB: false },
  }));
}

/** The products of each fully connected layer: forward, gradient of the input, gradient of the weights. */
export function linearMatmuls(architecture: Architecture, batch: number): readonly NamedTask<MatmulTask>[] {
  return geometryOf(architecture).flatMap(({ layer, weightShape }) => {
    if (layer.kind !== "linear") return [];
    const [inputs, units] = [operand(weightShape, 0), operand(weightShape, 1)];
    const product = (m: number, k: number, n: number, transposed?: "a" | "b"): MatmulTask => ({
      kind: "matmul",
      m,
      k,
      n,
      transposeA: transposed === "a",
      transposeB: transposed === "b",
    });
    return [
      { name: `${layer.name} forward`, task: product(batch, inputs, units) },
      { name: `${layer.name} input gradient`, task: product(batch, units, inputs, "b") },
      { name: `${layer.name} weight gradient`, task: product(inputs, batch, units, "a") },
    ];
  });
}

/** Each convolution with its two gradients; nobody asks for the gradient of the pictures. */
export function convolutions(architecture: Architecture, batch: number): readonly NamedTask<ConvolutionTask>[] {
  let [size, channels] = [architecture.input.height, architecture.input.channels];
  return geometryOf(architecture).flatMap(({ layer, outputShape, stageShapes }, position) => {
    if (layer.kind !== "convolution") return [];
    const sizes = { batch, size, channels, ...convolutionSizes(architecture, layer) };
    const after = stageShapes.at(-1) ?? outputShape;
    [size, channels] = [operand(after, 0), operand(after, 2)];
    const passes: readonly ConvolutionPass[] = ["forward", "input gradient", "filter gradient"];
    return passes
      .filter((pass) => position > 0 || pass !== "input gradient")
      .map((pass) => ({ name: `${layer.name} ${pass}`, task: { kind: "convolution", pass, ...sizes } as const }));
  });
}

/** A training step of the network as the paper's recipe updates it. Throws UsageError for stages that have no place in a task. */
export function stepTask(architecture: Architecture, batch: number): StepTask {
  const { learningRate, momentum, weightDecay } = recipes.paper.training;
  return {
    kind: "step",
    batch,
    size: architecture.input.height,
    channels: architecture.input.channels,
    layers: [...architecture.layers, architecture.classifier].map((layer) =>
      layer.kind === "convolution" ? stepConvolution(architecture, layer) : stepLinear(layer),
    ),
    update: { learningRate, momentum, weightDecay },
  };
}

/** Of one step, a multiply-add counted as two: the multiplications of all passes, without the gradient of the pictures. */
export function stepFlops(architecture: Architecture, batch: number): number {
  const forward = geometryOf(architecture).map(({ multiplyAdds }) => 2 * batch * multiplyAdds);
  return 3 * forward.reduce((sum, flops) => sum + flops, 0) - operand(forward, 0);
}

function convolutionSizes(
  { columns }: Architecture,
  { maps, kernel, stride, padding, sees }: ConvolutionLayer,
): Pick<ConvolutionTask, "maps" | "kernel" | "stride" | "padding" | "groups"> {
  return { maps, kernel, stride, padding: sameOnBothAxes(padding), groups: sees === "own" ? columns : 1 };
}

function sameOnBothAxes([rows, columns]: Padding): SymmetricAxes {
  if (rows[0] !== columns[0] || rows[1] !== columns[1]) {
    throw new UsageError(`padding ${JSON.stringify([rows, columns])} differs between height and width`);
  }
  return [rows[0], rows[1]];
}

function stepConvolution(architecture: Architecture, layer: ConvolutionLayer): StepConvolution {
  let step: StepConvolution = {
    kind: "convolution",
    ...convolutionSizes(architecture, layer),
    normalization: null,
    pool: null,
  };
  for (const stage of layer.stages) {
    if (stage.kind === "responseNormalization") {
      const { size, k, alpha, beta, within } = stage;
      const columns = within === "column" ? architecture.columns : 1;
      step = { ...step, normalization: { columns, size, k, alpha, beta } };
    } else if (stage.kind === "pool" && stage.method === "max") {
      const { window, stride, padding } = stage;
      step = { ...step, pool: { window, stride, padding: sameOnBothAxes(padding) } };
    } else if (stage.kind !== "activation" || stage.function !== "relu") {
      throw new UsageError(`${stage.name} has no place among what peers are asked to run`);
    }
  }
  return step;
}

function stepLinear({ units, stages }: LinearLayer): StepLinear {
  const dropout = stages.find((stage) => stage.kind === "dropout")?.rate ?? 0;
  return { kind: "linear", units, relu: stages.some((stage) => stage.kind === "activation"), dropout };
}
