package import EventStream
internal import FoundationEssentials

/// A session whose events come one after another, as it is so far.
package struct RememberedSession: Sendable, Equatable, Codable {
    /// The bundle that it was begun with: another one has other fields.
    package var bundle: String
    /// Its events.
    package var record: SessionRecord
    /// Whether the last event said its `dwell_s`, and be it null: what comes after it then does not change it.
    package var saysDwell: Bool

    /// A session.
    package init(bundle: String, record: SessionRecord, saysDwell: Bool) {
        (self.bundle, self.record, self.saysDwell) = (bundle, record, saysDwell)
    }

    /// Bytes of memory, about.
    package static func size(_ session: RememberedSession) -> Int {
        let record = session.record
        let texts = record.texts.values.reduce(0) { sum, column in
            sum + column.reduce(0) { $0 + MemoryLayout<String?>.stride + ($1.map { $0.utf8.count > 15 ? $0.utf8.count + 32 : 0 } ?? 0) }
        }
        return 512 + record.visitor.utf8.count + texts + record.numbers.count * record.times.count * 16 + record.times.count * 40
            + (record.texts.count + record.numbers.count) * 96
    }

    /// As the log of sessions keeps it: JSON.
    package static let coding = SessionCoding<RememberedSession>(
        encode: { session in
            // Plain values: numbers that JSON cannot say are nil in a record.
            Array((try? JSONEncoder().encode(session)) ?? Data())
        }, decode: { try? JSONDecoder().decode(RememberedSession.self, from: Data($0)) })
}
