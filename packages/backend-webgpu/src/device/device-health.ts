// Whether a device still works. What breaks it once rejects every call that is running and every later one: after that nobody
// knows what its memory holds.
import { BackendError, DeviceLostError, TandemError } from "@tandem/core";

type Failure =
  | { readonly kind: "lost"; readonly message: string }
  | { readonly kind: "invalid"; readonly message: string }
  | { readonly kind: "closed" };

export class DeviceHealth {
  readonly #name: string;
  readonly #running = new Set<() => void>();
  #failure: Failure | undefined;

  constructor(name: string, device: GPUDevice) {
    this.#name = name;
    device.addEventListener("uncapturederror", (event) => {
      event.preventDefault();
      this.fail({ kind: "invalid", message: event.error.message });
    });
    device.lost.then(({ message }) => this.fail({ kind: "lost", message }));
  }

  /** The first failure counts; those that follow come of it. */
  fail(failure: Failure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    for (const reject of [...this.#running]) reject();
    this.#running.clear();
  }

  /** Throws what `activity`, such as `reading slot 3`, has to reject with on a device that no longer works. */
  require(activity: string): void {
    if (this.#failure !== undefined) throw this.#error(this.#failure, activity);
  }

  /** What `work` resolves to. Rejects with a BackendError as soon as the device fails, and where `work` itself fails. */
  async guard<T>(activity: string, work: () => Promise<T>): Promise<T> {
    this.require(activity);
    let stopWatching = (): void => undefined;
    const failed = new Promise<never>((_, reject) => {
      const abort = (): void => reject(new Error("the device failed"));
      this.#running.add(abort);
      stopWatching = () => this.#running.delete(abort);
    });
    try {
      const result = await Promise.race([work(), failed]);
      this.require(activity);
      return result;
    } catch (cause) {
      // Dawn rejects a lost device's calls before it says that the device is lost.
      await new Promise((resolve) => setTimeout(resolve, 0));
      this.require(activity);
      if (cause instanceof TandemError) throw cause;
      throw new BackendError(`${this.#name}: ${activity} failed`, { cause });
    } finally {
      stopWatching();
    }
  }

  #error(failure: Failure, activity: string): BackendError {
    switch (failure.kind) {
      case "lost":
        return new DeviceLostError(`${this.#name} was lost while ${activity}: ${failure.message}`, {
          hint: "what it held is gone: open the devices again and go on from the last checkpoint",
        });
      case "invalid":
        return new BackendError(`${this.#name} failed, found while ${activity}: ${failure.message}`);
      case "closed":
        return new BackendError(`${this.#name} was closed before ${activity}`);
    }
  }
}
