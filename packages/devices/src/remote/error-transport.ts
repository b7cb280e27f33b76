// Errors across threads: structured cloning keeps their message and loses their class.
import {
  BackendError,
  DeviceError,
  DeviceLostError,
  DonationError,
  DTypeError,
  type ErrorLocation,
  MemoryError,
  ShapeError,
  TandemError,
  UsageError,
} from "@tandem/core";

/** Plain data that an error can be rebuilt from. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly cause?: PackedError;
  /** Of Tandem's own errors. */
  readonly tandem?: { readonly summary: string; readonly hint?: string; readonly location?: ErrorLocation };
  /** Of a MemoryError. */
  readonly memory?: { readonly device: string; readonly neededBytes: number; readonly availableBytes: number };
}

const classes: ReadonlyMap<string, typeof TandemError> = new Map<string, typeof TandemError>(
  Object.entries({
    BackendError,
    DeviceError,
    DeviceLostError,
    DonationError,
    DTypeError,
    ShapeError,
    TandemError,
    UsageError,
  }),
);

export function packError(error: unknown): PackedError {
  if (!(error instanceof Error)) return { name: "Error", message: String(error), stack: undefined };
  const { name, message, stack } = error;
  return {
    name,
    message,
    stack,
    ...(error.cause !== undefined && { cause: packError(error.cause) }),
    ...(error instanceof TandemError && {
      tandem: {
        summary: error.summary,
        ...(error.hint !== undefined && { hint: error.hint }),
        ...(error.location !== undefined && { location: error.location }),
      },
    }),
    ...(error instanceof MemoryError && {
      memory: { device: error.device, neededBytes: error.neededBytes, availableBytes: error.availableBytes },
    }),
  };
}

/** The error again: the same class, message, hint, cause, and the stack of where it was thrown. */
export function unpackError(packed: PackedError): Error {
  const { name, message, stack, tandem, memory } = packed;
  const options = {
    ...(packed.cause !== undefined && { cause: unpackError(packed.cause) }),
    ...(tandem?.hint !== undefined && { hint: tandem.hint }),
  };
  const Known = classes.get(name);
  let error: Error;
  if (memory !== undefined) {
    error = new MemoryError(memory.device, memory.neededBytes, memory.availableBytes, options);
  } else if (tandem !== undefined && Known !== undefined) {
    error = new Known(tandem.summary, options, tandem.location);
  } else {
    error = new Error(message, options);
    error.name = name;
  }
  if (stack !== undefined) error.stack = stack;
  return error;
}
