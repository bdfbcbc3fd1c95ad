// what JSX becomes; esbuild puts the import in front of every file (scripts/build-page.mjs)
export { Fragment, h } from 'preact';
