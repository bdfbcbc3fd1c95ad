/** The bytes of a body or an attachment. Can be read as often as needed, so that a failed attempt can be repeated. */
export interface ContentSource {
  /** Bytes. */
  readonly size: number;
  bytes(): Promise<Buffer>;
  /** The bytes read as UTF-8. */
  text(): Promise<string>;
  /**
   * At most `length` bytes from `start` on, fewer only at the end, in pieces. A piece may be overwritten as soon as the next one is
   * asked for. What has changed since its size was taken throws before the last piece.
   */
  pieces(start: number, length: number): AsyncIterable<Buffer>;
  /** Removes what was put aside for it. */
  dispose(): Promise<void>;
}
