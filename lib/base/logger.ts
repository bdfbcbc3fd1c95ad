/** A bunyan-style logger: each level takes an entry such as `{ tnx: 'send', messageId }`, a message with `%s` and what belongs there. */
export interface Logger {
  trace(entry: object, message?: string, ...args: unknown[]): void;
  debug(entry: object, message?: string, ...args: unknown[]): void;
  info(entry: object, message?: string, ...args: unknown[]): void;
  warn(entry: object, message?: string, ...args: unknown[]): void;
  error(entry: object, message?: string, ...args: unknown[]): void;
  fatal(entry: object, message?: string, ...args: unknown[]): void;
}
