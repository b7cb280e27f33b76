// When the transfers of one run were sent and received, told to whoever watches as soon as both are known.
import { operand } from "./op.ts";
import type { Span, TransferWatch } from "./profile.ts";
import type { Program } from "./program.ts";

export class TransferTimes {
  readonly #program: Program;
  readonly #deviceNames: readonly string[];
  readonly #watch: TransferWatch;
  readonly #sent = new Map<number, Span>();
  readonly #received = new Map<number, Span>();

  /** `deviceNames[n]` is the name of the program's device n. */
  constructor(program: Program, deviceNames: readonly string[], watch: TransferWatch) {
    this.#program = program;
    this.#deviceNames = deviceNames;
    this.#watch = watch;
  }

  /** `computed` settles when the sender has the value, which it has from the start where there is none; `data` when the host has it. */
  send(transfer: number, computed: Promise<unknown> | undefined, data: Promise<unknown>): void {
    const { now } = this.#watch;
    const asked = now();
    const hasValue = computed === undefined ? Promise.resolve(asked) : computed.then(now);
    const note = async (): Promise<void> => {
      const [start, end] = await Promise.all([hasValue, data.then(now)]);
      // The news that a value exists may come later than the value itself.
      this.#sent.set(transfer, { start: Math.min(start, end), end });
      this.#tell(transfer);
    };
    // Whoever runs the program is told of what fails; there is then nothing to measure.
    note().catch(() => undefined);
  }

  /** The receiver is about to take the value. What is returned is to be called when it has. */
  receive(transfer: number): () => void {
    const start = this.#watch.now();
    return () => {
      this.#received.set(transfer, { start, end: this.#watch.now() });
      this.#tell(transfer);
    };
  }

  #tell(transfer: number): void {
    const [sent, received] = [this.#sent.get(transfer), this.#received.get(transfer)];
    if (sent === undefined || received === undefined) return;
    const { from, to, scope, bytes } = operand(this.#program.transfers, transfer);
    const [sender, receiver] = [operand(this.#deviceNames, from), operand(this.#deviceNames, to)];
    this.#watch.record({ transfer, from: sender, to: receiver, scope, bytes, sent, received });
  }
}
