/** A file of the page, as a server sends it with `Content-Encoding: gzip`. */
export interface PageFile {
  /** Content-Type. */
  readonly type: string;
  /** Base64 of the gzipped content. */
  readonly gzip: string;
}

/** The files of the page by path below its address: `index.html`, which names the others, `app.js`, `app.css` and, loaded on demand, `assets/caniemail.json`. */
export declare const pageFiles: Readonly<Record<'index.html' | 'app.js' | 'app.css' | 'assets/caniemail.json', PageFile>>;
