// A device in a thread or a process of its own, as the thread that uses it sees it: the same interface, over messages.
import type { Capabilities } from "@tandem/backend-webgpu";
import type { Backend, DeviceLimits, DeviceProgram, Executable, MemoryUse, SlotReservation } from "@tandem/core";
import { knownBackends, type OpenDevice } from "../backends.ts";
import type { Channel } from "./channel.ts";
import { Connection } from "./connection.ts";
import type { DeviceInput, DeviceTraits } from "./protocol.ts";

/** Opens a device at the other end of the channel, which ends with the device. */
export async function openRemoteDevice(channel: Channel, input: DeviceInput): Promise<OpenDevice> {
  const connection = new Connection(`${input.backend}:${input.index}`, channel);
  try {
    const traits = await connection.ask("open", { input });
    return new RemoteDevice(connection, knownBackends[input.backend].backendOf(traits.capabilities), traits);
  } catch (error) {
    await connection.stop();
    throw error;
  }
}

class RemoteDevice implements OpenDevice {
  readonly name: string;
  readonly backend: Backend;
  readonly limits: DeviceLimits;
  readonly capabilities?: Capabilities;
  readonly #connection: Connection;
  #isOpen = true;

  constructor(connection: Connection, backend: Backend, { limits, capabilities }: DeviceTraits) {
    this.name = connection.name;
    this.backend = backend;
    this.limits = limits;
    if (capabilities !== undefined) this.capabilities = capabilities;
    this.#connection = connection;
  }

  reserve(slots: readonly SlotReservation[]): Promise<void> {
    return this.#connection.ask("reserve", { slots });
  }

  release(slots: readonly number[]): Promise<void> {
    return this.#connection.ask("release", { slots });
  }

  write(slot: number, data: ArrayBufferView): void {
    const copy = new Uint8Array(data.byteLength);
    copy.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    this.#connection.write({ kind: "write", slot, data: copy });
  }

  read(slot: number, bytes: number): Promise<ArrayBuffer> {
    return this.#connection.ask("read", { slot, bytes });
  }

  async load(program: DeviceProgram): Promise<Executable> {
    const executable = await this.#connection.ask("load", { program });
    return {
      submit: (segment, bindings) => this.#connection.ask("submit", { executable, segment, bindings }),
      [Symbol.dispose]: () => {
        this.#connection.ask("unload", { executable }).catch(() => undefined);
      },
    };
  }

  memoryUse(): Promise<MemoryUse> {
    return this.#connection.ask("memoryUse", {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#connection.ask("close", {}).catch(() => undefined);
    await this.#connection.stop();
  }
}
