import DurableFiles
import EventStream
import FoundationEssentials

/// A delivery of Adobe's data feed in a folder: either an error with a remedy, or a corpus that is the same however it is read.
///
/// The first byte says what lies in the folder (``Shape``). Behind it stand the hits, the names of their columns, the manifest and the
/// lookups, with a byte 0x1E between; the lookups are a tar archive, or the text of one table. Names and lookups of no bytes are not there.
enum Feeds {
    /// What lies in the folder.
    struct Shape: OptionSet {
        let rawValue: UInt8
        /// A manifest.
        static let manifest = Shape(rawValue: 1)
        /// The lookups as they are, as an archive; else as a table in a folder.
        static let archive = Shape(rawValue: 2)
        /// A file `.fin`.
        static let finished = Shape(rawValue: 4)
        /// A second delivery of the same within, of the older kind.
        static let nested = Shape(rawValue: 8)
        /// The names of columns in the folder of lookups; else beside the hits.
        static let namesInFolder = Shape(rawValue: 16)
        /// An empty part, too.
        static let emptyPart = Shape(rawValue: 32)
    }

    private static let folder = MemoryFile.folder()
    private static let day = "s_2026-01-01"

    private static func put(_ bytes: some Sequence<UInt8>, _ name: String, in folder: String) {
        // In place: an atomic write would force every one of thousands to the disk.
        do { try Data(bytes).write(to: URL(filePath: folder + "/" + name)) } catch { fatalError("\(name) cannot be written: \(error)") }
    }

    private static func make(_ path: String) {
        do { try FileSystem.live.makeDirectory(path) } catch { fatalError("\(path) cannot be made: \(error)") }
    }

    /// Lays the parts into a fresh folder.
    private static func lay(_ shape: Shape, _ parts: [ArraySlice<UInt8>], in feed: String) {
        make(feed)
        make(feed + "/lookup")
        put(parts[0], "01-\(day).tsv", in: feed)
        let (names, tables) = (parts[1], parts[3])
        if !names.isEmpty { put(names, shape.contains(.namesInFolder) ? "lookup/column_headers.tsv" : "column_headers.tsv", in: feed) }
        if shape.contains(.manifest) { put(parts[2], day + ".txt", in: feed) }
        if !tables.isEmpty { put(tables, shape.contains(.archive) ? day + "-lookup_data.tar" : "lookup/event.tsv", in: feed) }
        if shape.contains(.finished) { put([], day + ".fin", in: feed) }
        if shape.contains(.emptyPart) { put([], "02-\(day).tsv", in: feed) }
        guard shape.contains(.nested) else { return }
        make(feed + "/next")
        put(parts[0], "01-\(day).tsv", in: feed + "/next")
        put(names, "column_headers.tsv", in: feed + "/next")
        if !tables.isEmpty { put(tables, shape.contains(.archive) ? day + "-lookup_data.tar" : "event.tsv", in: feed + "/next") }
        put([], day + ".fin", in: feed + "/next")
    }

    /// Digest and refused rows of an import of the folder, or why there is none.
    private static func read(_ feed: String, inBlocks: Bool) -> String {
        var settings = ImportSettings()
        settings.threads = inBlocks ? 2 : 1
        settings.replacesCorpus = true
        settings.readsInBlocks = inBlocks
        var limits = Exports.limits(rowBytes: 200)
        limits.blockBytes = inBlocks ? 64 : limits.blockBytes
        var rejects = RejectCollector()
        do throws(ExportError) {
            let files = try ExportReaders.files(of: feed)
            promise(files.allSatisfy { $0.hasPrefix(feed + "/") }, "a file of another folder: \(files)")
            let parts = try ExportParts(files, limits: limits)
            promise(parts.paths.count + parts.empty.count == files.count, "a file is lost")
            let sources = try parts.sources(ExportReaders.guess(parts.sample, format: .adobeFeed))
            do throws(ImportError) {
                let summary = try ExportImporter(settings).run(sources: sources, to: folder + "/corpus", rejects: &rejects)
                return "\(summary.digest) \(rejects.countsByReason.map { "\($0.key)\($0.value)" }.sorted())"
            } catch { return "\(error)" }
        } catch {
            promise(!error.remedy.isEmpty, "a refusal without a remedy")
            return "\(error)"
        }
    }

    static let read: @Sendable (UnsafeRawBufferPointer) -> Void = { bytes in
        guard let first = bytes.first else { return }
        var parts = Array(bytes.dropFirst()).split(separator: 0x1E, maxSplits: 3, omittingEmptySubsequences: false)
        while parts.count < 4 { parts.append([]) }
        let feed = folder + "/feed"
        lay(Shape(rawValue: first), parts, in: feed)
        let whole = read(feed, inBlocks: false)
        let shared = read(feed, inBlocks: true)
        promise(whole == shared, "in blocks: \(shared), not \(whole)")
        do { try FileSystem.live.removeTree(feed) } catch { fatalError("\(feed) cannot be removed: \(error)") }
    }
}
