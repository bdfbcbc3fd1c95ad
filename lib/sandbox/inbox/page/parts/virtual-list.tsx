import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { cameByHistory, route, wantsListFocus } from '../state/route.js';
import type { RowList } from '../state/row-list.js';
import { count } from '../text/format.js';
import { Button } from './bits.js';
import { scrollToShow, visibleRows } from './window.js';

interface VirtualListProps<Row extends { id: string; seq: number }> {
  list: RowList<Row>;
  label: string;
  rowHeight: number;
  selectedId: string | null;
  hrefOf: (row: Row) => string;
  render: (row: Row) => JSX.Element;
  /** Of one waiting row, such as 'new mail'. */
  noun: string;
}

/** Rows of equal height of which only those in sight exist. The arrow keys move between them, Enter opens. */
export function VirtualList<Row extends { id: string; seq: number }>(props: VirtualListProps<Row>) {
  const { list, label, rowHeight, selectedId, hrefOf, render, noun } = props;
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 800 });
  const [active, setActive] = useState<string | undefined>();
  // the row that gets the focus as soon as it is there
  const focusNext = useRef(-1);
  const [, setTurn] = useState(0);
  void list.version.value;
  const total = list.total.value;

  const activeIndex = active === undefined ? -1 : list.indexOf(active);
  const selectedIndex = selectedId === null ? -1 : list.indexOf(selectedId);
  // the row one can reach by Tab
  const stop = activeIndex >= 0 ? activeIndex : Math.max(0, selectedIndex);
  const { from, to } = visibleRows(view.top, view.height, rowHeight, total);

  const measure = (): void => {
    const element = box.current;
    if (!element) return;
    list.isAtTop = element.scrollTop < rowHeight / 2;
    if (list.isAtTop) list.admit();
    setView({ top: element.scrollTop, height: element.clientHeight });
  };

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => {
      observer.disconnect();
      list.isAtTop = true;
    };
  }, [list]);

  useEffect(() => void list.need(from, to), [list, from, to, list.version.value]);

  const show = (index: number): void => {
    const element = box.current;
    if (element) element.scrollTop = scrollToShow(index, element.scrollTop, element.clientHeight, rowHeight);
  };

  const focusRow = (index: number): void => {
    const row = list.at(index);
    show(index);
    if (row) setActive(row.id);
    else void list.need(index, index + 1).then(() => setActive((old) => list.at(index)?.id ?? old));
    focusNext.current = index;
    // also where the row is the active one already
    setTurn((turn) => turn + 1);
  };

  useLayoutEffect(() => {
    if (focusNext.current < 0) return;
    const link = box.current?.querySelector<HTMLAnchorElement>(`[data-index="${focusNext.current}"] a`);
    if (!link) return;
    focusNext.current = -1;
    link.focus({ preventScroll: true });
  });

  // the row that is open is seen, and after Back it has the focus
  useEffect(() => {
    if (selectedIndex < 0) return;
    show(selectedIndex);
    const { id } = list.at(selectedIndex) ?? {};
    setActive(id);
    if (cameByHistory.peek() && document.activeElement === document.body) focusNext.current = selectedIndex;
  }, [selectedId, selectedIndex >= 0]);

  const previous = useRef(selectedId);
  useEffect(() => {
    const left = previous.current;
    previous.current = selectedId;
    const index = left === null ? -1 : list.indexOf(left);
    // back from the message to its row
    if (selectedId === null && index >= 0) focusRow(index);
    else if (cameByHistory.peek() && selectedIndex >= 0) focusRow(selectedIndex);
  }, [selectedId, route.value]);

  const isWanted = wantsListFocus.value && total > 0;
  useEffect(() => {
    if (!isWanted) return;
    wantsListFocus.value = false;
    // who went elsewhere meanwhile stays there
    if (document.activeElement === document.body) focusRow(stop);
  }, [isWanted]);

  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const page = Math.max(1, Math.floor(view.height / rowHeight) - 1);
    const targets: Partial<Record<string, number>> = {
      ArrowDown: stop + 1,
      ArrowUp: stop - 1,
      PageDown: stop + page,
      PageUp: stop - page,
      Home: 0,
      End: total - 1,
    };
    const target = targets[event.key];
    if (target === undefined || total === 0) return;
    event.preventDefault();
    focusRow(Math.min(total - 1, Math.max(0, target)));
  };

  const indexes = [];
  if (stop < from && stop < total) indexes.push(stop);
  for (let index = from; index < to; index++) indexes.push(index);
  if (stop >= to && stop < total) indexes.push(stop);

  const waiting = list.waiting.value.length;
  return (
    <div class="list-box">
      {waiting > 0 && (
        <div class="pill">
          <Button
            kind="primary"
            icon="up"
            onClick={() => {
              if (box.current) box.current.scrollTop = 0;
              list.admit();
            }}
          >
            {count(waiting, noun)}
          </Button>
        </div>
      )}
      <div class="scroller" ref={box} onScroll={measure} onKeyDown={onKeyDown}>
        <ul role="list" aria-label={label} style={{ blockSize: `${total * rowHeight}px` }}>
          {indexes.map((index) => {
            const row = list.at(index);
            return (
              <li
                key={row?.id ?? index}
                data-index={index}
                aria-setsize={total}
                aria-posinset={index + 1}
                style={{ insetBlockStart: `${index * rowHeight}px`, blockSize: `${rowHeight}px` }}
              >
                {row ? (
                  <a
                    class="row"
                    href={hrefOf(row)}
                    tabIndex={index === stop ? 0 : -1}
                    aria-current={row.id === selectedId ? 'true' : undefined}
                    onFocus={() => setActive(row.id)}
                  >
                    {render(row)}
                  </a>
                ) : (
                  <span class="row loading" aria-busy="true" />
                )}
              </li>
            );
          })}
        </ul>
      </div>
    </div>
  );
}
