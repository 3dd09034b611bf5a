/// What a simulated export hides of the time after each session: the product that is applied for within 30 days, if any.
public struct HiddenConversions: Sendable, Equatable {
    /// What follows one session of a person.
    public struct Conversion: Sendable, Equatable {
        /// The product, as a place in ``HiddenConversions/products``; nil where no application follows.
        public let product: Int?
        /// Days from the session to the application, 0 to 30; nil where none follows.
        public let days: Int?
    }

    /// Products that are applied for, by name.
    public let products: [String]
    /// By session name. Sessions of bots are left out.
    public let sessions: [String: Conversion]

    /// Reads `conversions.csv` of a folder as the simulator writes it.
    /// - Throws: ``StudyError/file(_:)`` where the file cannot be read (exports from before there were conversions have none),
    ///   ``StudyError/badTruth(file:line:reason:)`` where it is not what the simulator writes.
    public init(folder: String) throws(StudyError) {
        let file = "\(folder)/conversions.csv"
        let rows = try HiddenTruth.rows(file, columns: ["session_id", "product", "days"])
        products = Set(rows.map { $0[1] }).subtracting(["none"]).sorted()
        let places = Dictionary(uniqueKeysWithValues: products.enumerated().map { ($1, $0) })
        var sessions: [String: Conversion] = [:]
        for (line, row) in rows.enumerated() {
            func wrong(_ reason: String) -> StudyError { .badTruth(file: file, line: line + 2, reason: reason) }
            guard !row[0].isEmpty, !row[1].isEmpty else { throw wrong("expected a session and a product or none") }
            let days = Int(row[2])
            guard row[1] == "none" ? row[2].isEmpty : days.map({ (0...30).contains($0) }) ?? false else {
                throw wrong("expected days from 0 to 30 beside a product, and nothing beside none")
            }
            guard sessions.updateValue(Conversion(product: places[row[1]], days: days), forKey: row[0]) == nil else {
                throw wrong("a session for the second time")
            }
        }
        self.sessions = sessions
    }
}
