/// Columns of which the first with a value counts, keys of several columns, rows left out, and repetitions by key.
extension ExportMapping {
    /// One column of the export, or several: in each row the first that has a value counts.
    ///
    /// ```yaml
    /// visitor: client_id
    /// fields:
    ///   - { name: page_url, column: [properties.url, context.page.url], kind: url }
    /// ```
    public struct Columns: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
        /// Their names, the preferred one first.
        public var names: [String]

        /// Several columns.
        public init(_ names: [String]) { self.names = names }
        /// One column.
        public init(_ name: String) { names = [name] }
        /// One column.
        public init(stringLiteral name: String) { names = [name] }
        /// Several columns.
        public init(arrayLiteral names: String...) { self.names = names }
    }

    /// What tells the sessions of an export apart: one column, or several of which all are needed. A row that lacks one has no session id;
    /// it is counted, and joins the session its visitor has open, else it is cut by pauses.
    ///
    /// ```yaml
    /// session: visit_id
    /// session: [user_pseudo_id, "event_params[ga_session_id]"]
    /// session: [device_id, { column: session_id, none: ["-1"] }]
    /// ```
    /// The id of several columns is their texts with `/` between; `/` and `%` in them become `%2F` and `%25`. Where one of them is the
    /// visitor or the customer, a key (``ImportSettings/pseudonymKey``) replaces the whole id by its digest.
    public struct SessionKey: Sendable, Equatable, ExpressibleByStringLiteral, ExpressibleByArrayLiteral {
        /// One part of the key.
        public struct Part: Sendable, Equatable, ExpressibleByStringLiteral {
            /// Its column, or several of which the first with a value counts.
            public var column: Columns
            /// Texts that stand for no session here, such as `-1`.
            public var none: [String]
            /// Two texts: where the value begins with the first and holds the second, only what stands between them counts. So a packed id
            /// `s1700000000$o3$g1` and a plain `1700000000` are one session with `between: [s, $]`.
            public var between: [String]?

            /// A part with all that is said about it.
            public init(_ column: Columns, none: [String] = [], between: [String]? = nil) {
                (self.column, self.none, self.between) = (column, none, between)
            }

            /// One column.
            public init(stringLiteral name: String) { self.init(Columns(name)) }
        }

        /// The parts, all needed.
        public var parts: [Part]

        /// A key of parts.
        public init(_ parts: [Part]) { self.parts = parts }
        /// A key of one column.
        public init(_ column: String) { parts = [Part(Columns(column))] }
        /// A key of one column.
        public init(stringLiteral name: String) { self.init(name) }
        /// A key of several parts.
        public init(arrayLiteral parts: Part...) { self.parts = parts }
    }

    /// Rows that are left out and counted by a reason; they are no rejects.
    ///
    /// ```yaml
    /// skip:
    ///   - { reason: excluded, column: exclude_hit, not: ["0"] }
    ///   - { reason: internal, column: traffic_type, is: [internal] }
    /// ```
    public struct Skip: Sendable, Equatable {
        /// The name under which the rows are counted.
        public var reason: String
        /// The column that decides, or several of which the first with a value does.
        public var column: Columns
        /// The texts that are looked for, compared byte by byte; an empty one stands for no value.
        public var texts: [String]
        /// False: rows with one of the texts are left out (`is`). True: rows with none of them (`not`).
        public var isNegated: Bool

        /// Rows whose column holds one of the texts are left out.
        public init(_ reason: String, _ column: Columns, is texts: [String]) {
            (self.reason, self.column, self.texts, isNegated) = (reason, column, texts, false)
        }

        /// Rows whose column holds none of the texts are left out.
        public init(_ reason: String, _ column: Columns, not texts: [String]) {
            (self.reason, self.column, self.texts, isNegated) = (reason, column, texts, true)
        }
    }

    /// The visitor as a key of all its parts.
    var visitorKey: SessionKey? { visitor.map { SessionKey(([$0] + visitorRest).map { .init($0) }) } }

    /// Every way to tell the time, the preferred one first.
    public var times: [Time] { (time.map { [$0] } ?? []) + timeAlternatives }

    /// Whether ids of sessions hold who the visitor or the customer is.
    var sessionTellsPerson: Bool {
        guard let session, session.parts.count > 1 else { return false }
        let persons = Set((visitor?.names ?? []) + visitorRest.flatMap(\.names) + (customer?.names ?? []))
        return session.parts.contains { part in part.column.names.contains { persons.contains($0) } }
    }

    /// The same mapping for lines that hold what it describes in a member of that name.
    func enveloped(in member: String) -> ExportMapping {
        guard !member.isEmpty else { return self }
        func name(_ column: String) -> String { member + "." + column }
        func names(_ columns: Columns) -> Columns { Columns(columns.names.map(name)) }
        func time(_ time: Time) -> Time {
            var time = time
            time.column = time.column.map(name)
            time.compose = time.compose.map { $0.map(name) }
            time.sent = time.sent.map(name)
            time.received = time.received.map(name)
            return time
        }
        var mapping = self
        mapping.visitor = visitor.map(names)
        mapping.visitorRest = visitorRest.map(names)
        mapping.session = session.map { SessionKey($0.parts.map { .init(names($0.column), none: $0.none, between: $0.between) }) }
        mapping.time = self.time.map(time)
        mapping.timeAlternatives = timeAlternatives.map(time)
        mapping.order = order.map(name)
        mapping.duplicates = duplicates.map(names)
        mapping.rows = rows.map(name)
        for index in skip.indices { mapping.skip[index].column = names(skip[index].column) }
        for index in fields.indices {
            mapping.fields[index].column = names(fields[index].column)
            if let when = fields[index].when { mapping.fields[index].when = .init(column: name(when.column), is: when.texts) }
            if let listed = fields[index].listed {
                mapping.fields[index].listed?.list = name(listed.list)
                mapping.fields[index].listed?.values = listed.values.map(name)
            }
        }
        return mapping
    }

    /// Every column the mapping reads.
    var usedColumns: Set<String> {
        var names = Set(order + times.flatMap(\.columns))
        names.formUnion(visitor?.names ?? [])
        for columns in visitorRest { names.formUnion(columns.names) }
        for part in session?.parts ?? [] { names.formUnion(part.column.names) }
        for columns in duplicates { names.formUnion(columns.names) }
        for skip in skip { names.formUnion(skip.column.names) }
        for field in fields {
            names.formUnion(field.column.names)
            if let when = field.when { names.insert(when.column) }
            if let listed = field.listed { names.formUnion([listed.list] + (listed.values.map { [$0] } ?? [])) }
        }
        return names
    }
}
