// What follows from an architecture: the shape of every value and parameter, and what a layer costs. Computed, never listed.
import {
  convolvedShape,
  elementCount,
  pooledShape,
  type Shape,
  ShapeError,
  TandemError,
  UsageError,
} from "@tandem/core";
import type { Architecture, ConvolutionLayer, ConvolutionStage, Layer, LinearLayer } from "./architecture.ts";

export interface LayerGeometry {
  readonly layer: Layer;
  /** Canonical: [height, width, channels seen, maps] or [inputs, units]. */
  readonly weightShape: Shape;
  /** Without the batch axis: of the multiplication, and of each stage after it. */
  readonly outputShape: Shape;
  readonly stageShapes: readonly Shape[];
  readonly parameters: number;
  /** Of one picture, forward. */
  readonly multiplyAdds: number;
  /** Outputs of the multiplication: what the paper counts as neurons. */
  readonly neurons: number;
}

/** Hidden layers in order, then the classifier. Throws ShapeError where a picture becomes too small, or maps do not divide. */
export function geometryOf(architecture: Architecture): readonly LayerGeometry[] {
  const { height, width, channels } = architecture.input;
  const all: LayerGeometry[] = [];
  let shape: Shape = [height, width, channels];
  for (const layer of [...architecture.layers, architecture.classifier]) {
    const geometry = locateErrors(architecture, layer, () => layerGeometry(architecture, layer, shape));
    all.push(geometry);
    shape = geometry.stageShapes.at(-1) ?? geometry.outputShape;
  }
  return all;
}

function layerGeometry(architecture: Architecture, layer: Layer, input: Shape): LayerGeometry {
  const size = layer.kind === "convolution" ? layer.maps : layer.units;
  const columns = layer === architecture.classifier ? 1 : architecture.columns;
  if (!Number.isInteger(size) || size < columns || size % columns !== 0) {
    throw new ShapeError(
      `${size} ${layer.kind === "convolution" ? "maps" : "units"} do not divide into ${columns} columns`,
    );
  }
  const shapes = layer.kind === "convolution" ? convolutionShapes(layer, input, columns) : linearShapes(layer, input);
  const neurons = elementCount(shapes.outputShape);
  const inputsOfNeuron = elementCount(shapes.weightShape.slice(0, -1));
  return {
    layer,
    ...shapes,
    parameters: elementCount(shapes.weightShape) + size,
    multiplyAdds: neurons * inputsOfNeuron,
    neurons,
  };
}

type LayerShapes = Pick<LayerGeometry, "weightShape" | "outputShape" | "stageShapes">;

function convolutionShapes(layer: ConvolutionLayer, input: Shape, columns: number): LayerShapes {
  const [, , channels] = input;
  if (channels === undefined) throw new UsageError("a convolution cannot follow a fully connected layer");
  const groups = layer.sees === "own" ? columns : 1;
  const weightShape = [layer.kernel, layer.kernel, channels / groups, layer.maps];
  const [, ...outputShape] = convolvedShape([1, ...input], weightShape, {
    strides: [layer.stride, layer.stride],
    padding: layer.padding,
    dilations: [1, 1],
    groups,
    accumulate: "f32",
  });
  const stageShapes: Shape[] = [];
  let shape: Shape = outputShape;
  for (const stage of layer.stages) {
    shape = shapeAfter(stage, shape);
    stageShapes.push(shape);
  }
  return { weightShape, outputShape, stageShapes };
}

function shapeAfter(stage: ConvolutionStage, input: Shape): Shape {
  if (stage.kind !== "pool") return input;
  const { window, stride, padding } = stage;
  return pooledShape([1, ...input], { window: [window, window], strides: [stride, stride], padding }).slice(1);
}

function linearShapes(layer: LinearLayer, input: Shape): LayerShapes {
  const outputShape = [layer.units];
  return {
    weightShape: [elementCount(input), layer.units],
    outputShape,
    stageShapes: layer.stages.map(() => outputShape),
  };
}

function locateErrors<R>(architecture: Architecture, layer: Layer, body: () => R): R {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof TandemError)) throw error;
    const { height, width } = architecture.input;
    throw new ShapeError(`${architecture.name}: ${layer.name}: ${error.summary}`, {
      hint: `pictures are ${height}x${width}: take larger ones, or other sizes for ${layer.name} and the layers before it`,
      cause: error,
    });
  }
}
