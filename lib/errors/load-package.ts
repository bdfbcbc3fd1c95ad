import { GraphTransportError } from './graph-transport-error.js';
import { safeCause } from './safe-cause.js';

/**
 * Loads a package that only some messages need.
 *
 * @param name of the package, for the error
 * @param load the `import()` itself: written out where it is needed, so that bundlers see it
 * @param needed a name it has: what bundles and Node.js make of a CommonJS package may have all of them under `default` only
 * @throws {GraphTransportError} `ECONFIG`, permanent, with the real reason
 */
export async function loadPackage<T extends object>(name: string, load: () => Promise<T>, needed: keyof T & string): Promise<T> {
  let candidate: unknown;
  try {
    candidate = await load();
  } catch (error) {
    throw loadError(name, error);
  }
  // a bundle of a bundle has two of them
  for (let depth = 0; depth < 3; depth++) {
    if (has(candidate, needed)) return candidate as T;
    candidate = has(candidate, 'default') ? candidate.default : undefined;
  }
  throw loadError(name, new Error(`it has no ${needed}`));
}

/**
 * Loads a part of this library that not every program needs. What a bundle left behind is found out here.
 *
 * @param load the `import()` itself
 * @throws {GraphTransportError} `ECONFIG`, permanent, with the real reason
 */
export async function loadPart<T extends object>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    const cause = safeCause(error);
    const hint = 'Deploy every file that the bundler has written, or keep the package external; see docs/bundlers.md.';
    throw new GraphTransportError(
      'ECONFIG',
      `a part of nodemailer-graph-transport cannot be loaded: ${cause.message.replace(/[.]?$/, '.')} ${hint}`,
      { permanent: true, hint, cause },
    );
  }
}

function has<K extends string>(value: unknown, name: K): value is Record<K, unknown> {
  return (
    ((typeof value === 'object' && value !== null) || typeof value === 'function') && (value as Record<string, unknown>)[name] !== undefined
  );
}

function loadError(name: string, error: unknown): GraphTransportError {
  const cause = safeCause(error);
  const hint =
    'It is installed with nodemailer-graph-transport: in a bundle, keep both as external packages or see docs/bundlers.md; else install again.';
  return new GraphTransportError('ECONFIG', `the package ${name} cannot be loaded: ${cause.message.replace(/[.]?$/, '.')} ${hint}`, {
    permanent: true,
    hint,
    cause,
  });
}
