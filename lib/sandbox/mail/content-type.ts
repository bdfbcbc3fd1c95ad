const types: Record<string, string> = {
  csv: 'text/csv',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  eml: 'message/rfc822',
  gif: 'image/gif',
  htm: 'text/html',
  html: 'text/html',
  ics: 'text/calendar',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  json: 'application/json',
  pdf: 'application/pdf',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  xml: 'text/xml',
  zip: 'application/zip',
};

/** The type Exchange keeps of a file: without parameters (`method=REQUEST` is gone), and from the name where the client gave none. */
export function fileContentType(given: unknown, name: string): string {
  const type = typeof given === 'string' ? (given.split(';', 1)[0] ?? '').trim() : '';
  return type === '' ? guessContentType(name) : type;
}

/** Exchange takes the type from the name where the client gave none. */
function guessContentType(name: string): string {
  return types[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream';
}
