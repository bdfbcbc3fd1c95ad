/** The built page as text: nothing is read from disk, so it works from any bundle. */
export interface PageAssets {
  /** `./`; refers to `./app.js` and `./app.css`, everything relative. */
  html: string;
  /** `./app.js` */
  js: string;
  /** `./app.css` */
  css: string;
  /** `./assets/{name}`, fetched by the page when it needs them (caniemail's data). */
  data: Record<string, { contentType: string; body: string }>;
}
