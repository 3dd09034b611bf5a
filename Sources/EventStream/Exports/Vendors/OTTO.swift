extension ExportMapping {
    /// OTTO's recommender data: `{"session": …, "events": [{"aid", "ts", "type"}, …]}` a line.
    ///
    /// A session is all that an anonymous visitor did in a month, and stands for the visitor, too: its events may lie weeks apart. Who wants
    /// visits writes `visitor: session` and no `session` into a mapping. Times are milliseconds; equal times keep their order.
    static var otto: ExportMapping {
        var mapping = ExportMapping()
        mapping.format = .jsonl
        mapping.rows = "events"
        mapping.session = "session"
        mapping.time = .init(column: "events.ts", unit: .milliseconds)
        mapping.fields = [
            Field(name: "event", column: "events.type", kind: .categorical), Field(name: "item", column: "events.aid", kind: .categorical),
        ]
        return mapping
    }
}
