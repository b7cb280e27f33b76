// What a Chrome trace is made of, as far as profiles need it.

interface Row {
  /** Number of the device. */
  readonly pid: number;
  /** Number of the row among those of the device. */
  readonly tid: number;
}

/** Times in microseconds. */
export type TraceEvent = Row &
  (
    | {
        readonly ph: "X";
        readonly name: string;
        readonly cat: string;
        readonly ts: number;
        readonly dur: number;
        readonly args: Readonly<Record<string, number | string>>;
      }
    /** An arrow begins, or ends, at the slice that is on the row at that time. */
    | { readonly ph: "s"; readonly id: number; readonly name: string; readonly cat: string; readonly ts: number }
    | {
        readonly ph: "f";
        readonly bp: "e";
        readonly id: number;
        readonly name: string;
        readonly cat: string;
        readonly ts: number;
      }
    | {
        readonly ph: "M";
        readonly name: "process_name" | "thread_name";
        readonly args: { readonly name: string };
      }
  );
