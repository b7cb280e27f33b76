// A listing as text for people.
import type { Capabilities } from "@tandem/backend-webgpu";
import { formatBytes } from "@tandem/core";
import type { Listing, Taken } from "./machine.ts";

export function listingText(listing: Listing): string {
  const { backends, adapters, auto, environment, whyNoAdapter } = listing;
  const width = Math.max(...backends.map(({ name }) => name.length));
  const sections = [
    ["Backends", ...backends.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`)],
    adapters.length === 0
      ? ["Adapters", ...indented(whyNoAdapter ?? "none")]
      : ["Adapters", ...adapters.flatMap(adapterLines), ...adviceLines(adapters)],
    ["Where nothing is said", ...takenLines(auto)],
    ...(environment === undefined ? [] : [["As the environment is", ...takenLines(environment)]]),
  ];
  return sections.map((lines) => lines.join("\n")).join("\n\n");
}

function adapterLines(capabilities: Capabilities): readonly string[] {
  const { adapter, driver, vendor, isSoftware, limits } = capabilities;
  const rows: readonly (readonly [string, string])[] = [
    ["driver", `${driver} (${vendor})`],
    [
      "limits",
      [
        `binding ${formatBytes(limits.bindingBytes)}`,
        `buffer ${formatBytes(limits.bufferBytes)}`,
        `workgroup memory ${formatBytes(limits.workgroupBytes)}`,
        `${limits.invocations} invocations`,
        `${limits.storageBindings} bindings`,
      ].join(", "),
    ],
    ["features", featuresText(capabilities)],
  ];
  return [
    `  ${adapter}: ${isSoftware ? "software, on the CPU" : "hardware"}`,
    ...rows.map(([label, text]) => `    ${label.padEnd(8)}  ${text}`),
  ];
}

function featuresText({ f16, subgroups, timestamps, subgroupMatrices }: Capabilities): string {
  const features = [
    ...(f16 ? ["f16"] : []),
    ...(subgroups === undefined
      ? []
      : [
          subgroups.smallest === subgroups.largest
            ? `subgroups of ${subgroups.largest}`
            : `subgroups of ${subgroups.smallest} to ${subgroups.largest}`,
        ]),
    ...(timestamps ? ["timestamps"] : []),
    ...(subgroupMatrices.length === 0 ? [] : [`subgroup matrices ${subgroupMatrices.map(matrixText).join(", ")}`]),
  ];
  return features.length === 0 ? "none of f16, subgroups, timestamps, subgroup matrices" : features.join("; ");
}

function matrixText({ componentType, resultComponentType, m, n, k }: Capabilities["subgroupMatrices"][number]): string {
  return `${m}x${n}x${k} ${componentType} to ${resultComponentType}`;
}

function adviceLines(adapters: readonly Capabilities[]): readonly string[] {
  const [first] = adapters;
  if (first === undefined) return [];
  const asking = `TANDEM_DEVICES="webgpu:${first.adapter}" asks for one; a part of its name is enough.`;
  return first.isSoftware
    ? [`  ${asking}`, "  None of them is a GPU. If this machine has one, its driver was not found."]
    : [`  ${asking}`];
}

function takenLines(taken: Taken): readonly string[] {
  switch (taken.kind) {
    case "devices":
      return [`  ${taken.description}`];
    case "error":
      return indented(taken.message);
  }
}

function indented(text: string): readonly string[] {
  return text.split("\n").map((line) => `  ${line}`);
}
