// A model as a table: layers, shapes, parameters, multiply-adds and neurons, all computed from the architecture.
import type { Shape } from "@tandem/core";
import type { Layer } from "./architecture.ts";
import { geometryOf, type LayerGeometry } from "./geometry.ts";
import type { Model } from "./model.ts";

/** What the paper prints in section 3.5. Its number for the first layer is not 55 x 55 x 96. */
const PAPER_NEURONS: Readonly<Record<string, number>> = {
  conv1: 253_440,
  conv2: 186_624,
  conv3: 64_896,
  conv4: 64_896,
  conv5: 43_264,
  fc6: 4096,
  fc7: 4096,
  fc8: 1000,
};

const COLUMNS = ["layer", "kernel", "sees", "output", "then", "parameters", "multiply-adds", "neurons"] as const;
const RIGHT_ALIGNED: ReadonlySet<string> = new Set(["parameters", "multiply-adds", "neurons"]);

/** The table as text, one layer a line, with totals and with what the paper says differently. */
export function describe(model: Model): string {
  const { architecture, towers } = model;
  const { height, width, channels } = architecture.input;
  const layers = geometryOf(architecture);
  const title =
    `${architecture.name}: pictures ${height}x${width}x${channels}, ${architecture.classifier.units} classes, ` +
    `${counted(architecture.columns, "column")} on ${counted(towers, "device")}`;
  const total = ["total", "", "", "", "", thousands(parameterCount(model)), millions(multiplyAddCount(model)), ""];
  return [
    title,
    ...aligned([[...COLUMNS], ...layers.map((layer) => row(layer, architecture.columns)), total]),
    ...neuronNotes(layers),
  ].join("\n");
}

/** Of the undivided network. */
export function parameterCount({ architecture }: Model): number {
  return geometryOf(architecture).reduce((sum, { parameters }) => sum + parameters, 0);
}

/** Of one picture, forward. */
export function multiplyAddCount({ architecture }: Model): number {
  return geometryOf(architecture).reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0);
}

function row(geometry: LayerGeometry, columns: number): string[] {
  const { layer, outputShape, stageShapes, parameters, multiplyAdds, neurons } = geometry;
  return [
    layer.name,
    layer.kind === "convolution" ? kernel(layer) : "",
    whatIsSeen(layer, columns),
    times(outputShape),
    stageNames(layer, outputShape, stageShapes),
    thousands(parameters),
    millions(multiplyAdds),
    thousands(neurons),
  ];
}

function whatIsSeen(layer: Layer, columns: number): string {
  if (layer.kind === "linear") return "all";
  if (layer.sees === "image") return "picture";
  if (columns === 1) return "all maps";
  return layer.sees === "own" ? "own column" : "both columns";
}

function kernel({ kernel: side, stride }: Extract<Layer, { kind: "convolution" }>): string {
  return stride === 1 ? `${side}x${side}` : `${side}x${side} / ${stride}`;
}

function stageNames({ stages }: Layer, outputShape: Shape, stageShapes: readonly Shape[]): string {
  const names = stages.map(({ name }) => name).join(", ");
  const last = stageShapes.at(-1) ?? outputShape;
  return times(last) === times(outputShape) ? names : `${names} -> ${times(last)}`;
}

/** Where the paper's count of neurons differs from the full-size network's, if that is what this is. */
function neuronNotes(layers: readonly LayerGeometry[]): string[] {
  const differing = layers.filter(({ layer, neurons }) => PAPER_NEURONS[layer.name] !== neurons);
  const isFullSize = layers.length === Object.keys(PAPER_NEURONS).length && differing.length === 1;
  if (!isFullSize) return [];
  return differing.map(({ layer, neurons, outputShape }) => {
    const printed = PAPER_NEURONS[layer.name] ?? 0;
    return `The paper prints ${thousands(printed)} neurons for ${layer.name}; ${outputShape.join(" x ")} is ${thousands(neurons)}.`;
  });
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? "").length)));
  return rows.map((cells) =>
    COLUMNS.map((heading, column) => {
      const [cell, width] = [cells[column] ?? "", widths[column] ?? 0];
      return RIGHT_ALIGNED.has(heading) ? cell.padStart(width) : cell.padEnd(width);
    })
      .join("  ")
      .trimEnd(),
  );
}

function times(shape: Shape): string {
  return shape.join("x");
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function thousands(count: number): string {
  return count.toLocaleString("en-US");
}

function millions(count: number): string {
  return `${(count / 1e6).toFixed(count < 1e5 ? 3 : 1)} M`;
}
