// esbuild makes a file of every set of modules that the same entries lead to: dozens of small ones, and each takes its time to be found
// and read. Here whatever leads to a part of a group leads to all of it, so that a group becomes one file.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

/**
 * @param options of the build that it is for, with `splitting`
 * @param heads modules that bring a group each: all they import at once, but what is in a group before
 * @returns a plugin for that build
 */
export async function groups(options, heads) {
  const { metafile } = await build({ ...options, write: false, metafile: true });
  const importsOf = (path, kind) =>
    metafile.inputs[path].imports.filter((one) => one.kind === kind && !one.external).map((one) => one.path);
  const reach = (start) => {
    const reached = new Set([start]);
    for (const path of reached) for (const next of importsOf(path, 'import-statement')) reached.add(next);
    return reached;
  };
  const taken = new Set();
  const members = heads.map((head) => {
    const own = [...reach(head)].filter((path) => !taken.has(path));
    for (const path of own) taken.add(path);
    return { head, own };
  });
  const entries = new Set([...options.entryPoints, ...Object.keys(metafile.inputs).flatMap((path) => importsOf(path, 'dynamic-import'))]);
  const needs = new Map(
    [...entries].map((entry) => {
      const reached = reach(entry);
      return [join(process.cwd(), entry), members.filter(({ head, own }) => head !== entry && own.some((path) => reached.has(path)))];
    }),
  );
  return {
    name: 'groups',
    setup({ onLoad, onResolve }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const added = needs.get(path)?.map(({ head }) => `\nimport 'group:${head}';`) ?? [];
        return added.length > 0 ? { contents: readFileSync(path, 'utf8') + added.join(''), loader: 'ts' } : undefined;
      });
      onResolve({ filter: /^group:/ }, ({ path }) => ({ path: join(process.cwd(), path.slice('group:'.length)) }));
    },
  };
}
