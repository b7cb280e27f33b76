// The parameters of an architecture and how they are nested: by layer, or first by tower.
import type { LayerParameters, ParameterSpec } from "@tandem/nn";
import { plainRule } from "@tandem/nn";
import type { Architecture } from "./architecture.ts";
import { geometryOf } from "./geometry.ts";

/** The canonical nesting, of the undivided network. */
export type LayerTree<L> = { readonly [layer: string]: LayerParameters<L> };
/** Each tower's part; the classifier is whole, in tower 0. */
export type TowerTree<L> = { readonly tower0: LayerTree<L>; readonly tower1: LayerTree<L> };
export type ModelParameters<L> = LayerTree<L> | TowerTree<L>;

export function isTowerTree<L>(parameters: ModelParameters<L>): parameters is TowerTree<L> {
  return "tower1" in parameters;
}

/** Shape, initial values and rule of every parameter of the undivided network. */
export function parameterSpecs(architecture: Architecture): LayerTree<ParameterSpec> {
  const entries = geometryOf(architecture).map(({ layer, weightShape }) => {
    const weight: ParameterSpec = { shape: weightShape, initializer: layer.weight, rule: plainRule };
    const bias: ParameterSpec = {
      shape: weightShape.slice(-1),
      initializer: layer.bias,
      rule: architecture.biasRule,
    };
    return [layer.name, { weight, bias }] as const;
  });
  return Object.fromEntries(entries);
}

export function mapLayers<A, B>(
  layers: LayerTree<A>,
  change: (leaf: A, layer: string, parameter: "weight" | "bias") => B,
): LayerTree<B> {
  const entries = Object.entries(layers).map(([layer, { weight, bias }]) => {
    return [layer, { weight: change(weight, layer, "weight"), bias: change(bias, layer, "bias") }] as const;
  });
  return Object.fromEntries(entries);
}
