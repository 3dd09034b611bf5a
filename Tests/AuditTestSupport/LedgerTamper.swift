internal import Audit
import DurableFiles

/// A change of a ledger's file that must not go unseen, and what the verification has to say about it.
///
/// Done by somebody who knows the format: triggers are put back, and where it says so hashes are computed anew.
public enum LedgerTamper: Sendable, Equatable {
    /// One column of one entry.
    case editEntry(column: String, at: Int)
    /// Entries are removed, heads stay.
    case delete(ClosedRange<Int>)
    /// An entry is removed and those after it are renumbered.
    case deleteAndRenumber(Int)
    /// An entry is put in, with the right hash, and those after it are renumbered.
    case insertAndRenumber(Int)
    /// An entry is added at the end, with the right hash.
    case appendForged
    /// Two entries change their numbers.
    case swapEntries(Int, Int)
    /// Two entries change what they say; numbers and hashes stay.
    case swapContents(Int, Int)
    /// The entries after this one are removed; heads stay.
    case truncate(after: Int)
    /// The entries after this one are removed, and their heads. Only an anchor tells.
    case truncateWithHeads(after: Int)
    /// An entry is edited, and the hashes from there to another are computed anew.
    case rewrite(ClosedRange<Int>)
    /// An entry is edited, all hashes and heads after it are made anew, with signatures by nobody.
    case rewriteWithHeads(from: Int)
    /// One column of one head.
    case editHead(column: String, at: Int)
    /// A head is removed.
    case deleteHead(Int)

    /// Columns of an entry.
    public static let entryColumns = [
        "seq", "time", "kind", "purpose", "actor", "subject", "model", "taxonomy", "software", "consent", "input_digest", "sealed_input",
        "output", "evidence", "previous", "hash",
    ]
    /// Columns of a head.
    public static let headColumns = ["seq", "time", "hash", "previous", "key", "signature"]

    /// How far an entry or head goes whose number is edited.
    public static let far = 1_000_000

    /// Changes the file, which nobody else may have open.
    public func apply(to path: String) throws {
        let file = try RawSQLite(path)
        try file.withoutTriggers { try change(file) }
    }

    /// Makes several changes at once.
    public static func applyAll(_ tampers: [LedgerTamper], to path: String) throws {
        let file = try RawSQLite(path)
        try file.withoutTriggers { for tamper in tampers { try tamper.change(file) } }
    }

    private func change(_ file: RawSQLite) throws {
        switch self {
        case .editEntry("seq", let place): try file.run("UPDATE entries SET seq = seq + \(Self.far) WHERE seq = \(place)")
        case .editEntry(let column, let place): try Self.edit(file, "entries", column, place)
        case .delete(let range): try file.run("DELETE FROM entries WHERE seq BETWEEN \(range.lowerBound) AND \(range.upperBound)")
        case .deleteAndRenumber(let place):
            try file.run("DELETE FROM entries WHERE seq = \(place)")
            try file.run("UPDATE entries SET seq = 1 - seq WHERE seq > \(place)")
            try file.run("UPDATE entries SET seq = - seq WHERE seq < 0")
        case .insertAndRenumber(let place):
            try file.run("UPDATE entries SET seq = - seq - 1 WHERE seq >= \(place)")
            try file.run("UPDATE entries SET seq = - seq WHERE seq < 0")
            try Self.insertForged(file, at: place)
        case .appendForged:
            guard case .integer(let last) = try file.run("SELECT max(seq) FROM entries")[0][0] else { return }
            try Self.insertForged(file, at: Int(last) + 1)
        case .swapEntries(let first, let second):
            try file.run("UPDATE entries SET seq = -1 WHERE seq = \(first)")
            try file.run("UPDATE entries SET seq = \(first) WHERE seq = \(second)")
            try file.run("UPDATE entries SET seq = \(second) WHERE seq = -1")
        case .swapContents(let first, let second):
            let contents = Self.entryColumns.filter { !["seq", "previous", "hash"].contains($0) }
            let rows = try [first, second].map {
                try file.run("SELECT \(contents.joined(separator: ",")) FROM entries WHERE seq = \($0)")[0]
            }
            for (place, row) in [(first, rows[1]), (second, rows[0])] {
                let changes = zip(contents, row).map { "\($0) = \($1.sql)" }.joined(separator: ", ")
                try file.run("UPDATE entries SET \(changes) WHERE seq = \(place)")
            }
        case .truncate(let last): try file.run("DELETE FROM entries WHERE seq > \(last)")
        case .truncateWithHeads(let last):
            try file.run("DELETE FROM entries WHERE seq > \(last)")
            try file.run("DELETE FROM heads WHERE seq > \(last)")
        case .rewrite(let range): try Self.rewrite(file, range)
        case .rewriteWithHeads(let first):
            guard case .integer(let last) = try file.run("SELECT max(seq) FROM entries")[0][0] else { return }
            try Self.rewrite(file, first...Int(last))
            try Self.rewriteHeads(file, from: first)
        case .editHead("seq", let place): try file.run("UPDATE heads SET seq = seq + \(Self.far) WHERE seq = \(place)")
        case .editHead(let column, let place): try Self.edit(file, "heads", column, place)
        case .deleteHead(let place): try file.run("DELETE FROM heads WHERE seq = \(place)")
        }
    }

    private static func edit(_ file: RawSQLite, _ table: String, _ column: String, _ place: Int) throws {
        let changed: RawSQLite.Value
        switch try file.run("SELECT \(column) FROM \(table) WHERE seq = \(place)")[0][0] {
        case .null: changed = .blob([0])
        case .integer(let number): changed = .integer(number + 1)
        case .text(let text): changed = .text(text + "x")
        case .blob(var bytes):
            if bytes.isEmpty { bytes = [0] } else { bytes[bytes.count / 2] ^= 1 }
            changed = .blob(bytes)
        }
        try file.run("UPDATE \(table) SET \(column) = \(changed.sql) WHERE seq = \(place)")
    }

    private static func insertForged(_ file: RawSQLite, at place: Int) throws {
        var row = try file.run("SELECT \(entryColumns.joined(separator: ",")) FROM entries WHERE seq = \(place - 1)")[0]
        row[0] = .integer(Int64(place))
        row[2] = .integer(1)
        row[12] = .blob(Array("forged".utf8))
        row[14] = row[15]
        row[15] = .blob(CanonicalBytes.hash(of: row))
        try file.run("INSERT INTO entries (\(entryColumns.joined(separator: ","))) VALUES (\(row.map(\.sql).joined(separator: ",")))")
    }

    private static func rewrite(_ file: RawSQLite, _ range: ClosedRange<Int>) throws {
        try edit(file, "entries", "output", range.lowerBound)
        var previous: RawSQLite.Value?
        for place in range {
            var row = try file.run("SELECT \(entryColumns.joined(separator: ",")) FROM entries WHERE seq = \(place)")[0]
            if let previous { row[14] = previous }
            let hash = RawSQLite.Value.blob(CanonicalBytes.hash(of: row))
            try file.run("UPDATE entries SET previous = \(row[14].sql), hash = \(hash.sql) WHERE seq = \(place)")
            previous = hash
        }
    }

    private static func rewriteHeads(_ file: RawSQLite, from first: Int) throws {
        var before = try file.run("SELECT \(headColumns.joined(separator: ",")) FROM heads WHERE seq < \(first) ORDER BY seq DESC LIMIT 1")
            .first
        for head in try file.run("SELECT \(headColumns.joined(separator: ",")) FROM heads WHERE seq >= \(first) ORDER BY seq") {
            var head = head
            head[2] = try file.run("SELECT hash FROM entries WHERE seq = \(head[0].sql)")[0][0]
            head[3] = .blob(before.map { CanonicalBytes.digest(ofHead: $0) } ?? [UInt8](repeating: 0, count: 32))
            try file.run("UPDATE heads SET hash = \(head[2].sql), previous = \(head[3].sql) WHERE seq = \(head[0].sql)")
            before = head
        }
    }
}

/// The documented form of entries and heads, written a second time from the documentation alone.
enum CanonicalBytes {
    static func hash(of row: [RawSQLite.Value]) -> [UInt8] {
        guard case .blob(let previous) = row[14] else { return [] }
        return sha256(previous + [1] + row[..<14].flatMap(field))
    }

    static func digest(ofHead row: [RawSQLite.Value]) -> [UInt8] {
        sha256(([.text("tessera ledger head 1")] + row).flatMap(field))
    }

    private static func sha256(_ bytes: [UInt8]) -> [UInt8] {
        let digest = SHA256Digest()
        digest.update(bytes)
        return digest.finish()
    }

    private static func field(_ value: RawSQLite.Value) -> [UInt8] {
        switch value {
        case .null: [255, 255, 255, 255]
        case .integer(let number): [8, 0, 0, 0] + (0..<8).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
        case .text(let text): length(text.utf8.count) + Array(text.utf8)
        case .blob(let bytes): length(bytes.count) + bytes
        }
    }

    private static func length(_ count: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } }
}
