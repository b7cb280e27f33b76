// TANDEM_DEVICES as a list of devices: what each part of it names.
//
//   list      = device { "," device }
//   device    = backend [ ":" ( number | part of an adapter's name ) ] [ "{" variable { "," variable } "}" ]
//   variable  = NAME "=" value
import { UsageError } from "@tandem/core";
import { type BackendName, backendNames, isBackendName, knownBackends } from "../backends.ts";
import type { AdapterSelector } from "./adapters.ts";

export interface ListedDevice {
  readonly backend: BackendName;
  /** Which of the backend's devices, or a device of which adapter; the next device where nothing is said. */
  readonly selector: { readonly kind: "next" } | AdapterSelector;
  /** What the environment of a process of its own says; no process of its own where there is nothing. */
  readonly variables?: Readonly<Record<string, string>>;
}

const VARIABLE = "TANDEM_DEVICES";

/** Throws UsageError for everything that is not in the grammar above, and for backends that do not exist. */
export function parseDeviceList(text: string): readonly ListedDevice[] {
  return partsOf(text).map(parseDevice);
}

/** The text between commas that stand outside braces, and outside the parentheses that some adapters have in their names. */
function partsOf(text: string): readonly string[] {
  const parts = [""];
  let isInBraces = false;
  let parentheses = 0;
  for (const character of text) {
    if (character === "," && !isInBraces && parentheses === 0) {
      parts.push("");
      continue;
    }
    if (character === "(" && !isInBraces) parentheses += 1;
    if (character === ")" && !isInBraces) parentheses -= 1;
    if (parentheses < 0) throw malformed(text, "a parenthesis closes that never opened");
    if (character === "{" && isInBraces) throw malformed(text, "a brace opens inside braces");
    if (character === "}" && !isInBraces) throw malformed(text, "a brace closes that never opened");
    if (character === "{" || character === "}") isInBraces = character === "{";
    parts.push(`${parts.pop() ?? ""}${character}`);
  }
  if (isInBraces) throw malformed(text, "a brace is not closed");
  if (parentheses > 0) throw malformed(text, "a parenthesis is not closed");
  return parts.map((part) => part.trim());
}

function parseDevice(part: string): ListedDevice {
  if (part === "") throw malformed(part, "there is nothing between two commas, or beside one");
  const [, named = "", braced, rest = ""] = /^([^{]*)(?:\{([^}]*)\}(.*))?$/s.exec(part) ?? [];
  if (rest !== "") throw malformed(part, `"${rest.trim()}" follows its braces`);
  const colon = named.indexOf(":");
  const backend = (colon < 0 ? named : named.slice(0, colon)).trim();
  if (!isBackendName(backend)) throw unknownBackend(VARIABLE, backend);
  const selector =
    colon < 0 ? ({ kind: "next" } as const) : parseSelector(part, backend, named.slice(colon + 1).trim());
  return braced === undefined ? { backend, selector } : { backend, selector, variables: parseVariables(part, braced) };
}

function parseSelector(part: string, backend: BackendName, text: string): AdapterSelector {
  if (text === "") throw malformed(part, "a number or the name of an adapter is missing after the colon");
  if (/^\d+$/.test(text)) return { kind: "number", number: Number(text) };
  if (knownBackends[backend].computesOn === "adapter") return { kind: "name", name: text };
  throw malformed(part, `devices of ${backend} go by number, not by the name "${text}"`);
}

function parseVariables(part: string, text: string): Readonly<Record<string, string>> {
  const variables = new Map<string, string>();
  for (const assignment of text.split(",").map((piece) => piece.trim())) {
    const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined || value === undefined) throw malformed(part, `"${assignment}" is not NAME=VALUE`);
    if (name.startsWith("TANDEM_")) throw malformed(part, `${name} counts for all devices and cannot differ for one`);
    if (variables.has(name)) throw malformed(part, `${name} is set twice`);
    variables.set(name, value);
  }
  return Object.fromEntries(variables);
}

function malformed(part: string, problem: string): UsageError {
  return new UsageError(`${VARIABLE} is not a list of devices: ${problem}${part === "" ? "" : `, in "${part}"`}`, {
    hint: "give a count, or a list such as webgpu:0,wasm:0 or webgpu:NVIDIA,webgpu{DRI_PRIME=pci-0000_65_00_0}",
  });
}

export function unknownBackend(variable: string, name: string, others: readonly string[] = []): UsageError {
  return new UsageError(`${variable} names the backend "${name}", which does not exist`, {
    hint: `the known ones are ${[...others, ...backendNames].join(", ")}`,
  });
}
