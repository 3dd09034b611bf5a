internal import Evaluation
public import Recommendation
public import SequenceEmbedding

#if canImport(Glibc)
    private import Glibc
#elseif canImport(Darwin)
    private import Darwin
#endif

/// Takes: sessions of a corpus.   Gives: what a production system without sequence models has of them, log(1 + count) of each frequent value.
///
/// Which values are counted is learnt once: of every categorical and url field those that the most training sessions have.
public struct PageCounts: Sendable, Equatable, Codable {
    /// A field and the values that are counted.
    public struct Field: Sendable, Equatable, Codable {
        /// The field.
        public var name: String
        /// Its values, the most frequent first, ties by text.
        public var values: [String]
    }

    /// Fields with at least one value.
    public let fields: [Field]

    /// Most values of a field unless told otherwise.
    public static let usualValues = 100

    /// Learns which values to count.
    /// - Parameter sessions: those of training; a value must occur in those of ``AppTables/fewestCustomers`` visitors, as the files of a model
    ///   hold it.
    public init(_ table: any EventTable, sessions: [Int], valuesOfField: Int = usualValues) {
        fields = table.fields.compactMap { field in
            guard field.kind == .categorical || field.kind == .url, let codes = table.codes(field.name) else { return nil }
            var tally = [Int](repeating: 0, count: table.dictionaryCount(field.name) + 1)
            var seen = Set<Int32>()
            var visitors = [Set<Int32>](repeating: [], count: tally.count)
            for session in sessions {
                seen.removeAll(keepingCapacity: true)
                let visitor = Int32(truncatingIfNeeded: table.visitor(ofSession: session))
                for event in table.events(ofSession: session) where seen.insert(codes[event]).inserted {
                    let code = Int(codes[event])
                    tally[code] += 1
                    if visitors[code].count < AppTables.fewestCustomers { visitors[code].insert(visitor) }
                }
            }
            var found: [(value: String, count: Int)] = []
            for code in tally.indices.dropFirst() where visitors[code].count >= AppTables.fewestCustomers {
                found.append((table.withEntry(field.name, code - 1) { String(decoding: $0, as: UTF8.self) }, tally[code]))
            }
            found.sort { $0.count != $1.count ? $0.count > $1.count : $0.value.utf8.lexicographicallyPrecedes($1.value.utf8) }
            return found.isEmpty ? nil : Field(name: field.name, values: found.prefix(valuesOfField).map(\.value))
        }
    }

    /// One a column: `page=home`, then events and seconds.
    public var columns: [String] {
        fields.flatMap { field in field.values.map { "\(field.name)=\($0)" } } + ["(events)", "(seconds)"]
    }

    /// Counts of every session of a table, log(1 + count), with log(1 + events) and log(1 + seconds).
    /// - Throws: ``StudyError/noSuchField(corpus:field:available:)`` where the table lacks a field.
    public func floats(_ table: any EventTable) throws(StudyError) -> SessionFloats {
        let width = fields.reduce(2) { $0 + $1.values.count }
        var floats = [Float](repeating: 0, count: table.sessionCount * width)
        var first = 0
        for field in fields {
            guard let codes = table.codes(field.name) else {
                throw .noSuchField(
                    corpus: "the corpus", field: field.name, available: table.fields.filter { $0.kind != .outcome }.map(\.name))
            }
            var places: [String: Int] = [:]
            for (place, value) in field.values.enumerated() { places[value] = place }
            let map =
                [-1]
                + (0..<table.dictionaryCount(field.name)).map { entry in
                    table.withEntry(field.name, entry) { places[String(decoding: $0, as: UTF8.self)] ?? -1 }
                }
            for session in 0..<table.sessionCount {
                for event in table.events(ofSession: session) where map[Int(codes[event])] >= 0 {
                    floats[session * width + first + map[Int(codes[event])]] += 1
                }
            }
            first += field.values.count
        }
        for session in 0..<table.sessionCount {
            let events = table.events(ofSession: session)
            floats[(session + 1) * width - 2] = Float(events.count)
            if let last = events.last, table.times[events.lowerBound] != .min, table.times[last] != .min {
                floats[(session + 1) * width - 1] = Float(max(0, Double(table.times[last]) - Double(table.times[events.lowerBound])) * 1e-6)
            }
        }
        for place in floats.indices { floats[place] = log1pf(floats[place]) }
        return SessionFloats(name: SessionBlock.pages.rawValue, columns: columns, floats: floats)
    }
}
