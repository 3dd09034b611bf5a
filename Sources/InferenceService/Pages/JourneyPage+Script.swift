extension JourneyPage {
    /// What the page does: talks to the service, and keeps the journey that is being made.
    static let script = #"""
        "use strict";
        const $ = id => document.getElementById(id);
        // Text only: nothing that comes in is ever read as markup.
        const make = (tag, set, ...inside) => {
          const element = document.createElement(tag);
          for (const [name, value] of Object.entries(set || {})) {
            if (name === "class") element.className = value;
            else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
            else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : value);
          }
          for (const part of inside.flat()) if (part !== null && part !== undefined) element.append(part);
          return element;
        };
        const list = value => Array.isArray(value) ? value : [];
        const reserved = new Set(["time", "time_us", "time_ms", "gap_s", "dwell_s", "hour", "weekday", "fields"]);
        let schema = null, session = { events: [] }, isBusy = false;

        // Steps of example journeys, in the words of the simulated bank; a schema takes what it has fields for.
        const step = (pause, url, title, event, query) => ({ pause, url, title, event: event || "view", query });
        const journeys = [
          ["Compares cards", [step(0, "/credit-cards", "Credit cards"), step(21, "/search", "Search results", "search",
            "which card is best"),
            step(14, "/credit-cards/compare", "Compare - Credit cards"), step(72, "/credit-cards/cashback", "Cashback - Credit cards"),
            step(48, "/credit-cards/classic", "Classic - Credit cards"), step(31, "/credit-cards/compare", "Compare - Credit cards"),
            step(55, "/credit-cards/rates", "Rates and fees - Credit cards")]],
          ["Applies for a card", [step(0, "/credit-cards/cashback", "Cashback - Credit cards"),
            step(40, "/credit-cards/eligibility", "Eligibility - Credit cards", "form"),
            step(95, "/credit-cards/apply/start", "Apply: start - Credit cards", "form"),
            step(64, "/credit-cards/apply/your-details", "Apply: your details - Credit cards", "form"),
            step(130, "/credit-cards/documents", "Documents - Credit cards")]],
          ["First home", [step(0, "/mortgages", "Mortgages"),
            step(25, "/mortgages/guides/your-first-home", "Your first home - Mortgages"),
            step(180, "/mortgages/calculator", "Calculator - Mortgages", "calculate"),
            step(66, "/mortgages/fixed-5-years", "Fixed for 5 years - Mortgages"), step(44, "/mortgages/eligibility",
              "Eligibility - Mortgages", "form")]],
          ["Needs help", [step(0, "/search", "Search results", "search", "card payment declined abroad"),
            step(17, "/support/article/payments", "Payments - Support"), step(50, "/support/faq", "Questions, answered - Support"),
            step(28, "/support/contact/call-us", "Call us - Support")]],
          ["Looks around", [step(0, "/", "Everyday banking"), step(6, "/about", "About us"), step(5, "/login", "Log in")]],
        ];
        // Names that exports give to the same thing.
        const alike = { url: ["url", "page", "path", "address", "page_location", "page_url"], title: ["title", "page_title", "page_name"],
          event: ["event", "event_name", "action", "type"], query: ["query", "search", "search_term"] };

        function eventOf(step) {
          const event = {}, fields = schema ? list(schema.fields) : [];
          for (const [part, names] of Object.entries(alike)) {
            const field = fields.find(f => names.includes(f.name)) || (part === "url" && fields.find(f => f.kind === "url"));
            if (field && field.kind !== "numeric" && step[part]) put(event, field.name, step[part]);
          }
          return event;
        }
        function put(event, name, value) {
          if (reserved.has(name)) (event.fields = event.fields || {})[name] = value; else event[name] = value;
        }
        function get(event, name) { return reserved.has(name) ? (event.fields || {})[name] : event[name]; }

        // Models that know no times take none.
        const at = time => schema && schema.has_time === false ? {} : { time: new Date(time).toISOString() };

        function timeOf(event) {
          if (typeof event.time === "string") return Date.parse(event.time);
          if (typeof event.time_ms === "number") return event.time_ms;
          return typeof event.time_us === "number" ? event.time_us / 1000 : NaN;
        }
        // What a person calls an event, and what else it says.
        function words(event) {
          const names = schema ? list(schema.fields).map(f => f.name) : Object.keys(event).filter(k => !reserved.has(k));
          const of = part => names.map(n => alike[part].includes(n) ? get(event, n) : null).find(v => v);
          const query = of("query"), head = query ? "“" + query + "”" : of("title") || of("url") || null;
          const rest = names.map(n => get(event, n)).filter(v => v !== null && v !== undefined && v !== "" && v !== head && v !== query);
          return [head || rest.shift() || "an event without fields", rest.join(" · ")];
        }
        function clock(event) {
          const time = timeOf(event);
          return Number.isFinite(time) ? new Date(time).toISOString().slice(11, 19) : "";
        }

        function show() {
          const events = list(session.events);
          $("making").replaceChildren(...events.map((event, place) => {
            const [head, rest] = words(event);
            return make("li", null, make("span", null, place + 1),
              make("span", { class: "what" }, String(head), make("small", null, [clock(event), rest].filter(Boolean).join(" · "))),
              make("button", { type: "button", "aria-label": `Remove event ${place + 1}`, title: "Remove", onclick: () => {
                session.events.splice(place, 1);
                show();
                const next = $("making").querySelectorAll("button")[Math.min(place, session.events.length - 1)];
                (next || $("add")).focus();
              } }, "×"));
          }));
          $("none").hidden = events.length > 0;
          $("json").value = events.length ? JSON.stringify(session, null, 1) : "";
          $("score").disabled = isBusy || !events.length;
        }

        function take(number) {
          const [name, steps] = journeys[number];
          let time = Date.now() - steps.reduce((sum, s) => sum + s.pause, 0) * 1000;
          const events = steps.map(s => ({ ...at(time += s.pause * 1000), ...eventOf(s) }));
          if (events.every(e => !Object.keys(e).some(name => name !== "time"))) {
            return fail({ message: "The examples fit none of this bundle's fields.",
              remedy: "Add events by its own fields, or paste a session." });
          }
          session = { session: name.toLowerCase().replaceAll(" ", "-"), events };
          $("examples").querySelectorAll("button").forEach((b, i) => b.setAttribute("aria-pressed", String(i === number)));
          clearError();
          show();
        }

        function fields() {
          const all = list(schema.fields), examples = schema.examples || {};
          const input = (field, number) => {
            const id = `f-${number}`, values = list(examples[field.name]);
            const choices = values.length ? make("datalist", { id: id + "-values" },
              values.map(v => make("option", { value: String(v) }))) : null;
            return make("div", null, make("label", { for: id }, field.name),
              make("input", { id, type: field.kind === "numeric" ? "number" : "text",
              step: field.kind === "numeric" ? "any" : null, list: choices && choices.id, placeholder: values.length ? String(values[0])
                : null,
              onkeydown: key => { if (key.key === "Enter") { key.preventDefault(); add(); } } }), choices);
          };
          const inputs = all.map(input);
          $("first").replaceChildren(...inputs.slice(0, 4));
          $("rest").replaceChildren(...inputs.slice(4));
          $("more").hidden = inputs.length <= 4;
        }

        function add() {
          const event = {}, last = session.events[session.events.length - 1], pause = Math.max(0, Number($("pause").value) || 0);
          const before = last ? timeOf(last) : Date.now() - pause * 1000;
          Object.assign(event, at((Number.isFinite(before) ? before : Date.now()) + pause * 1000));
          list(schema && schema.fields).forEach((field, number) => {
            const text = $(`f-${number}`).value.trim();
            if (text !== "") put(event, field.name, field.kind === "numeric" ? Number(text) : text);
            $(`f-${number}`).value = "";
          });
          session.events.push(event);
          clearError();
          show();
          if ($("f-0")) $("f-0").focus();
        }

        function paste() {
          try {
            const value = JSON.parse($("json").value), found = Array.isArray(value) ? { events: value } : value;
            if (!found || !Array.isArray(found.events) || !found.events.every(e => e && typeof e === "object" && !Array.isArray(e))) {
              throw new Error("It has no list of events.");
            }
            session = found;
            clearError();
            show();
          } catch (error) { fail({ message: `This is no session: ${error.message}`,
            remedy: "Paste an object with \"events\", or a list of events." }); }
        }

        async function call(method, path, body) {
          const headers = { Accept: "application/json" }, key = $("key").value.trim();
          if (key) headers["X-Api-Key"] = key;
          if (body) headers["Content-Type"] = "application/json";
          const bundle = $("bundle").value, query = bundle ? "?bundle=" + encodeURIComponent(bundle) : "";
          let answer, text;
          try {
            answer = await fetch(path + query, { method, headers, body: body && JSON.stringify(body), cache: "no-store",
              credentials: "omit" });
            text = await answer.text();
          } catch { throw { message: "The service did not answer.", remedy: "See whether it runs and can be reached from here." }; }
          let value = null;
          try { value = JSON.parse(text); } catch { /* told below */ }
          if (answer.ok && value) return value;
          const told = value && value.error && typeof value.error === "object" ? value.error
            : { message: `The service answered ${answer.status}.` };
          const wait = answer.headers.get("Retry-After");
          throw { ...told, status: answer.status, remedy: [told.remedy, wait && `Try again in ${wait} s.`].filter(Boolean).join(" ") };
        }

        function clearError() { $("error").hidden = true; $("error").replaceChildren(); }
        function fail(error) {
          const of = [error.status, error.code, error.request_id && `request ${error.request_id}`].filter(Boolean).join(" · ");
          $("error").replaceChildren(make("p", null, make("strong", null, String(error.message || error))),
            ...(error.remedy ? [make("p", null, String(error.remedy))] : []), ...(of ? [make("small", null, of)] : []));
          $("error").hidden = false;
          if (error.status === 401 || error.status === 403) { $("access").open = true; $("key").focus(); }
        }

        async function connect() {
          clearError();
          try {
            schema = await call("GET", "v1/schema");
            const parts = list(schema.parts);
            $("models").textContent = `Bundle ${schema.bundle} · ${list(schema.intents).length} intents · ${parts.join(", ")}`;
            $("customer").hidden = !parts.includes("ranker") && !parts.includes("conversion");
            fields();
            show();
            if (!parts.includes("encoder")) {
              return fail({ message: "This bundle reads no sessions.", remedy: "Choose another below, or see how to call the service." });
            }
          } catch (error) { return fail(error); }
          try {
            const names = list((await call("GET", "v1/models")).data).map(m => String(m.id));
            const chosen = $("bundle").value || schema.bundle;
            $("bundle").replaceChildren(...names.map(n => make("option", { value: n, selected: n === chosen }, n)));
            $("choosing").hidden = names.length < 2;
          } catch { /* one bundle is enough */ }
        }

        async function score() {
          if (isBusy || !list(session.events).length) return;
          const parts = schema ? list(schema.parts) : ["intents"], asked = { ...session, evidence: 3, all: true };
          let customer = null;
          if ($("features").value.trim()) {
            try { customer = JSON.parse($("features").value); } catch (error) {
              $("customer").open = true;
              return fail({ message: `The customer's features are no JSON: ${error.message}`,
                remedy: "Write an object such as {\"segment\":\"premier\"}." });
            }
          }
          // Somebody has to be the customer; features that are left out are unknown.
          const whoever = { customer_id: "nobody", ...customer }, named = { intents: "intents", conversion: "conversion" };
          if (!session.want) asked.want = parts.map(part => named[part]).filter(Boolean);
          if (!asked.want.length) asked.want = ["embedding"];
          if (asked.want.includes("conversion")) asked.customer = asked.customer || whoever;
          clearError();
          isBusy = true;
          $("said").textContent = "Scoring …";
          show();
          try {
            const began = performance.now(), scored = await call("POST", "v1/sessions:score", asked), took = performance.now() - began;
            let ranked = null, refused = null;
            if (parts.includes("ranker")) {
              const asking = { impression_id: "try", top: 6, customer: whoever,
                sessions: [{ session: session.session, events: session.events }] };
              try { ranked = await call("POST", "v1/sessions:rank", asking); } catch (error) { refused = error; }
            }
            draw(scored, ranked, refused, list(session.events).slice(), took);
          } catch (error) {
            $("said").textContent = "";
            fail(error);
          } finally {
            isBusy = false;
            show();
          }
        }

        """#
}
