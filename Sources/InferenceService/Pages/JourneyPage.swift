/// The page at `/`: somebody makes a journey, event by event, and sees what the service says of it.
///
/// One file without anything from elsewhere. Whatever comes from the service or from the reader enters the page as text, never as markup;
/// an API key stays in its field and is gone with the page.
enum JourneyPage {
    static let html = #"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="referrer" content="no-referrer">
        <title>Try a journey — Tessera</title>
        <style>
        \#(PageStyle.css)\#(style)</style>
        </head>
        <body>
        <header>
        <h1>Try a journey</h1>
        <p class="subtitle">Put a visit together, event by event, and see what the models read in it, and from which events.</p>
        <nav aria-label="Pages"><a href="docs">How to call the service</a><a href="openapi.json">OpenAPI</a>
        <span class="soft" id="models"></span></nav>
        </header>
        <noscript><main><p class="callout">This page needs JavaScript. <a href="docs">The documentation</a> shows the same call with
        curl.</p></main></noscript>
        <main class="two">
        <form id="form" autocomplete="off" novalidate>
        <section class="card" aria-labelledby="h-journey">
        <h2 id="h-journey">The journey</h2>
        <div class="label" id="l-examples">Begin with an example</div>
        <div class="row" id="examples" role="group" aria-labelledby="l-examples"></div>
        <ol class="making" id="making" aria-label="Events so far"></ol>
        <p class="soft" id="none">No events yet: choose an example, or add one below.</p>
        <div class="row"><button type="submit" class="main" id="score">Score</button>
        <button type="button" id="clear">Clear</button><small id="said" role="status"></small></div>
        </section>
        <fieldset class="card" id="adding"><legend class="big">Add an event</legend>
        <div class="fields" id="first"></div>
        <details id="more" hidden><summary>More fields</summary><div class="fields" id="rest"></div></details>
        <div class="row foot"><span><label for="pause">Seconds after the last</label><input id="pause" type="number" min="0" step="any"
        value="30"></span>
        <button type="button" id="add">Add event</button></div>
        </fieldset>
        <details class="card" id="pasting"><summary>Paste a session as JSON</summary>
        <p><label for="json">A session, or a list of events</label>
        <textarea id="json" rows="9" spellcheck="false"></textarea></p>
        <button type="button" id="use">Use this</button>
        </details>
        <details class="card" id="customer" hidden><summary>The customer, for tiles and forecasts (optional)</summary>
        <p><label for="features">Features as JSON, by the columns that the models were taught with</label>
        <textarea id="features" rows="4" spellcheck="false"
         placeholder='{"customer_id":"c7","age_band":"35-49","segment":"premier"}'></textarea></p>
        </details>
        <details class="card" id="access"><summary>Access</summary>
        <p><label for="key">API key, where the service wants one</label>
        <input id="key" type="password" autocomplete="off" spellcheck="false">
        <small>It stays in this field and is gone when the page is closed or loaded again.</small></p>
        <p id="choosing" hidden><label for="bundle">Bundle</label><select id="bundle"></select></p>
        <button type="button" id="connect">Connect</button>
        </details>
        </form>
        <div>
        <div class="callout bad" id="error" role="alert" hidden></div>
        <section class="card" id="empty"><h2>The answer</h2>
        <p class="soft">Intents with their probabilities, the events that speak for them, and which models said so will stand
        here.</p></section>
        <div id="answer"></div>
        </div>
        </main>
        <footer><p>Nothing is kept by this page. What the service records of its answers is for its ledger to say.</p></footer>
        <script>
        \#(script)\#(drawing)</script>
        </body>
        </html>

        """#

    private static let style = """
        .two{display:grid;grid-template-columns:minmax(0,25rem) minmax(0,1fr);gap:1.2rem;margin-top:1.4rem;align-items:start}
        @media (max-width:58rem){.two{grid-template-columns:minmax(0,1fr)}}
        fieldset{border:1px solid var(--line)}legend.big{font-size:1rem;color:var(--ink);padding:0 .4rem;margin-left:-.4rem}
        details.card>summary{font-weight:600;color:var(--ink);font-size:.95rem}details.card:not([open]){padding-top:.7rem;
        padding-bottom:.7rem}
        .fields{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.55rem .8rem}
        .foot{justify-content:space-between;align-items:end;margin-top:.8rem}.foot input{width:9rem}
        #examples button{font-size:.86rem;padding:.2rem .7rem;border-radius:999px}
        .making{list-style:none;margin:.9rem 0;padding:0;max-height:31rem;overflow:auto}
        .making li{display:grid;grid-template-columns:1.7rem minmax(0,1fr) auto;gap:.3rem;align-items:center;padding:.28rem 0;
        border-bottom:1px solid var(--faint);font-size:.92rem}
        .making li>span:first-child{color:var(--soft);font-variant-numeric:tabular-nums}
        .making button{border:0;background:none;color:var(--soft);padding:.1rem .45rem;font-size:1.05rem;line-height:1}
        .making button:hover{color:var(--bad-line)}
        .what{overflow-wrap:anywhere}.what small{display:block;line-height:1.35}
        .bars{list-style:none;margin:0;padding:0}.bars>li{margin:.75rem 0}
        .head{display:flex;justify-content:space-between;gap:1rem;align-items:baseline}
        .number{font-weight:650;font-variant-numeric:tabular-nums;white-space:nowrap}.number small{font-weight:400}
        .name{font-weight:600;position:relative;cursor:help;border-radius:4px;text-decoration:underline dotted var(--field);
        text-underline-offset:3px}
        .name.plain{cursor:auto;text-decoration:none}
        .tip{position:absolute;left:0;top:1.9em;z-index:2;width:max-content;max-width:min(24rem,70vw);background:var(--ink);
        color:var(--paper);
        border-radius:6px;padding:.5rem .7rem;font-weight:400;font-size:.86rem;line-height:1.4;visibility:hidden}
        .name:hover .tip,.name:focus .tip{visibility:visible}
        .bar{position:relative;height:.85rem;background:var(--faint);border-radius:4px;margin-top:.22rem}
        .bar b{display:block;height:100%;border-radius:4px;background:var(--c0)}
        .bar i{position:absolute;top:-.2rem;bottom:-.2rem;width:2px;background:var(--ink)}
        .bars.small>li{margin:.35rem 0;font-size:.9rem}.bars.small .name,.tiles .name{font-weight:400}.bars.small .bar{height:.4rem}
        .bars.faded .bar b{background:var(--field)}
        .steps{list-style:none;margin:.4rem 0 0;padding:0;counter-reset:step}
        .steps li{counter-increment:step;display:grid;grid-template-columns:1.6rem minmax(0,1fr);gap:0 .4rem;
        padding:.36rem .6rem .36rem .2rem;border-left:4px solid transparent;border-radius:4px}
        .steps li::before{content:counter(step);color:var(--soft);font-variant-numeric:tabular-nums;text-align:right;padding-right:.3rem}
        .steps li.marked{background:var(--faint);border-left-color:var(--accent);margin:.15rem 0}.steps li.marked .what{font-weight:600}
        .steps .what small{font-weight:400}
        .signs{grid-column:2;display:flex;flex-wrap:wrap;gap:.25rem .4rem;margin-top:.15rem}
        .sign{border:1.5px solid;border-radius:5px;padding:0 .4rem;font-size:.8rem;font-weight:600;background:var(--card);
        font-variant-numeric:tabular-nums}
        .tiles{margin:.3rem 0;padding-left:1.7rem}.tiles li{padding:.1rem 0}.tiles li::marker{color:var(--soft)}.tiles .head{
        font-size:.94rem}.tiles .bar{height:.4rem;margin-top:.1rem}
        .columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:1.2rem 2rem}
        .digests{display:grid;grid-template-columns:auto minmax(0,1fr);gap:.15rem 1rem;margin:0;font-size:.88rem}.digests dt{
        color:var(--soft)}
        .digests dd{margin:0;overflow-wrap:anywhere}

        """
}
