/** A word of a POSIX shell that means exactly this text. */
export function quoteShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A PowerShell string that means exactly this text. PowerShell takes typographic quotes for plain ones. */
export function quotePowerShell(text: string): string {
  return `'${text.replace(/['\u2018\u2019\u201a\u201b]/g, '$&$&')}'`;
}
