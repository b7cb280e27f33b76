// What the doctor says of one thing.
export interface Finding {
  /** fine; `absent`: something does not work that others do not need; `wrong`: nothing should be trusted before it is right. */
  readonly state: "fine" | "absent" | "wrong";
  readonly subject: string;
  /** One line, or several. */
  readonly text: string;
}

const marks: Readonly<Record<Finding["state"], string>> = { fine: "ok", absent: "--", wrong: "WRONG" };

/** `ok     node: 20.20.2`, later lines below the first one's text. */
export function findingText({ state, subject, text }: Finding): string {
  const head = `${marks[state].padEnd(7)}${subject}: `;
  return head + text.split("\n").join(`\n${" ".repeat(9)}`);
}
