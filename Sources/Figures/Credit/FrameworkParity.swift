internal import CreditRisk
internal import DurableFiles
internal import EventStream
internal import SequenceKernel
internal import Studies

/// The same applicants read together, as in training, and one at a time, as a service does.
struct FrameworkParity {
    let examples: FrameworkExamples
    let configuration: FrameworkConfiguration
    private let applicants: Lines
    private let tables: [Lines]

    /// A table's text by the first field of its rows.
    private struct Lines {
        let header: ArraySlice<UInt8>
        var rows: [String: [UInt8]] = [:]

        init(_ text: [UInt8], keys: Set<String>) {
            let lines = text.split(separator: 0x0A)
            header = lines.first ?? []
            for line in lines.dropFirst() {
                let key = String(decoding: line.prefix { $0 != 0x2C }, as: UTF8.self)
                if keys.contains(key) { rows[key, default: []] += Array(line) + [0x0A] }
            }
        }

        func text(_ key: String) -> [UInt8] { Array(header) + [0x0A] + (rows[key] ?? []) }
    }

    init(_ export: ApplicantExport, _ configuration: FrameworkConfiguration, _ folder: String) throws {
        var text = "applicant_id,decision,overdue\n"
        for place in 0..<export.count {
            text += "\(export.names[place]),\(export.decisions[place]),\(Int(export.applicants.outcomes[place]))\n"
        }
        let texts = try configuration.tables.map { try ExportInput(path: "\(folder)/\($0.name).csv").wholeText() }
        var reader = try FrameworkReader(configuration)
        let names = configuration.tables.map { "\($0.name).csv" }
        examples = try reader.read(("applicants.csv", Array(text.utf8)), zip(names, texts).map { ($0, $1) })
        self.configuration = configuration
        let keys = Set(export.names.suffix(Self.compared))
        applicants = Lines(Array(text.utf8), keys: keys)
        tables = texts.map { Lines($0, keys: keys) }
    }

    private static let compared = 200

    /// How many of the last judged applicants have the same bytes on both ways.
    func figure(_ model: FrameworkModel, _ test: [Int], _ pool: WorkerPool) throws -> FigureValue {
        let chosen = Array(test.suffix(Self.compared))
        let together = examples.subset(chosen)
        let scores = try model.probabilities(together, pool: pool)
        let (all, _) = try model.encoder.encoded(together)
        var (sameTensors, sameScores) = (0, 0)
        let scratch = FrameworkModel.Scratch(model)
        for (place, key) in together.keys.enumerated() {
            var reader = try FrameworkReader(configuration)
            let own = try reader.read(
                ("one.csv", applicants.text(key)), zip(configuration.tables, tables).map { ($0.name, $1.text(key)) })
            let score = try model.probability(of: 0, in: own, scratch)
            if score.bitPattern == scores[place].bitPattern { sameScores += 1 }
            let isSame = scratch.encoded.tables.indices.allSatisfy { table in
                let rows = all.offsets[table][place]..<all.offsets[table][place + 1], one = scratch.encoded.tables[table]
                let fields = all.tables[table].count == 0 ? 0 : all.tables[table].codes.count / all.tables[table].count
                let floats = all.tables[table].count == 0 ? 0 : all.tables[table].floats.count / all.tables[table].count
                let codes = all.tables[table].codes[rows.lowerBound * fields..<rows.upperBound * fields]
                let values = all.tables[table].floats[rows.lowerBound * floats..<rows.upperBound * floats]
                return Array(codes) == one.codes && values.map(\.bitPattern) == one.floats.map(\.bitPattern)
            }
            if isSame { sameTensors += 1 }
        }
        return [
            "compared": .integer(chosen.count), "same_tensors": .integer(sameTensors), "same_scores": .integer(sameScores),
        ]
    }
}
