/// What texts of one field stand for. Read by many threads, never changed.
final class LookupTable {
    private let keys = ByteStringTable()
    private let names = ByteStringTable()

    /// - Parameters:
    ///   - values: come first.
    ///   - lines: `text TAB name`, with perhaps more columns behind; lines without a tab say nothing.
    init(values: [String: String], lines: [UInt8] = []) {
        for (key, name) in values.sorted(by: { $0.key < $1.key }) { add(Array(key.utf8)[...], Array(name.utf8)[...]) }
        for line in lines.split(separator: 0x0A) {
            let line = line.last == 0x0D ? line.dropLast() : line
            guard let tab = line.firstIndex(of: 0x09) else { continue }
            let rest = line[(tab + 1)...]
            let name = rest[..<(rest.firstIndex(of: 0x09) ?? rest.endIndex)]
            guard name.withUnsafeBufferPointer({ $0.baseAddress.map { isUTF8($0, 0, name.count) } ?? false }) else { continue }
            add(line[..<tab], name)
        }
    }

    private func add(_ key: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) {
        let before = keys.count
        guard key.withUnsafeBytes({ keys.number(of: $0) }) == before else { return }
        name.withUnsafeBytes { names.append($0) }
    }

    /// Entries.
    var count: Int { keys.count }

    /// What a text stands for; nil where it is not listed.
    @inline(__always)
    func name(of text: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? { keys.known(text).map { names[$0] } }

    /// The same for the entries of a text, put together anew.
    func names(of text: TextSlice, separator: UInt8, _ scratch: ByteScratch) -> UnsafeRawBufferPointer {
        scratch.removeAll()
        var entries = ListedTexts(text, separator: separator)
        var isFirst = true
        while let entry = entries.next() {
            if !isFirst { scratch.append(separator) }
            isFirst = false
            let found = name(of: entry.raw) ?? entry.beforeEquals.flatMap { name(of: $0.raw) }
            for byte in found ?? entry.raw { scratch.append(byte) }
        }
        return UnsafeRawBufferPointer(start: scratch.bytes, count: scratch.count)
    }
}

extension TextSlice {
    /// What stands before the first `=`; nil without one.
    fileprivate var beforeEquals: TextSlice? {
        for i in 0..<max(0, count) where bytes[i] == UInt8(ascii: "=") { return TextSlice(bytes, i) }
        return nil
    }
}

/// The tables of a mapping's fields, read once for each file.
struct LookupTables {
    /// For each field, where it has one.
    let tables: [LookupTable?]
    /// What stands between the entries of the field's text; nil for one entry.
    let separators: [UInt8?]

    /// The tables of values alone; files are not looked at.
    init(_ mapping: ExportMapping) { self.init(mapping) { _ in [] } }

    /// - Parameter lines: gives the content of a file by its name in the mapping, as UTF-8.
    init<Failure: Error>(_ mapping: ExportMapping, lines: (String) throws(Failure) -> [UInt8]) throws(Failure) {
        var tables: [LookupTable?] = []
        for field in mapping.fields {
            guard let lookup = field.lookup else {
                tables.append(nil)
                continue
            }
            let lines = if let file = lookup.file { try lines(file) } else { [UInt8]() }
            tables.append(LookupTable(values: lookup.values, lines: lines))
        }
        self.tables = tables
        separators = mapping.fields.map { field in field.kind == .text ? field.separator?.utf8.first : nil }
    }
}
