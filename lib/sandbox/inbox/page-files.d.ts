/** A file of the page, as a server sends it with `Content-Encoding: gzip`. */
export interface PageFile {
  /** Content-Type. */
  readonly type: string;
  /** Base64 of the gzipped content. */
  readonly gzip: string;
}

/** Every file of the page by path below its address: `index.html`, which names `app.js` and `app.css`, and what these load from `assets/`. */
export declare const pageFiles: Readonly<Record<string, PageFile>>;
