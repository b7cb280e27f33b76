// Typed errors that say what was expected, what was found, where, and what to do.
import { formatTensorType, type TensorType } from "./type.ts";

export interface ErrorOptions {
  /** What the user can do about it. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Where an operation was being traced: what a located error prints below its first line. */
export interface ErrorLocation {
  readonly op: string;
  readonly scope: string;
  readonly device: string | undefined;
  readonly operands: readonly { readonly role: string; readonly type: TensorType; readonly origin: string }[];
}

/** Base of all errors that Tandem throws on purpose. */
export class TandemError extends Error {
  readonly summary: string;
  readonly hint: string | undefined;
  readonly location: ErrorLocation | undefined;

  constructor(summary: string, options: ErrorOptions = {}, location?: ErrorLocation) {
    super(compose(summary, options.hint, location), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.summary = summary;
    this.hint = options.hint;
    this.location = location;
  }

  /** The same error, saying which operation of which scope it arose in. */
  at(location: ErrorLocation): TandemError {
    if (this.location !== undefined) return this;
    const Located = this.constructor as typeof TandemError;
    return new Located(
      this.summary,
      { ...(this.hint !== undefined && { hint: this.hint }), cause: this.cause },
      location,
    );
  }
}

/** Shapes that do not fit together. */
export class ShapeError extends TandemError {}
/** Element types that do not fit together. */
export class DTypeError extends TandemError {}
/** Values on different devices, or a device that does not exist. */
export class DeviceError extends TandemError {}
/** State used after it was donated, or donated under other types. */
export class DonationError extends TandemError {}
/** More memory planned than a device has; thrown before anything runs. */
export class MemoryError extends TandemError {
  readonly device: string;
  readonly neededBytes: number;
  readonly availableBytes: number;

  constructor(device: string, neededBytes: number, availableBytes: number, options: ErrorOptions = {}) {
    super(
      `${device} needs ${formatBytes(neededBytes)} for this program, and has ${formatBytes(availableBytes)}`,
      options,
    );
    this.device = device;
    this.neededBytes = neededBytes;
    this.availableBytes = availableBytes;
  }

  override at(): TandemError {
    return this;
  }
}
/** An operation that a backend cannot run, or that failed while running. */
export class BackendError extends TandemError {}
/** A device that is gone, with everything it held: a driver that was reset, a GPU that was unplugged. It has to be opened again. */
export class DeviceLostError extends BackendError {}
/** A function traced, compiled or called in a way that has no meaning. */
export class UsageError extends TandemError {}

function compose(summary: string, hint: string | undefined, location: ErrorLocation | undefined): string {
  const lines = [location === undefined ? summary : `${location.op}: ${summary}`];
  const rows: [string, string][] = [];
  if (location !== undefined) {
    const device = location.device === undefined ? "" : ` (${location.device})`;
    rows.push(["in", `${location.scope === "" ? "the top level" : location.scope}${device}`]);
    const typeWidth = Math.max(0, ...location.operands.map(({ type }) => formatTensorType(type).length));
    for (const { role, type, origin } of location.operands) {
      rows.push([role, `${formatTensorType(type).padEnd(typeWidth)}   from ${origin}`]);
    }
  }
  if (hint !== undefined) rows.push(["try", hint]);
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  return [...lines, ...rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}`)].join("\n");
}

/** Bytes in the unit a reader expects: 512 B, 1.5 MiB, 4.00 GiB. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let size = bytes;
  let unit = 0;
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? size : size.toPrecision(3)} ${units[unit]}`;
}
