import { announcement, toasts } from '../state/toasts.js';
import { Foreign } from './bits.js';

export function Toasts() {
  return (
    <>
      <div class="sr" role="status" aria-live="polite" id="announcement">
        {announcement.value}
      </div>
      <div class="toasts">
        {toasts.value.map(({ id, text, isError, action }) => (
          <div key={id} class={`toast${isError ? ' bad' : ''}`} role={isError ? 'alert' : undefined}>
            <Foreign>{text}</Foreign>
            {action && (
              <button type="button" class="button" onClick={action.run}>
                {action.label}
              </button>
            )}
          </div>
        ))}
      </div>
    </>
  );
}
