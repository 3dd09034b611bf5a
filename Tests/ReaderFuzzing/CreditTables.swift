import CreditRisk
import FoundationEssentials

/// Raw tables of applicants and their records. Every row is taken or refused, and what is taken can be encoded.
enum CreditTables {
    /// The first byte chooses how times are written and histories are made; the applicants' table ends where a byte 0x1E stands, and the
    /// rest is the table of records.
    static let read: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard bytes.count > 1 else { return }
        let text = bytes.dropFirst(), end = text.firstIndex(of: 0x1E) ?? text.endIndex
        let (applicants, records) = (Array(text[..<end]), Array(text[end...].dropFirst()))
        let configuration = configuration(bytes[0])
        do throws(FrameworkError) {
            var reader = try FrameworkReader(configuration)
            let examples = try reader.read(("applicants", applicants), [("records", records)])
            let lines = (applicants + records).count { $0 == 0x0A || $0 == 0x0D } + 2
            let taken = examples.count + (examples.counts.records["t"] ?? 0)
            promise(taken + reader.refused <= lines, "\(taken) rows taken, \(reader.refused) refused of \(lines) lines")
            promise(reader.refusals.count == min(reader.refused, 100), "\(reader.refused) refusals, \(reader.refusals.count) told")
            for refusal in reader.refusals {
                promise((1...lines).contains(refusal.line) && refusal.reason.contains("; "), "a refusal without line or remedy")
            }
            try encodes(examples, configuration)
        } catch { promise("\(error)".contains("; "), "a refusal without a remedy: \(error)") }
    }

    private static func configuration(_ options: UInt8) -> FrameworkConfiguration {
        var table = FrameworkConfiguration.Table(name: "t", key: "k", time: "at")
        (table.categorical, table.numeric, table.times, table.missing) = (["c"], ["x"], ["m"], ["NA"])
        table.vectors = [.init(name: "v", columns: ["v0", "v1"])]
        let units = FrameworkConfiguration.TimeUnit.allCases
        table.unit = units[Int(options) % units.count]
        var history = FrameworkConfiguration.History(["t"], pause: options & 8 == 0 ? nil : 60)
        (history.items, history.records) = (options & 16 == 0 ? 200 : 2, 2)
        var configuration = FrameworkConfiguration(tables: [table], histories: [history])
        (configuration.applicants.key, configuration.applicants.decision) = ("k", "at")
        (configuration.applicants.outcome, configuration.applicants.outcomeTime) = ("y", "known")
        (configuration.applicants.categorical, configuration.applicants.numeric) = (["c"], ["x"])
        configuration.applicants.unit = table.unit
        configuration.network.missingCodes = options & 32 == 0
        configuration.network.leastCount = 1
        return configuration
    }

    private static func encodes(
        _ examples: FrameworkExamples, _ configuration: FrameworkConfiguration
    ) throws(FrameworkError) {
        let encoder = try FrameworkEncoder(examples, configuration)
        let (encoded, counts) = try encoder.encoded(examples)
        let rows = encoded.tables[0]
        promise(encoded.count == examples.count && rows.count == counts.kept, "\(counts.kept) records kept, \(rows.count) encoded")
        promise(rows.codes.allSatisfy { $0 > FieldCode.padding }, "a record has the number of padding")
        promise((rows.floats + encoded.profile.floats).allSatisfy { $0.magnitude <= 10 }, "a float is not finite or too large")
        do {
            let again = try JSONDecoder().decode(FrameworkEncoder.self, from: try JSONEncoder().encode(encoder))
            promise(again == encoder, "an encoder comes back as another")
        } catch { promise(false, "an encoder is refused: \(error)") }
        guard examples.count > 0 else { return }
        let alone = try encoder.encoded(examples.subset([examples.count - 1])).0
        promise(rows.codes.suffix(alone.tables[0].codes.count) == alone.tables[0].codes[...], "one alone is encoded as another")
    }
}
