// From TANDEM_BACKEND and TANDEM_DEVICES to a list of devices, and a line that says why these.
import { operand, UsageError } from "@tandem/core";
import { automaticChoice, type BackendName, backendNames, isBackendName } from "./backends.ts";

export interface DeviceEnvironment {
  /** `auto` (the default), or the name of a backend. */
  readonly TANDEM_BACKEND?: string | undefined;
  /** How many devices, or which: `2`, `tfjs:0,tfjs:1`. By default one for each core, and at most the paper's two. */
  readonly TANDEM_DEVICES?: string | undefined;
}

export interface ChosenDevice {
  readonly backend: BackendName;
  readonly index: number;
}

export interface DeviceChoice {
  readonly devices: readonly ChosenDevice[];
  /** One line for the user. */
  readonly description: string;
}

const DEFAULT_MOST_DEVICES = 2;
const MOST_DEVICES = 64;

/** Throws UsageError for names and counts that have no meaning. */
export function chooseDevices(environment: DeviceEnvironment, cores: number): DeviceChoice {
  const request = given(environment.TANDEM_BACKEND) ?? "auto";
  const devices = given(environment.TANDEM_DEVICES);
  if (request !== "auto" && !isBackendName(request)) throw unknownBackend("TANDEM_BACKEND", request, ["auto"]);
  if (devices !== undefined && !/^\d+$/.test(devices)) {
    const listed = devices.split(",").map(parseDevice);
    checkList(listed, request);
    return { devices: listed, description: `${namesOf(listed)} (TANDEM_DEVICES=${devices})` };
  }
  const { name, reason } =
    request === "auto"
      ? { ...operand(automaticChoice, 0), reason: `TANDEM_BACKEND=auto: ${operand(automaticChoice, 0).reason}` }
      : { name: request, reason: `TANDEM_BACKEND=${request}` };
  const count = devices === undefined ? Math.min(cores, DEFAULT_MOST_DEVICES) : parseCount(devices);
  const chosen = Array.from({ length: count }, (_, index) => ({ backend: name, index }));
  const reasons = [reason, devices === undefined ? countReason(cores) : `TANDEM_DEVICES=${devices}`];
  return { devices: chosen, description: `${namesOf(chosen)} (${reasons.join("; ")})` };
}

export function nameOf({ backend, index }: ChosenDevice): string {
  return `${backend}:${index}`;
}

function namesOf(devices: readonly ChosenDevice[]): string {
  return devices.map(nameOf).join(", ");
}

function countReason(cores: number): string {
  return cores < DEFAULT_MOST_DEVICES ? "one core" : `${cores} cores`;
}

/** An empty variable is one that is not set. */
function given(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === "" ? undefined : trimmed;
}

function parseCount(text: string): number {
  const count = Number(text);
  if (count >= 1 && count <= MOST_DEVICES) return count;
  throw new UsageError(`TANDEM_DEVICES=${text} is not a number of devices from 1 to ${MOST_DEVICES}`);
}

function parseDevice(text: string): ChosenDevice {
  const [, name, index] = /^\s*([\w-]+):(\d+)\s*$/.exec(text) ?? [];
  if (name === undefined || index === undefined) {
    throw new UsageError(`TANDEM_DEVICES names "${text.trim()}", which is not a device`, {
      hint: `give a count, or a list such as ${backendNames.map((backend) => `${backend}:0`).join(",")}`,
    });
  }
  if (!isBackendName(name)) throw unknownBackend("TANDEM_DEVICES", name);
  return { backend: name, index: Number(index) };
}

function checkList(devices: readonly ChosenDevice[], request: "auto" | BackendName): void {
  const names = devices.map(nameOf);
  const repeated = names.find((name, position) => names.indexOf(name) !== position);
  if (repeated !== undefined) throw new UsageError(`TANDEM_DEVICES names ${repeated} twice`);
  const stranger = devices.find(({ backend }) => request !== "auto" && backend !== request);
  if (stranger !== undefined) {
    throw new UsageError(`TANDEM_DEVICES names ${nameOf(stranger)}, but TANDEM_BACKEND is ${request}`, {
      hint: "leave TANDEM_BACKEND out where TANDEM_DEVICES names backends",
    });
  }
}

function unknownBackend(variable: string, name: string, others: readonly string[] = []): UsageError {
  return new UsageError(`${variable} names the backend "${name}", which does not exist`, {
    hint: `the known ones are ${[...others, ...backendNames].join(", ")}`,
  });
}
