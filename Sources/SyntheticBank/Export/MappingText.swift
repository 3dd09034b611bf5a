/// The mapping under which the export is imported, and the notice beside it.
enum MappingText {
    static let yaml = """
        # How to read clicks.csv or clicks.jsonl of the synthetic bank.
        # customer_id is left out on purpose: it would name the person in every later step.
        format: auto
        visitor: visitor_id
        session: session_id
        time:
          column: time_ms
          unit: ms
        fields:
          - {name: url, column: url, kind: url}
          - {name: title, column: title, kind: text}
          - {name: event, column: event, kind: categorical}
          - {name: query, column: query, kind: text}
          - {name: source, column: source, kind: categorical}
          - {name: medium, column: medium, kind: categorical}
          - {name: campaign, column: campaign, kind: categorical}
          - {name: device, column: device, kind: categorical}
          - {name: browser, column: browser, kind: categorical}
          - {name: scroll, column: scroll, kind: numeric}
        missing: [""]

        """

    /// The same with the customer's id, kept to link sessions to the app; see `tessera link`.
    static let linkedYAML =
        yaml.replacing(
            "# customer_id is left out on purpose: it would name the person in every later step.\n",
            with: "# customer_id is kept to link sessions with the app, and for nothing else: no model reads it.\n"
        ).replacing("session: session_id\n", with: "session: session_id\ncustomer: customer_id\n")

    static let notice = """
        SYNTHETIC DATA. Simulated by Tessera's synthetic bank; no person and no bank is behind any line.

        clicks.csv, clicks.jsonl   the export: the same events, grouped by visitor (times in milliseconds since 1970, UTC)
        mapping.yaml               how to import it
        mapping-linked.yaml        the same, and keeps the customer's id to link sessions with the app (tessera link)
        configuration.json         the assumptions and the seed that give these bytes again
        labels/annotators.jsonl    SIMULATED labels: no person and no model gave them. What annotators with the faults of a language model
                                   (simulated-a, simulated-b) might say of the sessions; read by tessera labels import
        app/                       what the bank knows of its customers from elsewhere (times as above; customer_id as in the clicks):
          customers.csv            customer_id, age_band, tenure_years, segment, products_held (with | between), balance_band,
                                   app_logins_30d, salary_paid_in, region: as of the start
          links.csv                visitor_id, session_id, customer_id, time_ms, link (login, sent-link): when the bank learned whose browser
                                   it is; from then on its sessions, earlier ones too, are the customer's
          tiles.csv                tile, product (none for services), kind (offer, service), new, eligible_segments, available_from_ms: the
                                   tiles of the app's home page; new ones appear late
          impressions.csv          impression_id, time_ms, customer_id, tile, position (from 1), clicked, probability (that the logging
                                   policy puts this tile first): a row for each tile shown; at most one of a home page is clicked
          decisions.csv            decision_id, time_ms, customer_id: a moment at which to forecast the first application within 30 days
          applications.csv         customer_id, time_ms, product: what customers applied for
        truth/                     what an export would not hold, for judging a model only:
          sessions.csv             session_id, visitor_id, mode (goal, idle, bot), is_bot, need, and by the simulator's own
                                   probabilities given everything the session shows: best_need, best_probability (of best_need)
                                   and need_probability (of the true need)
          needs.csv                the needs: id, name, definition, family, share of sessions
          conversions.csv          visitor_id, session_id, product, days: which application follows within 30 days of the session (card,
                                   current-account, savings, deposit, loan, mortgage, insurance, investment, business or none)
          impressions.csv          impression_id, tile, click_probability (that this tile is the one clicked if one is, all positions being
                                   examined alike), reference_probability (the same, with the need known only as far as linked sessions
                                   show it), shown_click_probability (of a click where it stood)
          decisions.csv            decision_id, product, probability (of being the first within 30 days, given the needs until then)

        How customers use the app, in short: they open it now and then, and some hours or days after web sessions. Six tiles are drawn one
        after the other in proportion to exp(score) by a policy that knows popularity, age and products held (one home page in ten is in even
        random order). A customer wishes one of the tiles in proportion to exp(popularity + features + the pull of the need behind the
        latest web session, which halves every fourteen days) and clicks it if its position is examined (1 / position^0.45). Applications
        follow sessions as in truth/conversions.csv, days after their end; some come by themselves. Numbers: app in configuration.json.

        """
}
