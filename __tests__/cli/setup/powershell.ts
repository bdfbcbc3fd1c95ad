import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { Language, Parser, type Node } from 'web-tree-sitter';

let parser: Parser | undefined;

/** Reads PowerShell with the grammar that editors use. */
export async function loadPowerShell(): Promise<void> {
  // so large a module is used for too short to be worth seconds of optimising
  setFlagsFromString('--liftoff-only');
  await Parser.init();
  parser = new Parser();
  parser.setLanguage(await Language.load(readFileSync(require.resolve('tree-sitter-powershell/tree-sitter-powershell.wasm'))));
}

/** What the grammar does not understand, with its line; empty for a well-formed script. */
export function syntaxErrors(script: string): string[] {
  const root = parser?.parse(script)?.rootNode;
  if (!root) throw new Error('call loadPowerShell() first');
  const errors: string[] = [];
  const walk = (node: Node) => {
    if (node.isError || node.isMissing) errors.push(`line ${node.startPosition.row + 1}: ${node.text.slice(0, 80)}`);
    if (node.hasError) node.children.forEach((child) => child && walk(child));
  };
  walk(root);
  return errors;
}

/** The values of the script's single-quoted strings. */
export function literalsOf(script: string): string[] {
  return nodesOf(script, 'verbatim_string_characters').map((text) =>
    text.slice(1, -1).replace(/(['\u2018-\u201b])['\u2018-\u201b]/g, '$1'),
  );
}

/** The names of the commands the script calls, in order. */
export function commandsOf(script: string): string[] {
  return nodesOf(script, 'command_name');
}

function nodesOf(script: string, type: string): string[] {
  const root = parser?.parse(script)?.rootNode;
  if (!root) throw new Error('call loadPowerShell() first');
  return root.descendantsOfType(type).flatMap((node) => (node ? [node.text] : []));
}
