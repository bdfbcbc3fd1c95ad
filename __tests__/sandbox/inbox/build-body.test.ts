import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildBody } from '../../../lib/sandbox/inbox/body/build-body.js';
import { countRemoteImages } from '../../../lib/sandbox/inbox/body/remote-images.js';
import { root } from '../bundle.js';

const image = (contentId: string, contentType = 'image/png', content = Buffer.from('PNG')) => ({
  name: 'a.png',
  contentType,
  contentId,
  isInline: true,
  size: content.length,
  content,
});
const data = `data:image/png;base64,${Buffer.from('PNG').toString('base64')}`;

describe('the html of a mail', () => {
  it.each([
    ['<img src="cid:logo@x">', `<img src="${data}">`],
    ["<img src='CID:Logo@X'>", `<img src='${data}'>`],
    ['<img src=cid:logo@x>', `<img src=${data}>`],
    ['<td background="cid:logo%40x">', `<td background="${data}">`],
    ['<p style="background: url(cid:logo@x)">', `<p style="background: url(${data})">`],
    ['<img src="cid:other@x">', '<img src="cid:other@x">'],
    ['the acid:logo@x', 'the acid:logo@x'],
  ])('%s', (html, expected) => {
    expect(buildBody(html, [image('logo@x')])).toBe(`<base target="_blank">${expected}`);
  });

  it('inlines pictures only, and never what the name or the type would break out with', () => {
    const html = '<img src="cid:a"><img src="cid:b">';
    expect(buildBody(html, [image('a', 'text/html'), image('b', 'image/png" onerror="alert(1)')])).toBe(`<base target="_blank">${html}`);
  });

  it('does not grow without end', () => {
    const html = '<img src="cid:a">'.repeat(1000);
    expect(buildBody(html, [image('a', 'image/png', Buffer.alloc(1024 * 1024))]).length).toBeLessThan(64 * 1024 * 1024);
  });

  it.each([
    ['<!doctype html><p>', '<!doctype html><base target="_blank"><p>'],
    ['\ufeff \n<!-- a > b --><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0" "x"><html>', undefined],
    ['<?xml version="1.0"?><!doctype html><p>', '<?xml version="1.0"?><!doctype html><base target="_blank"><p>'],
    ['<p>', '<base target="_blank"><p>'],
    ['<!-- never ends', '<base target="_blank"><!-- never ends'],
    ['<!doctype', '<base target="_blank"><!doctype'],
  ])('opens its links outside, standards mode or not: %j', (html, expected) => {
    const body = buildBody(html, []);
    if (expected !== undefined) expect(body).toBe(expected);
    else expect(body).toMatch(/DTD XHTML 1\.0" "x"><base target="_blank"><html>$/);
  });

  it('takes a long hostile beginning in no time', () => {
    const html = '<!---->'.repeat(200_000) + ' '.repeat(200_000);
    expect(buildBody(html, []).length).toBe(html.length + 22);
  });

  it('is asked for how many remote images it has', () => {
    const html =
      '<img src="https://a/b"><img src=//c/d><img src="data:x"><td background="http://e"><p style="x: url(https://f)"><a href="https://g">';
    expect(countRemoteImages(html)).toBe(4);
  });
});

it('mailparser makes no html out of text here: its textAsHtml has been an injection (nodemailer/mailparser 412)', () => {
  const sources = readdirSync(join(root, 'lib/sandbox'), { recursive: true, encoding: 'utf8' }).filter((path) => /\.tsx?$/.test(path));
  expect(sources.length).toBeGreaterThan(80);
  const using = sources.filter((path) => readFileSync(join(root, 'lib/sandbox', path), 'utf8').includes('textAsHtml'));
  expect(using).toEqual([]);
  expect(readFileSync(join(root, 'lib/sandbox/mail/mime-content.ts'), 'utf8')).toContain('skipTextToHtml: true');
});
