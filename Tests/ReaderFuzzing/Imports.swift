import DurableFiles
import EventStream

/// Whole imports: the corpus and the refusals of one thread reading from front to back are those of several threads sharing a file
/// in small blocks, with too little memory to sort in.
enum Imports {
    struct Outcome: Equatable {
        var digest: String?
        var rejects: [Reject] = []
        var total = 0
        var error: String?
    }

    private static let corpus = MemoryFile.folder() + "/corpus"

    static func run(
        _ path: String, _ mapping: ExportMapping, _ limits: ExportLimits, threads: Int, memory: Int, inBlocks: Bool
    ) -> Outcome {
        var settings = ImportSettings()
        settings.threads = threads
        settings.memoryLimit = memory
        settings.replacesCorpus = true
        settings.readsInBlocks = inBlocks
        var rejects = RejectCollector()
        var outcome = Outcome()
        do {
            let reader = try ExportReaders.open(path, mapping: mapping, limits: limits)
            outcome.digest = try ExportImporter(settings).run(sources: [reader], to: corpus, rejects: &rejects).digest
            (outcome.rejects, outcome.total) = (rejects.first, rejects.total)
        } catch { outcome.error = "\(error)" }
        return outcome
    }

    /// The first byte chooses the format and how the file is shared; the rest is what the format's own target reads.
    static let shared: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard bytes.count > 4 else { return }
        let choice = bytes[0]
        let rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
        let isDelimited = choice & 1 == 0
        let mapping = isDelimited ? Exports.delimitedMapping(rest) : Exports.jsonLinesMapping(rest[0])
        let file = MemoryFile(rest.dropFirst(isDelimited ? 3 : 1))
        var limits = Exports.limits(rowBytes: 200)
        let whole = run(file.path, mapping, limits, threads: 1, memory: 1 << 20, inBlocks: false)
        limits.blockBytes = [1, 7, 64, 300][Int(choice >> 1) & 3]
        let parts = run(
            file.path, mapping, limits, threads: 1 + Int(choice >> 3) & 3, memory: choice & 32 == 0 ? 1 : 1 << 20, inBlocks: true)
        promise(whole == parts, "in blocks of \(limits.blockBytes) bytes: \(parts), not \(whole)")
    }
}
