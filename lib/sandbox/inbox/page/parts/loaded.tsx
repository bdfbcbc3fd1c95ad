import type { ComponentChildren } from 'preact';
import { Notice } from './bits.js';
import type { Resource } from './use-resource.js';

/** What was loaded, or why it is not there. */
export function Loaded<T>({ resource, children }: { resource: Resource<T>; children: (data: T) => ComponentChildren }) {
  const { data, failure } = resource;
  if (data !== undefined) return <>{children(data)}</>;
  if (failure?.status === 404) return <Notice>{failure.message}</Notice>;
  if (failure) return <Notice tone="bad">{failure.message}</Notice>;
  return (
    <p class="notice" aria-busy="true">
      Loading …
    </p>
  );
}
