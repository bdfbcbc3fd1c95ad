import { Foreign } from '../parts/bits.js';

/** Items that are there at once. */
const MOST = 200;

/** Parsed JSON to fold and unfold. */
export function JsonTree({ value, name, depth = 0 }: { value: unknown; name?: string; depth?: number }) {
  const key = name === undefined ? null : <span class="t-key">{name}: </span>;
  if (typeof value !== 'object' || value === null) {
    const kind = typeof value === 'string' ? 'string' : typeof value === 'number' ? 'number' : 'word';
    return (
      <div class="leaf">
        {key}
        <Foreign class={`t-${kind}`}>{typeof value === 'string' ? JSON.stringify(value) : String(value)}</Foreign>
      </div>
    );
  }
  const isArray = Array.isArray(value);
  const entries: [string, unknown][] = isArray ? value.map((item, index) => [String(index), item]) : Object.entries(value);
  const size = entries.length;
  if (size === 0) {
    return (
      <div class="leaf">
        {key}
        <span class="muted">{isArray ? '[]' : '{}'}</span>
      </div>
    );
  }
  return (
    <details class="branch" open={depth < 3}>
      <summary>
        {key}
        <span class="muted">{isArray ? `[${size}]` : `{${size}}`}</span>
      </summary>
      {entries.slice(0, MOST).map(([child, inner]) => (
        <JsonTree key={child} name={child} value={inner} depth={depth + 1} />
      ))}
      {size > MOST && <div class="leaf muted">… {size - MOST} more</div>}
    </details>
  );
}
