import Audit
import DurableFiles
import Glibc

/// A fresh folder for one test, and what tests put into ledgers; removed with the value.
final class LedgerFolder {
    let path: String
    static let key = secretKey(7)
    static let otherKey = secretKey(8)
    /// No word of it may ever be found in a file.
    static let plaintext = Array("browsed: mortgage calculator, overdraft".utf8)

    init() throws {
        // Thousands of commits are forced to the disk here; where the system keeps files in memory that costs nothing.
        let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/var/tmp"
        var template = Array("\(root)/ledger-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw FileError(.makeDirectory, root, code: errno) }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    deinit { try? FileSystem.live.removeTree(path) }

    func callAsFunction(_ name: String) -> String { path + "/" + name }

    func copy(_ name: String, to copy: String) throws {
        try AtomicFile.write(try FileSystem.live.contents(of: self(name)), to: self(copy))
    }

    /// All bytes of all files.
    func bytes() throws -> [UInt8] {
        try FileSystem.live.names(in: path).flatMap { try FileSystem.live.contents(of: self($0)) }
    }

    static func secretKey(_ byte: UInt8) -> SigningKey {
        guard let key = try? SigningKey(secret: [UInt8](repeating: byte, count: 32)) else { fatalError("no key") }
        return key
    }

    static func master() throws -> VaultKey { try VaultKey(secret: [UInt8](repeating: 9, count: 32)) }

    static func subject(_ number: Int) -> [UInt8] { [UInt8](repeating: UInt8(number & 255), count: 31) + [UInt8(number >> 8 & 255)] }

    /// Entry by number: always the same, no two alike.
    static func entry(_ number: Int) -> LedgerEntry {
        LedgerEntry(
            number % 10 == 3 ? .review : .decision, purpose: number % 2 == 0 ? "marketing" : "credit", actor: "label",
            time: 1_700_000_000_000_000 + Int64(number) * 1_000_000, subject: subject(number % 17), model: [1, 2, 3, UInt8(number % 3)],
            taxonomy: [4], software: "0.9", consent: .given, inputDigest: [UInt8(number & 255), 5],
            sealedInput: number % 4 == 0 ? nil : [6, UInt8(number & 255)], output: Array("intent \(number)".utf8),
            evidence: number % 5 == 0 ? [] : [7, 8])
    }

    /// A ledger of entries in commits of varied sizes. Returns the places of its heads.
    @discardableResult
    func ledger(_ name: String, entries: Int, key: SigningKey? = LedgerFolder.key) throws -> [Int] {
        let ledger = try Ledger(at: self(name), .create, signingKey: key)
        var heads = key == nil ? [] : [1]
        var next = heads.count + 1
        for size in [1, 7, 1, 2, 12].cycled(until: entries) {
            let last = min(next + size - 1, entries)
            if last < next { break }
            try ledger.append((next...last).map(Self.entry))
            heads.append(last)
            next = last + 1
        }
        return heads
    }
}

extension [Int] {
    /// The elements over and over, a number of times.
    fileprivate func cycled(until count: Int) -> [Int] { (0..<count).map { self[$0 % self.count] } }
}

extension [UInt8] {
    /// Whether these bytes hold those.
    func contains(run: [UInt8]) -> Bool {
        withUnsafeBytes { all in
            run.withUnsafeBytes { run in
                var place = 0
                while place + run.count <= all.count, let found = memchr(all.baseAddress! + place, Int32(run[0]), all.count - place) {
                    place = found - UnsafeMutableRawPointer(mutating: all.baseAddress!)
                    if place + run.count <= all.count, memcmp(found, run.baseAddress!, run.count) == 0 { return true }
                    place += 1
                }
                return false
            }
        }
    }
}
