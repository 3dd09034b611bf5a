public import DurableFiles

/// The callers a service knows: a file of hashed keys, one a line.
///
/// ```
/// # name     scopes             rate      SHA-256 of the key
/// marketing  embed,intents,rank 200/s:400 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
/// prometheus metrics                      2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae
/// ```
///
/// Words are separated by blanks or tabs; the rate may be left out; what follows `#` is a comment. Two lines may bear one name, so that a key
/// can be replaced while the old one still works. Keys stand in the file as digests only: whoever reads it cannot use it. The digest is a fast
/// one, which is safe for the random keys of ``makeKey(named:scopes:rate:)`` and would not be for passwords.
public struct APIKeyFile: Sendable {
    /// Who the lines name, in their order.
    public let principals: [Principal]
    /// Four words a line.
    private let digests: [UInt64]
    /// Longest key that is looked at, in bytes.
    public static let longestKey = 256

    /// Reads a file.
    /// - Throws: ``APIKeyFileError`` where it cannot be read, others may change it or see it, or a line is wrong.
    public static func read(_ path: String, in fileSystem: FileSystem = .live) throws(APIKeyFileError) -> APIKeyFile {
        let status: FileSystem.Status?
        do { status = try fileSystem.status(of: path) } catch { throw APIKeyFileError(error) }
        if let status, status.kind == .file {
            guard status.permissions & 0o027 == 0 else {
                throw APIKeyFileError(
                    path, nil, status.permissions & 0o022 != 0 ? "others than its owner may change it" : "everybody may read it",
                    remedy: "take the permissions away (chmod 600, or 640 for a group that may read it)")
            }
        }
        let bytes: [UInt8]
        do { bytes = try fileSystem.contents(of: path, limit: 1 << 20) } catch { throw APIKeyFileError(error) }
        return try APIKeyFile(bytes, path: path)
    }

    /// Reads a file's bytes; `path` names it in messages.
    public init(_ bytes: [UInt8], path: String) throws(APIKeyFileError) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw APIKeyFileError(path, nil, "it is not UTF-8 text", remedy: "check that this is the key file")
        }
        var principals: [Principal] = []
        var digests: [UInt64] = []
        var seen: [[UInt8]: Int] = [:]
        var number = 0
        for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            number += 1
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" }.map(String.init)
            if words.isEmpty { continue }
            let (principal, digest) = try Self.parse(words, path, number)
            if let first = seen.updateValue(number, forKey: digest) {
                throw APIKeyFileError(path, number, "it has the key of line \(first)", remedy: "remove one of the two")
            }
            principals.append(principal)
            digests += Self.words(digest)
        }
        guard !principals.isEmpty else {
            throw APIKeyFileError(path, nil, "it holds no key", remedy: "add a line: NAME SCOPES [RATE] SHA256")
        }
        (self.principals, self.digests) = (principals, digests)
    }

    private static func parse(_ words: [String], _ path: String, _ line: Int) throws(APIKeyFileError) -> (Principal, [UInt8]) {
        // No message repeats a word of the line: a key put there in the clear would go to the log.
        guard words.count == 3 || words.count == 4 else {
            throw APIKeyFileError(
                path, line, "it has \(words.count) words", remedy: "write NAME SCOPES [RATE] SHA256, such as: web embed,intents 200/s …")
        }
        guard Principal.isName(words[0]) else {
            throw APIKeyFileError(
                path, line, "the name is not one", remedy: "take 1 to 64 letters, digits, '.', '_' or '-'")
        }
        guard let scopes = ScopeSet(text: words[1]) else {
            throw APIKeyFileError(
                path, line, "a scope is unknown",
                remedy: "scopes are \(Scope.allCases.map(\.rawValue).joined(separator: ", ")), separated by commas without blanks")
        }
        var rate: RequestRate?
        if words.count == 4 {
            rate = RequestRate(text: words[2])
            guard rate != nil else {
                throw APIKeyFileError(path, line, "the rate is not one", remedy: "write 200/s, 200/s:400 with a burst, 6000/m or 100/h")
            }
        }
        guard let digest = bytes(ofHex: words[words.count - 1]), digest.count == 32 else {
            throw APIKeyFileError(
                path, line, "the last word is not a SHA-256 digest of 64 hexadecimal digits",
                remedy: "put the key's digest there, never the key: printf %s KEY | sha256sum")
        }
        guard !digestsOfNothing.contains(digest) else {
            throw APIKeyFileError(path, line, "the digest is that of an empty text", remedy: "make a new key")
        }
        return (Principal(name: words[0], scopes: scopes, rate: rate), digest)
    }

    /// Whose key this is; nil for nobody's.
    ///
    /// The key is hashed once and compared with every line, each in the same time whatever it holds: neither how much of a digest is right
    /// nor where in the file it stands can be told from the time taken.
    public func principal(presenting key: String) -> Principal? {
        let key = Array(key.utf8)
        guard !key.isEmpty, key.count <= Self.longestKey else { return nil }
        let asked = Self.words(Self.digest(of: key))
        var found: UInt64 = 0
        for line in 0..<principals.count {
            var difference: UInt64 = 0
            for word in 0..<4 { difference |= digests[4 * line + word] ^ asked[word] }
            // 0 where the digests differ, all ones where they are equal, without a branch.
            let isEqual = ((difference | (0 &- difference)) >> 63) &- 1
            found |= isEqual & UInt64(line + 1)
        }
        return found == 0 ? nil : principals[Int(found) - 1]
    }

    /// A new key and the line that lets it in.
    public struct NewKey: Sendable {
        /// What the caller sends; it is nowhere else, so give it to them now.
        public let key: String
        /// What goes into the key file.
        public let line: String
    }

    /// Makes a key of 256 random bits from the system's generator.
    ///
    /// It begins with `tsk_`, so that scanners for leaked secrets know it, and goes on in the letters of base64url (RFC 4648, section 5).
    public static func makeKey(named name: String, scopes: ScopeSet, rate: RequestRate? = nil) -> NewKey {
        precondition(Principal.isName(name) && !scopes.isEmpty, "APIKeyFile.makeKey: a key needs a name and a scope")
        var random = SystemRandomNumberGenerator()
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        // 43 letters of 6 bits; each takes the low bits of a random number of its own, so that all are equally likely.
        let tail = (0..<43).map { _ in letters[Int(random.next() & 63)] }
        let key = "tsk_" + String(decoding: tail, as: UTF8.self)
        let words = [name, scopes.description, rate?.description, SHA256Digest.hex(of: Array(key.utf8))].compactMap { $0 }
        return NewKey(key: key, line: words.joined(separator: " "))
    }

    private static let digestsOfNothing: Set<[UInt8]> = [digest(of: []), digest(of: [0x0A])]

    private static func digest(of bytes: [UInt8]) -> [UInt8] {
        let digest = SHA256Digest()
        digest.update(bytes)
        return digest.finish()
    }

    private static func words(_ digest: [UInt8]) -> [UInt64] {
        (0..<4).map { word in digest[(8 * word)..<(8 * word + 8)].reduce(0) { $0 << 8 | UInt64($1) } }
    }

    private static func bytes(ofHex text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count.isMultiple(of: 2), digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(String(decoding: digits[$0..<($0 + 2)], as: UTF8.self), radix: 16)! }
    }
}

/// Why a key file cannot be used: where, why, and what to do. Holds no word of the file.
public struct APIKeyFileError: Error, Sendable, Equatable, CustomStringConvertible, CarriesFileError {
    /// The file.
    public var path: String
    /// The line, from 1; nil where the whole file is meant.
    public var line: Int?
    /// Why.
    public var reason: String
    /// What to do.
    public var remedy: String

    package init(_ path: String, _ line: Int?, _ reason: String, remedy: String) {
        (self.path, self.line, self.reason, self.remedy) = (path, line, reason, remedy)
    }

    /// The same failure, told of a file operation.
    public init(_ error: FileError) {
        self.init(
            error.path, nil, "cannot \(error.operation.rawValue): \(error.reason)", remedy: error.remedy ?? "check the path, and try again")
    }

    /// Place, reason and remedy in one line.
    public var description: String { path + (line.map { ":\($0)" } ?? "") + ": \(reason) — \(remedy)" }
}
