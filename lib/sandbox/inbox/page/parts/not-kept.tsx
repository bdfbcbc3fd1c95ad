import { Notice } from './bits.js';

/** Instead of what the sandbox did not keep. */
export function NotKept() {
  return (
    <Notice>
      Only sizes are kept of the content: the sandbox runs with <code>keepContent: false</code>. Without that option it is shown here.
    </Notice>
  );
}
