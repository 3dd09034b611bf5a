extension JourneyPage {
    /// How an answer is shown, and what starts the page.
    static let drawing = #"""
        const percent = p => typeof p === "number" ? (100 * p).toFixed(p > 0 && p < 0.0995 ? 1 : 0) + " %" : "–";
        const colour = number => `var(--c${number % 6})`;
        const meaning = id => list(schema && schema.intents).find(i => i.id === id) || { name: id };

        function bar(name, probability, { threshold, definition, tint } = {}) {
          const fill = make("b"), line = make("div", { class: "bar" }, fill);
          fill.style.width = `${Math.max(0, Math.min(1, Number(probability) || 0)) * 100}%`;
          if (tint) fill.style.background = tint;
          if (typeof threshold === "number") {
            const mark = make("i", { title: `threshold ${percent(threshold)}` });
            mark.style.left = `${Math.min(1, threshold) * 100}%`;
            line.append(mark);
          }
          const label = definition
            ? make("span", { class: "name", tabindex: 0 }, name, make("span", { class: "tip", role: "tooltip" }, definition))
            : make("span", { class: "name plain" }, name);
          return make("li", null, make("div", { class: "head" }, label, make("span", { class: "number" }, percent(probability),
            typeof threshold === "number" ? make("small", null, ` of ${percent(threshold)} needed`) : null)), line);
        }
        const card = (title, ...inside) => make("section", { class: "card" }, make("h2", null, title), ...inside);
        const ranked = object => Object.entries(object || {}).sort((a, b) => b[1] - a[1]);

        const reasons = {
          below_thresholds: "No intent is probable enough: each has a threshold of its own, and none was reached.",
          suspended: "The intents that would have been assigned are suspended by reviewers, and are not told.",
          no_events: "The session has no event.",
        };

        function intents(label) {
          const assigned = list(label.intents), ids = assigned.map(i => i.id), inside = [];
          if (label.status === "abstained") {
            inside.push(make("div", { class: "callout" }, make("p", null, make("strong", null, "No intent was assigned.")),
              make("p", null, reasons[label.reason] || String(label.reason || ""))));
          }
          inside.push(make("ul", { class: "bars" }, assigned.map((intent, number) => bar(intent.name, intent.probability,
            { threshold: intent.threshold, definition: meaning(intent.id).definition, tint: colour(number) }))));
          const others = ranked(label.probabilities).filter(([id]) => !ids.includes(id)).slice(0, 4);
          if (others.length) {
            inside.push(make("h3", null, assigned.length ? "Next, below their thresholds" : "The most probable, below their thresholds"),
              make("ul", { class: "bars small faded" }, others.map(([id, p]) => bar(meaning(id).name, p,
                { definition: meaning(id).definition }))));
          }
          if (list(label.set).length) {
            inside.push(make("h3", null, "Possible intents"),
              make("p", null, label.set.map(id => make("span", { class: "chip" }, meaning(id).name)),
              make("br"), make("small", null, "Made to hold every intent that is present, in the promised share of sessions.")));
          }
          if (list(label.suspended).length) {
            const names = label.suspended.map(id => meaning(id).name).join(", ");
            inside.push(make("p", null, make("small", null, "Suspended for every session: " + names)));
          }
          return card("What this visit is about", ...inside);
        }

        function steps(label, events) {
          const signs = events.map(() => []);
          list(label && label.intents).forEach((intent, number) => list(intent.evidence).forEach(found => {
            if (signs[found.place - 1]) signs[found.place - 1].push([number, intent.name, found.effect]);
          }));
          const rows = events.map((event, place) => {
            const [head, rest] = words(event), marks = signs[place];
            return make("li", { class: marks.length ? "marked" : "" },
              make("span", { class: "what" }, String(head), make("small", null, [clock(event), rest].filter(Boolean).join(" · "))),
              marks.length ? make("span", { class: "signs" }, marks.map(([number, name, effect]) => {
                const sign = make("span", { class: "sign", title: `Without this event “${name}” would be so much less probable` },
                  `${name} ${effect >= 0 ? "+" : "−"}${Math.abs(Number(effect) * 100).toFixed(1)}`);
                sign.style.color = colour(number);
                return sign;
              })) : null);
          });
          const isMarked = signs.some(s => s.length);
          return card(isMarked ? "The journey, and what spoke for it" : "The journey",
            isMarked ? make("small", null, "Marked events are the evidence: the points that an intent loses without the event.")
              : null,
            make("ol", { class: "steps" }, rows));
        }

        function groups(label, conversion) {
          const found = ranked(label && label.groups), offers = ranked(conversion && conversion.probabilities);
          if (!found.length && !offers.length) return null;
          const columns = [];
          if (found.length) {
            columns.push(make("div", null, make("h2", null, "Groups"), make("ul", { class: "bars small" },
              found.slice(0, 8).map(([id, p]) => bar(meaning(id).name, p)))));
          }
          if (offers.length) {
            columns.push(make("div", null, make("h2", null, "What the customer takes next"), make("ul", { class: "bars small" },
              offers.slice(0, 8).map(([product, p]) => bar(product === "none" ? "nothing" : product, p))),
              conversion.offer ? make("small", null, `Offer: ${conversion.offer}`) : null));
          }
          return make("section", { class: "card" }, make("div", { class: "columns" }, columns));
        }

        function tiles(answer, refused) {
          if (refused) return card("Tiles", make("p", { class: "soft" }, `No tiles: ${refused.message || refused}`), refused.remedy
            ? make("p", null, refused.remedy) : null);
          if (!answer) return null;
          const shown = list(answer.tiles), removed = list(answer.removed);
          return card("Tiles of the home page, in this order",
            shown.length ? make("ol", { class: "tiles" }, shown.map(t => bar(t.tile, t.probability)))
              : make("p", { class: "soft" }, "No tile is left."),
            removed.length ? make("details", null, make("summary", null, `${removed.length} removed by rules`), make("table", null,
              make("thead", null, make("tr", null, ["Tile", "Rule", "Part", "Why"].map(t => make("th", { scope: "col" }, t)))),
              make("tbody", null, removed.map(r => make("tr", null,
                [r.tile, r.rule, r.part, r.reason || "–"].map(t => make("td", null, String(t)))))))) : null);
        }

        function digests(scored, took) {
          const label = scored.label || {}, taxonomy = label.taxonomy || {}, bundle = scored.bundle || {}, rows = [
            ["Bundle", [bundle.name, bundle.digest]], ["Taxonomy", [taxonomy.id, taxonomy.version, taxonomy.digest]],
            ["Encoder", [label.encoder]], ["Classifier", [label.classifier]],
              ["Time", [`${took.toFixed(0)} ms, with the way here and back`]]];
          const digests = make("dl", { class: "digests" });
          for (const [name, parts] of rows) {
            const text = parts.filter(Boolean).map(p => /^[0-9a-f]{64}$/.test(p) ? p.slice(0, 16) + "…" : p).join(" ");
            if (text) digests.append(make("dt", null, name), make("dd", { class: "mono", title: parts.filter(Boolean).join(" ") }, text));
          }
          return card("What answered", digests);
        }

        function draw(scored, rankedTiles, refused, events, took) {
          const raw = rankedTiles ? { score: scored, rank: rankedTiles } : scored;
          const parts = [
            scored.label ? intents(scored.label) : null, steps(scored.label, events), groups(scored.label, scored.conversion),
            tiles(rankedTiles, refused), digests(scored, took),
            make("details", { class: "card" }, make("summary", null, "The raw answer"), make("pre", { tabindex: 0 }, JSON.stringify(raw,
              null, 2))),
          ];
          $("empty").hidden = true;
          $("answer").replaceChildren(...parts.filter(Boolean));
          const first = list(scored.label && scored.label.intents)[0];
          $("said").textContent = first ? `${first.name}: ${percent(first.probability)}` : "No intent was assigned";
        }

        journeys.forEach(([name], number) => $("examples").append(
          make("button", { type: "button", "aria-pressed": "false", onclick: () => take(number) }, name)));
        $("form").addEventListener("submit", async event => {
          event.preventDefault();
          await score();
          // In one column the answer stands below what was just pressed.
          const told = $("error").hidden ? $("answer") : $("error");
          if (told.getBoundingClientRect().top > innerHeight * 0.8) told.scrollIntoView();
        });
        $("add").addEventListener("click", add);
        $("use").addEventListener("click", paste);
        $("connect").addEventListener("click", connect);
        $("bundle").addEventListener("change", connect);
        $("clear").addEventListener("click", () => {
          session = { events: [] };
          $("examples").querySelectorAll("button").forEach(b => b.setAttribute("aria-pressed", "false"));
          clearError();
          show();
        });
        $("key").addEventListener("keydown", key => { if (key.key === "Enter") { key.preventDefault(); connect(); } });
        show();
        connect().then(() => {
          if (schema && new URLSearchParams(location.search).get("example") === "1") { take(0); return score(); }
        });

        """#
}
