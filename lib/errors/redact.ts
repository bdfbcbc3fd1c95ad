const REDACTED = '[redacted]';

/** Parameters of URLs and forms, and properties of JSON, that hold secrets: tokens, passwords, the signatures of storage services. */
const NAMES =
  'sig|signature|x-amz-signature|x-amz-security-token|x-goog-signature|token|access_token|refresh_token|id_token|auth_?token|sas_?token|' +
  'client_secret|clientsecret|client_assertion|assertion|secret|password|passwd|pwd|api_?key|apikey|subscription-key|code|authorization';

// All of these are linear: each begins with a fixed text, and what follows it ends before the next one can begin.
const PARAMETER = new RegExp(String.raw`(?<![\w-])(${NAMES})=[^&\s"'<>#;,]+`, 'gi');
const WRITTEN =
  /(?<![\w-])(client_?secret|client_assertion|password|passwd|pwd|access_token|refresh_token|id_token|api_?key):[ \t]{0,8}["']?[^\s"'<>,;[]+/gi;
const PROPERTY = new RegExp(String.raw`"(${NAMES})":\s{0,8}"[^"]*"`, 'gi');
const AUTHORIZATION = /\b(Bearer|Basic|Negotiate|NTLM)[ \t]{1,8}[\w.~+/=-]+/gi;
const HEADER = /\b((?:proxy-)?authorization|x-api-key|(?:set-)?cookie)["']?[ \t]{0,8}[:=][ \t]{0,8}[^\r\n]+/gi;
const USER = /:\/\/[^\s/?#"'<>@]{1,400}@/g;
const RUN = /[\w.~+/=-]+/g;
const KEY = 'PRIVATE KEY-----';

/**
 * Replaces secrets by `[redacted]`: those that are given, in every spelling they may have on the wire, and all that looks like one: tokens,
 * `Authorization` headers, private keys, user and password of a URL, signatures in its query.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  let result = text;
  for (const secret of secrets) for (const spelling of spellings(secret)) result = result.replaceAll(spelling, REDACTED);
  return withoutKeys(result)
    .replace(HEADER, `$1: ${REDACTED}`)
    .replace(AUTHORIZATION, `$1 ${REDACTED}`)
    .replace(PARAMETER, `$1=${REDACTED}`)
    .replace(WRITTEN, `$1: ${REDACTED}`)
    .replace(PROPERTY, `"$1":"${REDACTED}"`)
    .replace(USER, `://${REDACTED}@`)
    .replace(RUN, withoutToken);
}

/** Words of another service, as short as they are useful, on one line. */
export function redactedLabel(text: string, secrets: readonly string[] = [], longest = 120): string {
  // nobody reads more of it
  const short = redact(text.slice(0, 100_000), secrets);
  return short.replace(/\p{Cc}+/gu, ' ').slice(0, longest);
}

/** A JWT, or its beginning, wherever it stands in a run of the characters it is made of. */
function withoutToken(run: string): string {
  const at = run.indexOf('eyJ');
  if (at < 0) return run;
  const [header = '', payload] = run.slice(at).split('.', 2);
  return payload !== undefined && header.length > 6 && payload !== '' ? `${run.slice(0, at)}${REDACTED}` : run;
}

/** Everything from the line that begins a private key to the one that ends it, or to the end of the text. */
function withoutKeys(text: string): string {
  let result = '';
  let from = 0;
  for (let at = text.indexOf(KEY); at >= 0; at = text.indexOf(KEY, from)) {
    const begin = text.lastIndexOf('-----', at);
    const end = text.indexOf(KEY, at + KEY.length);
    result += `${text.slice(from, begin < from ? at : begin)}${REDACTED}`;
    from = end < 0 ? text.length : end + KEY.length;
  }
  return result + text.slice(from);
}

function spellings(secret: string): string[] {
  if (secret === '') return [];
  // a key of many lines may be shown by the line
  const lines = secret.includes('\n') ? secret.split(/[\r\n]+/).filter((line) => line.length >= 16 && !line.startsWith('-----')) : [];
  const json = JSON.stringify(secret).slice(1, -1);
  return [...new Set([secret, ...lines, json, percentEncoded(secret), formEncoded(secret)])].sort((a, b) => b.length - a.length);
}

function percentEncoded(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString());
}

/** Forms escape more than URLs: `~`, which Microsoft puts into every client secret, for one. */
function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1);
}
