package import Audit

/// What is asked of a scorecard: an applicant with the records of the tables.
package struct CreditRequest: Sendable {
    /// Rows by the name of the table, as the model's configuration names it.
    package var tables: [String: [AttributeTexts]]
    /// Reasons at most; 0 for none.
    package var reasons: Int
    /// What the applicant agreed to, for the ledger; nil where it was not said.
    package var consent: LedgerEntry.Consent?

    /// Reasons where a request does not say.
    package static let usualReasons = 4
    /// Most reasons that can be asked for.
    package static let mostReasons = 100
    /// Most tables.
    package static let mostTables = 64

    /// How much a request may hold.
    package struct Limits: Sendable {
        /// Most rows of all tables.
        package var rows: Int
        /// Largest text, bytes.
        package var textBytes: Int

        /// Limits.
        package init(rows: Int = 10_000, textBytes: Int) { (self.rows, self.textBytes) = (rows, textBytes) }
    }

    /// A request.
    package init(tables: [String: [AttributeTexts]], reasons: Int = usualReasons, consent: LedgerEntry.Consent? = nil) {
        (self.tables, self.reasons, self.consent) = (tables, reasons, consent)
    }

    /// Reads a request.
    package init(_ reader: inout JSONReader, _ limits: Limits) throws(RequestFault) {
        var tables: [String: [AttributeTexts]]?
        var reasons: Int?
        var consent: LedgerEntry.Consent?
        try reader.beginObject()
        while let name = try reader.nextName() {
            switch name {
            case "tables":
                guard tables == nil else { throw reader.repeated() }
                tables = try Self.tables(&reader, limits)
            case "reasons":
                guard reasons == nil else { throw reader.repeated() }
                reasons = Int(try reader.integer(0...Int64(Self.mostReasons)))
            case "consent":
                guard consent == nil else { throw reader.repeated() }
                consent = try ConsentMember.read(&reader)
            default: throw reader.unknown("tables, reasons, consent")
            }
        }
        guard let tables else {
            throw RequestFault(
                .unprocessable, at: "tables", "there are none", remedy: "give \"tables\": lists of rows by the names of the tables")
        }
        self.init(tables: tables, reasons: reasons ?? Self.usualReasons, consent: consent)
    }

    private static func tables(_ reader: inout JSONReader, _ limits: Limits) throws(RequestFault) -> [String: [AttributeTexts]] {
        var tables: [String: [AttributeTexts]] = [:]
        var count = 0
        try reader.beginObject()
        while let name = try reader.nextName() {
            guard tables[name] == nil else { throw reader.repeated() }
            guard tables.count < mostTables else {
                throw reader.fault(.unprocessable, "more than \(mostTables) tables", remedy: "send those that the model reads")
            }
            var rows: [AttributeTexts] = []
            try reader.beginArray()
            while try reader.nextElement() {
                count += 1
                guard count <= limits.rows else {
                    throw reader.fault(.unprocessable, "more than \(limits.rows) rows", remedy: "send the latest of each table")
                }
                rows.append(try AttributeTexts(&reader, textBytes: limits.textBytes))
            }
            tables[name] = rows
        }
        return tables
    }
}
