/** Rows on each side of the visible ones that are there already. */
const OVERSCAN = 8;

/** Which rows of a list of equally high rows are to be rendered: `from` up to, without, `to`. */
export function visibleRows(scrollTop: number, height: number, rowHeight: number, total: number): { from: number; to: number } {
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight);
  const last = Math.ceil((Math.max(0, scrollTop) + height) / rowHeight);
  const from = Math.max(0, Math.min(first, total) - OVERSCAN);
  return { from, to: Math.min(total, last + OVERSCAN) };
}

/** Where to scroll so that a row is seen whole; the same position if it is. */
export function scrollToShow(index: number, scrollTop: number, height: number, rowHeight: number): number {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop;
}
