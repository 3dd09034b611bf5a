/// The look of the service's pages: that of reports, and what forms need beside it.
enum PageStyle {
    static let css = """
        :root{color-scheme:light dark;--paper:#fbfaf8;--card:#fff;--ink:#1d2433;--soft:#5a6376;--line:#dfe2e8;--field:#8a93a5;
        --faint:#eef0f3;
        --accent:#0f5c8c;--on-accent:#fff;--note:#fff6dd;--note-line:#e3a008;--bad:#fdecea;--bad-line:#b2182b;
        --c0:#0072b2;--c1:#c14e00;--c2:#00805d;--c3:#a8497f;--c4:#8a6508;--c5:#7a5195}
        @media (prefers-color-scheme:dark){:root{--paper:#12151c;--card:#1a1f29;--ink:#e6e9ef;--soft:#9aa4b5;--line:#323a48;
        --field:#6f7a8d;
        --faint:#232a36;--accent:#6cb8ea;--on-accent:#10202c;--note:#2c2612;--note-line:#d39e1a;--bad:#331a1c;--bad-line:#ef6a6a;
        --c0:#4aa8e0;--c1:#f08a3c;--c2:#2fc49a;--c3:#e39cc4;--c4:#e0bb45;--c5:#b493d3}}
        *{box-sizing:border-box}[hidden]{display:none!important}
        body{margin:0;background:var(--paper);color:var(--ink);
        font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
        header,main,footer{max-width:76rem;margin:0 auto;padding:0 1.5rem}
        header{padding-top:2.2rem}
        h1{font-size:2rem;line-height:1.2;margin:0;letter-spacing:-.02em}
        h2{font-size:1.25rem;line-height:1.3;margin:0 0 .7rem;letter-spacing:-.01em}
        h3{font-size:1rem;line-height:1.4;margin:1.4rem 0 .5rem}
        .subtitle{color:var(--soft);font-size:1.06rem;margin:.4rem 0 0;max-width:46rem}
        nav{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;margin-top:1rem;padding-top:.8rem;border-top:1px solid var(--line);
        font-size:.92rem}
        a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
        p{margin:.5rem 0;max-width:46rem}
        .card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:1.1rem 1.2rem;margin:0 0 1rem;min-width:0}
        .soft,small{color:var(--soft)}small{font-size:.84rem}
        code{overflow-wrap:anywhere}code,pre,.mono{font:.86em/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
        pre{background:var(--faint);border-radius:6px;padding:.7rem .9rem;margin:.5rem 0;overflow:auto;max-height:30rem;white-space:pre}
        details{margin:.7rem 0}summary{cursor:pointer;color:var(--soft);border-radius:4px}
        table{border-collapse:collapse;width:100%;font-size:.9rem}
        th,td{padding:.35rem .9rem .35rem 0;text-align:left;border-bottom:1px solid var(--faint);vertical-align:top}
        th{font-weight:600}thead th{color:var(--soft);border-bottom:1px solid var(--line);white-space:nowrap}
        label,legend,.label{display:block;font-size:.84rem;font-weight:600;color:var(--soft);margin:0 0 .15rem}
        input,textarea,select{width:100%;min-width:0;font:inherit;font-size:.94rem;color:var(--ink);background:var(--card);
        border:1px solid var(--field);border-radius:6px;padding:.34rem .55rem}
        textarea{font:.84rem/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;resize:vertical}
        button{font:inherit;font-size:.92rem;color:var(--ink);background:var(--card);border:1px solid var(--field);border-radius:6px;
        padding:.36rem .8rem;cursor:pointer}
        button:hover{border-color:var(--accent);color:var(--accent)}
        button.main{background:var(--accent);border-color:var(--accent);color:var(--on-accent);font-weight:650;padding:.5rem 1.6rem}
        button.main:hover{filter:brightness(1.1)}button[disabled]{opacity:.55;cursor:default}
        button[aria-pressed=true]{border-color:var(--accent);box-shadow:inset 0 0 0 1px var(--accent);color:var(--accent)}
        :focus-visible{outline:2.5px solid var(--accent);outline-offset:2px}
        .row{display:flex;flex-wrap:wrap;gap:.5rem;align-items:center}
        .callout{background:var(--note);border-left:4px solid var(--note-line);border-radius:6px;padding:.7rem 1rem;margin:0 0 1rem}
        .callout.bad{background:var(--bad);border-color:var(--bad-line)}.callout p{margin:.2rem 0}
        .chip{display:inline-block;border:1px solid var(--line);border-radius:999px;padding:.02rem .6rem;font-size:.84rem;
        color:var(--soft);margin:.12rem .3rem .12rem 0}
        footer{color:var(--soft);font-size:.88rem;padding-top:1rem;padding-bottom:2.5rem;margin-top:1.5rem}
        footer p{border-top:1px solid var(--line);padding-top:1rem;max-width:none}
        @media (max-width:36rem){header,main,footer{padding-left:.9rem;padding-right:.9rem}h1{font-size:1.6rem}.card{padding:.9rem}}
        @media (prefers-reduced-motion:no-preference){.bar b{transition:width .25s}}

        """
}
