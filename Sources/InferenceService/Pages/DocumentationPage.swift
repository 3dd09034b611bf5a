/// The page at `/docs`: the service's own document, readable, with a curl line for each route.
///
/// It reads `openapi.json` beside it, so that it cannot say anything else; without a script it lists the routes.
enum DocumentationPage {
    static let html = #"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="referrer" content="no-referrer">
        <title>How to call the service — Tessera</title>
        <style>
        \#(PageStyle.css)\#(style)</style>
        </head>
        <body>
        <header>
        <h1>How to call the service</h1>
        <p class="subtitle" id="summary">Send the events of a session; get back what the visit was about, with the events that say so.</p>
        <nav aria-label="Pages"><a href="./">Try a journey</a><a href="openapi.json">OpenAPI</a><span class="soft"
        id="version"></span></nav>
        </header>
        <main>
        <div class="callout bad" id="error" role="alert" hidden></div>
        <div id="content">
        <section class="card"><h2>Routes</h2>
        <ul class="plain">
        \#(routes)
        </ul>
        <p>A key goes into <code>Authorization: Bearer KEY</code> or <code>X-Api-Key: KEY</code>. Errors are
        <code>{"error":{"code":…,"message":…,"remedy":…,"request_id":…}}</code>. <a href="openapi.json">openapi.json</a>
        has the whole form.</p>
        </section>
        </div>
        </main>
        <footer><p>Made from <a href="openapi.json">openapi.json</a>, which this service answers by.</p></footer>
        <script>
        \#(script)</script>
        </body>
        </html>

        """#

    /// What is there without a script.
    private static let routes = [
        ("POST", "/v1/sessions:score", "score one session"), ("POST", "/v1/sessions:rank", "order an app's tiles for a customer"),
        ("POST", "/v1/sessions:credit", "score an applicant"), ("POST", "/v1/sessions:batch", "score many sessions, as JSON Lines"),
        ("POST", "/v1/sessions/{id}/events", "add events to a session and score it"), ("GET", "/v1/sessions/{id}", "its score as it is"),
        ("DELETE", "/v1/sessions/{id}", "forget it"), ("POST", "/v1/embeddings", "embeddings, in OpenAI's shape"),
        ("GET", "/v1/models", "the bundles"), ("GET", "/v1/schema", "what a bundle reads and can answer"),
        ("POST", "/v2/models/{model}/infer", "Open Inference Protocol"), ("GET", "/v2/health/ready", "whether requests are taken"),
        ("GET", "/metrics", "metrics for Prometheus"), ("POST", "/v1/admin:reload", "read all bundles anew"),
    ].map { "<li><code>\($0.0) \($0.1)</code> — \($0.2)</li>" }.joined(separator: "\n")

    private static let style = """
        #content{display:grid;grid-template-columns:14rem minmax(0,1fr);gap:0 2rem;margin-top:1.4rem;align-items:start}
        #content>section.card:only-child{grid-column:1/-1}
        .toc{display:block;position:sticky;top:1rem;max-height:calc(100vh - 2rem);overflow:auto;font-size:.88rem}
        .toc h3{margin:.9rem 0 .2rem;font-size:.8rem;color:var(--soft)}.toc a{display:block;padding:.08rem 0;overflow-wrap:anywhere}
        .plain{list-style:none;margin:.4rem 0;padding:0}.plain li{margin:.25rem 0}
        @media (max-width:52rem){#content{grid-template-columns:minmax(0,1fr)}.toc{position:static;max-height:none}}
        .route h3{margin:0 0 .2rem;font-size:1.05rem;display:flex;flex-wrap:wrap;gap:.2rem .6rem;align-items:baseline;
        overflow-wrap:anywhere}
        .verb{font:650 .78rem/1.5 ui-monospace,Menlo,Consolas,monospace;border:1.5px solid;border-radius:5px;padding:0 .4rem}
        .verb.get{color:var(--c0)}.verb.post{color:var(--c2)}.verb.delete{color:var(--bad-line)}
        .route h3 code{font-size:.95rem;font-weight:600}.route h4{font-size:.84rem;color:var(--soft);margin:1rem 0 .3rem}
        .scroll{overflow-x:auto}td code{white-space:nowrap}td{overflow-wrap:anywhere;min-width:6rem}
        .copying{position:relative}.copying pre{padding-right:4.5rem}
        .copy{position:absolute;right:.4rem;top:.4rem;font-size:.78rem;padding:.1rem .55rem}
        h2.tag{margin:2rem 0 .2rem}h2.tag:first-child{margin-top:0}

        """

    private static let script = #"""
        "use strict";
        const $ = id => document.getElementById(id);
        // Text only, as on the page of journeys.
        const make = (tag, set, ...inside) => {
          const element = document.createElement(tag);
          for (const [name, value] of Object.entries(set || {})) {
            if (name === "class") element.className = value;
            else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
            else if (value !== null && value !== undefined) element.setAttribute(name, value);
          }
          for (const part of inside.flat()) if (part !== null && part !== undefined) element.append(part);
          return element;
        };
        // Words between backticks are code.
        const prose = text => String(text || "").split("`").map((part, place) => place % 2 ? make("code", null, part) : part);
        const paragraphs = text => String(text || "").split("\n\n").filter(Boolean).map(part => make("p", null, prose(part)));
        let api = null;

        function resolve(value) {
          for (let hops = 0; value && value.$ref && hops < 8; hops++) {
            const { $ref, ...own } = value;
            value = { ...$ref.slice(2).split("/").reduce((at, key) => at && at[key.replaceAll("~1", "/")], api), ...own };
          }
          return value || {};
        }
        const nameOf = value => value && value.$ref ? value.$ref.split("/").pop() : null;
        const schemaLink = name => make("a", { href: "#schema-" + name }, name);

        // What a schema takes, in a line: words, and links to the schemas it names.
        function type(schema) {
          const name = nameOf(schema);
          if (name) return [schemaLink(name)];
          if (!schema) return ["anything"];
          if ("const" in schema) return [make("code", null, JSON.stringify(schema.const))];
          if (schema.enum) return schema.enum.flatMap((v, n) => [n ? ", " : "", make("code", null, String(v))]);
          const options = schema.anyOf || schema.oneOf;
          if (options) return options.flatMap((option, n) => [n ? " or " : "", ...type(option)]);
          if (schema.type === "array") return ["list of ", ...type(schema.items)];
          if (schema.type === "object" && schema.additionalProperties && !schema.properties) {
            return ["object of ", ...type(schema.additionalProperties)];
          }
          return [[].concat(schema.type || "anything").map(t => ({ string: "text", integer: "whole number" }[t] || t)).join(" or ")];
        }
        function bounds(schema) {
          const told = [];
          if (schema.minimum !== undefined || schema.maximum !== undefined) {
            told.push(schema.maximum === undefined ? `from ${schema.minimum}` : `${schema.minimum ?? ""} to ${schema.maximum}`);
          }
          if (schema.maxLength) told.push(`up to ${schema.maxLength} characters`);
          if (schema.maxItems) told.push(schema.minItems === schema.maxItems ? `exactly ${schema.maxItems}` : `up to ${schema.maxItems}`);
          if (schema.format) told.push(schema.format);
          if (schema.default !== undefined) told.push("default " + JSON.stringify(schema.default));
          return told.join("; ");
        }
        const table = (heads, rows) => make("div", { class: "scroll" }, make("table", null,
          make("thead", null, make("tr", null, heads.map(h => make("th", { scope: "col" }, h)))),
          make("tbody", null, rows.map(row => make("tr", null, row.map(cell => make("td", null, cell)))))));

        function members(schema) {
          const required = new Set(schema.required || []);
          return table(["Member", "What it takes", ""], Object.entries(schema.properties || {}).map(([name, value]) => [
            [make("code", null, name), required.has(name) ? make("small", null, " needed") : null], type(value),
            [prose(resolve(value).description), make("small", null, " " + bounds(resolve(value)))]]));
        }

        function copyable(text) {
          const button = make("button", { type: "button", class: "copy", onclick: async () => {
            try {
              await navigator.clipboard.writeText(text);
              button.textContent = "Copied";
            } catch { button.textContent = "Select and copy"; }
            setTimeout(() => { button.textContent = "Copy"; }, 1500);
          } }, "Copy");
          return make("div", { class: "copying" }, button, make("pre", { tabindex: 0 }, text));
        }
        const quoted = text => "'" + text.replaceAll("'", "'\\''") + "'";
        function curl(method, path, operation, body) {
          const filled = path.replace("{id}", "s1").replace("{model}", "bank").replace("{version}", "1");
          const address = quoted(new URL("." + filled, location.href).href);
          const lines = [`curl ${method === "get" ? "" : `-X ${method.toUpperCase()} `}${address}`];
          if (!operation.security) lines.push('-H "Authorization: Bearer $TESSERA_KEY"');
          if (body) {
            const isText = typeof body.example === "string";
            lines.push(`-H 'Content-Type: ${body.type}'`, `--data-binary ${quoted(isText ? body.example : JSON.stringify(body.example))}`);
          }
          return lines.join(" \\\n  ");
        }
        function bodyExample(operation) {
          for (const [type, media] of Object.entries((operation.requestBody || {}).content || {})) {
            const example = media.example ?? Object.values(media.examples || {})[0]?.value;
            if (example !== undefined) return { type, example, schema: media.schema };
          }
          return null;
        }

        function route(path, method, operation, shared) {
          const parameters = [...(shared || []), ...(operation.parameters || [])].map(resolve).filter(p => p.name !== "X-Request-Id");
          const body = bodyExample(operation), content = Object.entries((operation.requestBody || {}).content || {});
          const parts = [make("h3", null, make("span", { class: "verb " + method }, method.toUpperCase()), make("code", null, path)),
            make("p", null, make("strong", null, operation.summary)), ...paragraphs(operation.description)];
          if (parameters.length) {
            parts.push(make("h4", null, "Parameters"), table(["Name", "In", "What"], parameters.map(p => [
              [make("code", null, p.name), p.required ? make("small", null, " needed") : null], p.in,
              [prose(p.description), make("small", null, " " + bounds(p.schema || {}))]])));
          }
          if (content.length) {
            parts.push(make("h4", null, "Body"), make("p", null, content.flatMap(([kind, media], n) =>
              [n ? "; " : "", make("code", null, kind), ": ", ...type(media.schema)])));
          }
          parts.push(make("details", null, make("summary", null, "curl"), copyable(curl(method, path, operation, body))));
          const answers = Object.entries(operation.responses).map(([status, given]) => [status, resolve(given)]);
          const rows = wanted => answers.filter(([status]) => (status < "400") === wanted).map(([status, answer]) => [
            make("code", null, status), prose(answer.description),
            Object.entries(answer.content || {}).flatMap(([kind, media], n) => [n ? ", " : "", kind, " ",
              ...(nameOf(media.schema) ? type(media.schema) : [])])]);
          const errors = rows(false);
          parts.push(make("h4", null, "Answers"), table(["Status", "What", "Body"], rows(true)));
          if (errors.length) {
            parts.push(make("details", null, make("summary", null, "Errors: " + errors.map(row => row[0].textContent).join(", ")),
              table(["Status", "What", "Body"], errors)));
          }
          return make("section", { class: "card route", id: operation.operationId }, parts);
        }

        function render() {
          $("version").textContent = `Version ${api.info.version}`;
          $("summary").textContent = api.info.summary;
          const toc = make("div", { class: "toc" }), body = make("div"), schemes = Object.values(api.components.securitySchemes || {});
          body.append(make("section", { class: "card" }, paragraphs(api.info.description),
            make("h3", null, "Keys"), make("ul", null, schemes.map(s => make("li", null,
              make("code", null, s.type === "http" ? "Authorization: Bearer KEY" : `${s.name}: KEY`), " — ", prose(s.description))))));
          for (const tag of api.tags) {
            const routes = [];
            for (const [path, item] of Object.entries(api.paths)) {
              for (const method of ["get", "post", "put", "delete"]) {
                // A route with two tags stands under the first.
                if (item[method] && item[method].tags[0] === tag.name) routes.push([path, method, item[method], item.parameters]);
              }
            }
            if (!routes.length) continue;
            const title = tag.name[0].toUpperCase() + tag.name.slice(1);
            toc.append(make("h3", null, title), ...routes.map(([, , operation]) => make("a", { href: "#" + operation.operationId },
              operation.summary)));
            body.append(make("h2", { class: "tag" }, title), make("p", { class: "soft" }, prose(tag.description)),
              ...routes.map(r => route(...r)));
          }
          body.append(make("h2", { class: "tag" }, "Schemas"));
          toc.append(make("h3", null, "Schemas"));
          for (const [name, schema] of Object.entries(api.components.schemas)) {
            toc.append(make("a", { href: "#schema-" + name }, name));
            body.append(make("section", { class: "card route", id: "schema-" + name }, make("h3", null, make("code", null, name)),
              paragraphs(schema.description), schema.properties ? members(schema) : make("p", null, type(schema), " ", make("small",
                null, bounds(schema))),
              schema.properties && schema.additionalProperties === false ? make("small", null, "No other members.") : null));
          }
          $("content").replaceChildren(make("nav", { "aria-label": "Contents", class: "toc card" }, [...toc.childNodes]), body);
          const at = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
          if (at) at.scrollIntoView();
        }

        fetch("openapi.json", { credentials: "omit" }).then(answer => {
          if (!answer.ok) throw new Error(`openapi.json: the service answered ${answer.status}`);
          return answer.json();
        }).then(found => { api = found; render(); }).catch(error => {
          $("error").textContent = `${error.message}. The list below is what is left without it.`;
          $("error").hidden = false;
        });

        """#
}
