// One training step of AlexNet as the paper has it: forward, backward and update.
import { type Graph, spec, type TensorsOf, trace, valueAndGrad } from "@tandem/core";
import { alexnet, type Precision } from "@tandem/models";
import { sgd } from "@tandem/nn";

const BATCH = 128;

export interface StepOptions {
  readonly towers: 1 | 2;
  readonly precision: Precision;
}

/** As it is traced; its inputs whose names start with `state.` are state. */
export function alexnetStep({ towers, precision }: StepOptions): Graph {
  const model = alexnet({ recipe: "paper", towers, classes: 1000, precision });
  const optimizer = sgd({ momentum: 0.9, weightDecay: 0.0005, ruleOf: model.ruleOf });
  const { height, width, channels } = model.architecture.input;
  const specs = {
    state: optimizer.specs(model.types),
    batch: { images: spec("f32", [BATCH, height, width, channels]), labels: spec("i32", [BATCH]) },
    learningRate: spec("f32", []),
    random: { seed: spec("u32", []), step: spec("u32", []) },
  };
  const step = ({ state, batch, learningRate, random }: TensorsOf<typeof specs>) => {
    const { value, gradients } = valueAndGrad(model.loss)(state.parameters, batch, { training: true, random });
    return { state: optimizer.update(state, gradients, learningRate), loss: value };
  };
  return trace(step, specs, ["state"]).graph;
}
