internal import EventStream
internal import Glibc
internal import SettingsFiles

extension Figure {
    /// {set: {events, sessions, visitors, rejects, duplicates, seconds}} for every set that is there.
    static let importCounts = Figure(
        pattern: "import-counts",
        summary: "events, sessions, visitors and refused rows of every set that has a mapping in tools/figures.d and a folder in DIR"
    ) { context in
        let plan = try SettingsFile.read(ImportPlan.self, from: context.settings("import-counts.yaml"))
        var result: [String: FigureValue] = [:]
        for set in plan.sets {
            let files = set.files.flatMap { FileNames.matching("\(context.data)/\(set.set)/\($0)") }
            guard !files.isEmpty else { continue }
            FigureContext.say("\(set.set): \(files.count) files")
            let summary = try context.withScratchFolder { folder in
                var rejects = RejectCollector()
                return try ExportFiles(files, mapping: context.settings(set.mapping), gapMinutes: set.gapMinutes ?? 30)
                    .makeCorpus(at: "\(folder)/corpus", rejects: &rejects)
            }
            result[set.set] = [
                "events": .integer(summary.counts.events), "sessions": .integer(summary.counts.sessions),
                "visitors": .integer(summary.counts.visitors), "rejects": .integer(summary.counts.rejects.values.reduce(0, +)),
                "duplicates": .integer(summary.counts.duplicates), "seconds": .number(summary.seconds),
            ]
        }
        guard !result.isEmpty else {
            throw FigureError(
                code: EX_NOINPUT,
                description:
                    "\(context.data): none of \(plan.sets.map(\.set).joined(separator: ", ")) is there; name their root with --data")
        }
        return .object(result)
    }
}

/// Which sets are counted, and how their files are read.
struct ImportPlan: Codable {
    struct Set: Codable {
        var set: String
        /// Names or patterns; all that match are one export. The first that matches counts where both forms of a file could be there.
        var files: [String]
        var mapping: String
        var gapMinutes: Double?

        enum CodingKeys: String, CodingKey {
            case set, files, mapping
            case gapMinutes = "gap_minutes"
        }
    }
    var sets: [Set]
}

/// Export files of one kind with their mapping.
struct ExportFiles {
    let files: [String]
    let mapping: String
    let gapMinutes: Double

    init(_ files: [String], mapping: String, gapMinutes: Double = 30) {
        self.files = files
        self.mapping = mapping
        self.gapMinutes = gapMinutes
    }

    func makeCorpus(at path: String, rejects: inout RejectCollector) throws -> ImportSummary {
        let columns = try SettingsFile.read(ExportMapping.self, from: mapping)
        var sources: [any EventSource] = []
        for (number, file) in files.enumerated() {
            sources.append(try ExportReaders.open(file, mapping: columns, fileNumber: number + 1))
        }
        var settings = ImportSettings()
        settings.sessions = SessionRules(gapSeconds: gapMinutes * 60)
        return try ExportImporter(settings).run(sources: sources, to: path, rejects: &rejects)
    }
}

/// Files by shell pattern, sorted.
enum FileNames {
    static func matching(_ pattern: String) -> [String] {
        var found = glob_t()
        defer { globfree(&found) }
        guard glob(pattern, 0, nil, &found) == 0 else { return [] }
        return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    }
}
