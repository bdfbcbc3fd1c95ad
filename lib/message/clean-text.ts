/** Halves of surrogate pairs have no encoding: they become U+FFFD, as they do in bodies. */
export function wellFormed(text: string): string {
  return /[\ud800-\udfff]/.test(text) ? Buffer.from(text).toString() : text;
}

/** Text for one line of a header: line breaks and other control characters become a space each, as Nodemailer writes line breaks. */
export function oneLine(text: string): string {
  // most text needs nothing
  if (!/[^\t -~]/.test(text)) return text;
  return wellFormed(text).replace(/\r\n|(?!\t)\p{Cc}/gu, ' ');
}

/** As {@link oneLine}, for what is not encoded when it is written: some readers take U+2028 and U+2029 for line ends, too. */
export function oneStrictLine(text: string): string {
  const line = oneLine(text);
  return /[\u2028\u2029]/.test(line) ? line.replace(/[\u2028\u2029]/g, ' ') : line;
}
