enum StyleSheet {
    /// Number of colours of series and categories; further ones repeat with another mark.
    static let colours = 12

    static let css = """
        :root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;--ink:#1d2433;--soft:#5a6376;--line:#dfe2e8;--faint:#eef0f3;--accent:#0f5c8c;
        --note:#fff6dd;--note-line:#e3a008;--c0:#0072b2;--c1:#d55e00;--c2:#009e73;--c3:#cc79a7;--c4:#b8860b;--c5:#56b4e9;--c6:#7a5195;--c7:#4d5566;
        --c8:#8c564b;--c9:#b2182b;--c10:#7f9c1f;--c11:#e0218a}
        @media (prefers-color-scheme:dark){:root{--paper:#12151c;--card:#1a1f29;--ink:#e6e9ef;--soft:#9aa4b5;--line:#323a48;--faint:#232a36;--accent:#6cb8ea;
        --note:#2c2612;--note-line:#d39e1a;--c0:#4aa8e0;--c1:#f08a3c;--c2:#2fc49a;--c3:#e39cc4;--c4:#e0bb45;--c5:#8fd0f5;--c6:#b493d3;--c7:#a3acbb;--c8:#c9a094;--c9:#ef6a6a;--c10:#b5cf4a;--c11:#ff74b8}}
        *{box-sizing:border-box}
        body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        header,main,footer{max-width:68rem;margin:0 auto;padding:0 1.5rem}
        header{padding-top:3rem}
        h1{font-size:2.1rem;line-height:1.2;margin:0;letter-spacing:-.02em}
        .subtitle{color:var(--soft);font-size:1.1rem;margin:.5rem 0 0}
        nav{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;margin-top:1.4rem;padding-top:.9rem;border-top:1px solid var(--line);font-size:.92rem}
        a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
        section{margin:2.6rem 0}
        h2{font-size:1.4rem;line-height:1.3;margin:0 0 .8rem;letter-spacing:-.01em}
        p{max-width:46rem;margin:.6rem 0}
        figure{margin:1.2rem 0;padding:1.1rem 1.2rem;background:var(--card);border:1px solid var(--line);border-radius:10px}
        figcaption,caption{text-align:left;font-weight:600;margin-bottom:.7rem;padding:0}
        figcaption small{display:block;font-weight:400;color:var(--soft)}
        figure{overflow-x:auto}figure>svg{display:block;width:100%;min-width:36rem;height:auto;overflow:visible}
        svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;fill:var(--soft)}
        svg text.value{fill:var(--ink);font-weight:600}svg text.name{fill:var(--ink)}
        .grid{stroke:var(--line);stroke-width:1}.axis{stroke:var(--soft);stroke-width:1}
        .series{fill:none;stroke-width:2.2;stroke-linejoin:round;stroke-linecap:round}.whisker{stroke:var(--ink);stroke-width:1.6}
        .legend{display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:.7rem 0 0;padding:0;list-style:none;font-size:.86rem;color:var(--soft)}
        .legend li[tabindex]{cursor:pointer;border-radius:4px}.legend li[tabindex]:hover,.legend li[tabindex]:focus{color:var(--ink)}
        svg text.place{font-size:13px;font-weight:650;fill:var(--ink);stroke:var(--card);stroke-width:3.5;paint-order:stroke;stroke-linejoin:round}
        .legend svg{display:inline-block;width:14px;height:14px;vertical-align:-2px;margin-right:.35rem}
        .scroll{overflow-x:auto;margin:1.2rem 0}
        table{border-collapse:collapse;font-size:.92rem;font-variant-numeric:tabular-nums;min-width:24rem}
        th,td{padding:.42rem .9rem .42rem 0;text-align:left;border-bottom:1px solid var(--faint);vertical-align:top}
        thead th{color:var(--soft);font-weight:600;border-bottom:1px solid var(--line);white-space:nowrap}
        .right{text-align:right}td.right{white-space:nowrap}.centre{text-align:center}tr.strong td,tr.strong th{font-weight:650}
        tbody th{font-weight:inherit}
        .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.8rem;margin:1.2rem 0;padding:0}
        .cards div{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.9rem 1.1rem}
        .cards dt{color:var(--soft);font-size:.86rem}.cards dd{margin:0;font-size:1.65rem;font-weight:650;line-height:1.25;letter-spacing:-.02em;font-variant-numeric:tabular-nums}
        .cards dd small{display:block;font-size:.82rem;font-weight:400;color:var(--soft);letter-spacing:0;line-height:1.35}
        .callout{background:var(--note);border-left:4px solid var(--note-line);border-radius:6px;padding:.8rem 1.1rem;margin:1.2rem 0;max-width:none}
        .callout strong{display:block}
        details{margin-top:.8rem;font-size:.92rem}summary{cursor:pointer;color:var(--soft)}
        .journeys{list-style:none;margin:1.2rem 0;padding:0}
        .journeys>li{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.8rem 1.1rem;margin:.6rem 0}
        .journeys>li.lead{border-color:var(--accent);border-width:2px}
        .journeys h3{font-size:.95rem;margin:0 0 .4rem;display:flex;justify-content:space-between;gap:1rem}.journeys h3 span{color:var(--soft);font-weight:400;white-space:nowrap}
        .steps{display:flex;flex-wrap:wrap;gap:.35rem 0;margin:0;padding:0;list-style:none;font-size:.88rem}
        .steps li{display:flex;align-items:center}
        .steps li+li::before{content:"\\2192";color:var(--soft);margin:0 .45rem}
        .steps b{font-weight:400;background:var(--faint);border-radius:5px;padding:.08rem .5rem}
        .steps i{font-style:normal;white-space:nowrap;color:var(--soft);font-size:.8rem;margin-left:.3rem}
        .more{color:var(--soft)}
        .facts{list-style:none;margin:0 0 .6rem;padding:0;font-size:.9rem}.facts li{margin:.1rem 0}
        .sign{display:inline-block;border:2px solid;border-radius:5px;padding:0 .35rem;margin-right:.45rem;font-size:.78rem;line-height:1.45;font-weight:650;background:var(--card);white-space:nowrap}
        .steps .marked{outline:1.5px solid var(--soft)}.steps .sign{margin:0 0 0 .4rem}
        .orders{display:grid;grid-template-columns:repeat(auto-fit,minmax(14rem,1fr));gap:.2rem 2rem;font-size:.88rem}.orders h4{margin:.2rem 0;font-size:.84rem;font-weight:600;color:var(--soft)}
        .orders ol{margin:0;padding-left:1.6rem}.orders li{padding:.06rem .4rem}.orders li::marker{color:var(--soft)}.orders li>span{display:flex;justify-content:space-between;gap:1rem}
        .orders .chosen{background:var(--faint);border-radius:5px;outline:1.5px solid var(--accent);font-weight:650}.orders i{font-style:normal;color:var(--soft);font-variant-numeric:tabular-nums}
        .band{fill:var(--faint);fill-opacity:.6}.cell{fill:var(--faint)}
        .outline ul{margin:.3rem 0;padding-left:1.2rem;list-style:none}.outline>details,.outline>ul{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.6rem 1.1rem;margin:.5rem 0}
        .outline summary{color:var(--ink);font-size:1rem}.outline summary i{font-style:normal;color:var(--soft);font-size:.86rem;margin-left:.3rem}
        .outline li{margin:.7rem 0}.outline p{margin:.1rem 0}.outline code{color:var(--soft);font-size:.82rem}
        .outline .tags{display:flex;flex-wrap:wrap;gap:.3rem;padding:0;margin:.25rem 0}.outline .tags li{margin:0;padding:.02rem .5rem;border:1px solid var(--line);border-radius:999px;font-size:.8rem;color:var(--soft)}
        footer{color:var(--soft);font-size:.88rem;padding-top:1.2rem;padding-bottom:3rem;margin-top:3rem;border-top:1px solid var(--line)}
        @media print{body{background:#fff}figure,.cards div,.journeys>li{break-inside:avoid}nav{display:none}}

        """
}
