/** How many remote images an html asks for, so that the page can offer to load them. Counts by text: an estimate. */
export function countRemoteImages(html: string): number {
  const inTags = html.match(/\s(?:src|background|poster|srcset)\s*=\s*(?:["']\s*)?(?:https?:)?\/\//gi)?.length ?? 0;
  const inStyles = html.match(/url\(\s*(?:["']\s*)?(?:https?:)?\/\//gi)?.length ?? 0;
  return inTags + inStyles;
}
