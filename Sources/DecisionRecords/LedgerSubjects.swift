public import Audit
internal import DurableFiles
internal import EventStream

/// The pseudonyms under which a ledger knows subjects.
public struct LedgerSubjects {
    /// Whom a decision is about.
    public enum Subject: Sendable, Equatable {
        /// Nobody.
        case nobody
        /// The keyed digest that an import put in place of an id (`--key`), as hexadecimal digits.
        case pseudonym(String)
        /// The id of a visitor or customer.
        case identifier(String)
    }

    private let identity: [UInt8]
    private let pseudonym: SubjectPseudonym?

    /// Those of this ledger.
    /// - Parameter key: of the imports.
    public init(_ ledger: Ledger, key: [UInt8]? = nil) {
        identity = ledger.identity
        pseudonym = key.map { SubjectPseudonym(key: $0) }
    }

    /// The keyed digest of an id where there is a key, so that the ledger and every corpus know somebody by the same pseudonym. Without a key
    /// SHA-256 of the ledger's identity and the id: two ledgers then know nobody by the same name, but who has the ledger can try ids out.
    /// Empty for nobody.
    public func digest(of subject: Subject) -> [UInt8] {
        switch subject {
        case .nobody: return []
        case .pseudonym(let digits): return KeyFile.bytes(ofHex: Array(digits.utf8)) ?? digest(of: .identifier(digits))
        case .identifier(let id):
            guard !id.isEmpty else { return [] }
            if let pseudonym { return KeyFile.bytes(ofHex: Array(pseudonym.pseudonym(of: id).utf8)) ?? [] }
            let digest = SHA256Digest()
            digest.update(identity)
            digest.update(Array(id.utf8))
            return digest.finish()
        }
    }
}
