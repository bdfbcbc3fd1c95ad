import type { MimeTreeNode } from './nodemailer.js';

/** A leaf of the compiled tree with the part it plays. */
export interface TreePart {
  node: MimeTreeNode;
  role: 'body' | 'alternative' | 'related' | 'attachment';
  /** Type and subtype in lower case, without parameters. */
  type: string;
  /** The Content-Type as Nodemailer will write it, without a `name` parameter. */
  contentType: string;
  /** Whether it is signed or encrypted: not a byte of it may change. */
  sealed: boolean;
}

/** What S/MIME and PGP plugins put around a message (RFC 1847, RFC 8551). A .p7m file has no smime-type. */
const SEAL = /^(multipart\/(signed|encrypted)\b|application\/(x-)?pkcs7-mime;.*\bsmime-type=)/i;

/** Lists the leaves of the tree in order, the way `MailComposer` nests them: mixed › alternative › related. */
export function listParts(root: MimeTreeNode): TreePart[] {
  const parts: TreePart[] = [];
  collect(root, 'body', false);
  return parts;

  function collect(node: MimeTreeNode, role: TreePart['role'], inside: boolean): void {
    const contentType = contentTypeOf(node);
    const end = contentType.indexOf(';');
    const type = (end < 0 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
    const sealed = inside || SEAL.test(contentType);
    // a file may be of any type; what is a multipart of the message has parts and no content
    const isLeaf = !type.startsWith('multipart/') || Boolean(node._raw) || (node.childNodes.length === 0 && node.content !== undefined);
    if (isLeaf) {
      const attached = role === 'body' && isFile(node, type, node === root);
      parts.push({ node, role: attached ? 'attachment' : role, type, contentType, sealed });
      return;
    }
    let index = 0;
    for (const child of node.childNodes) collect(child, roleOf(type, role, index++), sealed);
  }
}

/** A part that says how it is shown is a file; a message of text alone that says "inline" says no more than that it is the body. */
function isFile(node: MimeTreeNode, type: string, isWhole: boolean): boolean {
  const disposition = dispositionOf(node);
  const isBody = isWhole && disposition === 'inline' && (type === 'text/plain' || type === 'text/html') && !node.filename;
  return disposition !== undefined && !isBody;
}

function roleOf(parentType: string, parentRole: TreePart['role'], index: number): TreePart['role'] {
  if (parentType === 'multipart/alternative') return 'alternative';
  if (parentType === 'multipart/related' && index > 0) return 'related';
  return parentRole;
}

/** `inline`, `attachment` or another disposition; `undefined` where the node has none. */
export function dispositionOf(node: MimeTreeNode): string | undefined {
  const value = headerText(node, 'Content-Disposition');
  if (value === '') return node.filename ? 'attachment' : undefined;
  return value.split(';', 1)[0]?.trim().toLowerCase();
}

/** The node's Content-ID without angle brackets. */
export function contentIdOf(node: MimeTreeNode): string | undefined {
  const value = headerText(node, 'Content-ID').trim();
  return value === '' ? undefined : value.replace(/^<|>$/g, '');
}

function contentTypeOf(node: MimeTreeNode): string {
  const written = headerText(node, 'Content-Type');
  const value = written.includes('\n') ? unfold(written) : written;
  const unnamed = /name/i.test(value) ? value.replace(/;\s*name(\*\d*\*?)?\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)/gi, '') : value;
  const type = unnamed.trim() || 'application/octet-stream';
  // Nodemailer writes strings in UTF-8 and says so where that matters
  const isUtf8 = typeof node.content === 'string' && /^text\/plain\b/i.test(type) && /[\u0080-\uFFFF]/.test(node.content);
  return isUtf8 ? `${type.replace(/;\s*charset\s*=\s*("[^"]*"|[^;]*)/gi, '')}; charset=utf-8` : type;
}

/** By lines: a pattern that looks for blanks before a line end takes a square of their number. */
function unfold(value: string): string {
  return value
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join(' ');
}

function headerText(node: MimeTreeNode, key: string): string {
  const value = node._headers.find((header) => header.key === key)?.value;
  const text = typeof value === 'object' && value !== null && 'value' in value ? value.value : value;
  return typeof text === 'string' ? text : '';
}
