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
        truth/                     what an export would not hold, for judging a model only:
          sessions.csv             session_id, visitor_id, mode (goal, idle, bot), is_bot, need, and by the simulator's own
                                   probabilities given everything the session shows: best_need, best_probability (of best_need)
                                   and need_probability (of the true need)
          needs.csv                the needs: id, name, definition, family, share of sessions
          conversions.csv          visitor_id, session_id, product, days: which application follows within 30 days of the session (card,
                                   current-account, savings, deposit, loan, mortgage, insurance, investment, business or none)

        """
}
