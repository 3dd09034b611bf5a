internal import Recommendation

/// What the simulator knows of impressions and decisions, beside its export.
public enum AppTruth {
    /// What a probability is given.
    public enum Knowledge: String, Sendable {
        /// The hidden need itself.
        case need = "click_probability"
        /// What can be known of it by reading the linked sessions: the simulator's own posterior.
        case sessions = "reference_probability"
    }

    /// The probability that each shown tile is the one clicked where all positions are examined alike, `[T]`.
    /// - Throws: ``StudyError/badTruth(file:line:reason:)`` for a file of another export.
    public static func tiles(_ path: String, _ tables: AppTables, given knowledge: Knowledge = .need) throws -> [Float] {
        guard let log = tables.log else { throw StudyError.missingFile(what: "impressions", option: "--impressions") }
        var places: [String: Int] = [:]
        for decision in 0..<log.decisions.count {
            for row in log.offsets[decision]..<log.offsets[decision + 1] {
                places[log.decisions.ids[decision] + "\n" + log.tileNames[Int(log.tiles[row])]] = row
            }
        }
        return try read(path, columns: ("impression_id", "tile", knowledge.rawValue), count: log.tiles.count) { places[$0 + "\n" + $1] }
    }

    /// The probability of each class for some decisions, `[chosen.count, K]`.
    /// - Throws: ``StudyError/badTruth(file:line:reason:)`` for a file of another export.
    public static func decisions(_ path: String, _ tables: AppTables, classes: [String], _ chosen: [Int]) throws -> [Float] {
        let numbers = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
        let rows = Dictionary(uniqueKeysWithValues: chosen.enumerated().map { (tables.decisions.ids[$1], $0) })
        return try read(path, columns: ("decision_id", "product", "probability"), count: chosen.count * classes.count) { id, product in
            guard let row = rows[id] else { return -1 }
            return numbers[product].map { row * classes.count + $0 }
        }
    }

    /// Numbers at places; a place of nil is an error, one below 0 is left out. All places must be met.
    private static func read(
        _ path: String, columns: (String, String, String), count: Int, _ place: (String, String) -> Int?
    ) throws -> [Float] {
        let table = try DelimitedTable(path, needed: columns.0)
        let (id, name, value) = (try table.require(columns.0), try table.require(columns.1), try table.require(columns.2))
        var floats = [Float](repeating: .nan, count: count)
        var fault: (line: Int, reason: String)?
        var refused = RejectedRows()
        table.rows(&refused) { row, _ in
            guard let own = place(row.text(id), row.text(name)), let number = DelimitedTable.number(row.text(value)),
                (0...1).contains(number)
            else {
                fault = fault ?? (row.line, "no probability of something in the export")
                return
            }
            if own >= 0 { floats[own] = Float(number) }
        }
        if let fault { throw StudyError.badTruth(file: path, line: fault.line, reason: fault.reason) }
        guard refused.total == 0, !floats.contains(where: \.isNaN) else {
            throw StudyError.badTruth(file: path, line: 1, reason: "it does not tell of everything in the export")
        }
        return floats
    }
}
