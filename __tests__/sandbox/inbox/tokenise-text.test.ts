import { tokeniseText } from '../../../lib/sandbox/inbox/tokenise-text.js';

const links = (text: string) => tokeniseText(text).flatMap((token) => (token.kind === 'link' ? [token.href] : []));

describe('plain text as pieces', () => {
  it.each([
    ['see https://contoso.com/a?b=1&c=2.', ['https://contoso.com/a?b=1&c=2']],
    ['(https://contoso.com/a)', ['https://contoso.com/a']],
    ['https://contoso.com/wiki/A_(b)', ['https://contoso.com/wiki/A_(b)']],
    ['[https://contoso.com/a], and mailto:help@contoso.com!', ['https://contoso.com/a', 'mailto:help@contoso.com']],
    ['HTTP://CONTOSO.COM', ['http://contoso.com/']],
    ['javascript:alert(1) data:text/html,x vbscript:x file:///etc/passwd', []],
    ['xhttps://contoso.com', []],
    ['https://', []],
    ['"https://contoso.com"onmouseover="alert(1)', ['https://contoso.com/']],
    ['https://contoso.com/<script>alert(1)</script>', ['https://contoso.com/']],
    ['none at all', []],
  ])('%j', (text, expected) => {
    expect(links(text)).toEqual(expected);
    expect(
      tokeniseText(text)
        .map((token) => token.text)
        .join(''),
    ).toBe(text);
  });

  it('takes a long row of brackets without effort', () => {
    const text = `https://contoso.com/${')'.repeat(2000)}`;
    expect(links(text)).toEqual(['https://contoso.com/']);
  });
});
