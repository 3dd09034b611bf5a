internal import DurableFiles

/// Files that lie beside an export and belong to it: in its folder, in a folder of lookups there, or in an archive of them.
///
/// A path is named from the export's folder: `event.tsv`, `lookup/event.tsv.gz`, `suite_2026-11-21-lookup_data.tar.gz/event.tsv`.
final class CompanionFiles {
    /// Largest companion in memory, in bytes, unpacked.
    static let sizeLimit = 1 << 28
    private let folder: String
    private let export: String
    private let fileSystem: FileSystem
    private var archive: (name: String, bytes: [UInt8], entries: TarEntries)?

    /// - Parameter export: the file that the companions belong to.
    init(of export: String, in fileSystem: FileSystem = .live) {
        self.fileSystem = fileSystem
        let slash = export.lastIndex(of: "/")
        folder = slash.map { String(export[...$0]) } ?? ""
        self.export = slash.map { String(export[export.index(after: $0)...]) } ?? export
    }

    /// Where a file lies that the archive of lookups calls so; nil where there is none.
    func find(_ name: String) throws(ExportError) -> String? {
        let own = names("")
        let packed = [name, name + ".gz", name + ".zst"]
        if let found = packed.first(where: { own.contains($0) }) { return found }
        for part in own where AdobeFeed.isLookupFolder(part) {
            let there = names(part)
            if let found = packed.first(where: { there.contains($0) }) { return part + "/" + found }
        }
        let archives = own.filter(Self.isArchive)
        // Of the archives of several days the one of this day's hits.
        let same = archives.first { name in
            let day = Self.day(of: name)
            return !day.isEmpty && export.contains(day)
        }
        guard let chosen = same ?? archives.last else { return nil }
        return try open(chosen).entries.files[name] == nil ? nil : chosen + "/" + name
    }

    /// The content of a file by its path, as UTF-8.
    func content(_ path: String, _ encoding: ExportMapping.Encoding) throws(ExportError) -> [UInt8] {
        if let slash = path.lastIndex(of: "/"), Self.isArchive(String(path[..<slash])) {
            let archive = try open(String(path[..<slash]))
            guard let range = archive.entries.files[String(path[path.index(after: slash)...])] else {
                throw ExportError(
                    .noInput, place: folder + path, reason: "the archive holds no such file", remedy: "fetch the archive again")
            }
            return try convert(Array(archive.bytes[range]), encoding)
        }
        return try convert(ExportInput(path: folder + path, in: fileSystem).unpacked(limit: Self.sizeLimit), encoding)
    }

    /// `suite_2026-11-21` of `suite_2026-11-21-lookup_data.tar.gz`.
    private static func day(of archive: String) -> Substring {
        var rest = archive[...]
        while let dash = rest.lastIndex(of: "-") {
            if archive[dash...].hasPrefix("-lookup_data") { return archive[..<dash] }
            rest = archive[..<dash]
        }
        return ""
    }

    private static func isArchive(_ name: String) -> Bool {
        [".tar.gz", ".tgz", ".tar"].contains { name.hasSuffix("lookup_data" + $0) }
    }

    private func names(_ part: String) -> [String] {
        let place = folder + part
        return (try? fileSystem.names(in: place.isEmpty ? "." : place)) ?? []
    }

    private func convert(_ bytes: [UInt8], _ encoding: ExportMapping.Encoding) throws(ExportError) -> [UInt8] {
        let conversion = CharacterConversion(MemoryBytes(bytes), encoding: encoding)
        var text = [UInt8](repeating: 0, count: bytes.count * 3 + 16)
        var count = 0
        while true {
            let got = try readPortion(of: conversion, into: &text, from: count)
            if got == 0 { return Array(text[..<count]) }
            count += got
        }
    }

    private func open(_ name: String) throws(ExportError) -> (name: String, bytes: [UInt8], entries: TarEntries) {
        if let archive, archive.name == name { return archive }
        // As they lie there: characters are converted file by file.
        let bytes = try ExportInput(path: folder + name, in: fileSystem).unpacked(limit: Self.sizeLimit)
        guard let entries = TarEntries(bytes) else {
            throw ExportError(
                .badData, place: folder + name, reason: "it is no whole tar archive",
                remedy: "fetch it again, or unpack it into a folder `lookup`")
        }
        let opened = (name: name, bytes: bytes, entries: entries)
        archive = opened
        return opened
    }
}
