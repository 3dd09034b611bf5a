internal import DurableFiles

/// An input as an entry keeps it: sealed bytes, and a digest that says which input it was.
public struct SealedInput: Sendable, Equatable {
    /// For ``LedgerEntry/inputDigest``: SHA-256 of a random salt and the input.
    ///
    /// The salt is sealed with the input. Without the subject's key nobody can find the input by digesting guesses; who was given salt
    /// and input (``OpenedInput``) can check the digest without any key.
    public var digest: [UInt8]
    /// For ``LedgerEntry/sealedInput``.
    public var bytes: [UInt8]

    /// What is sealed; the first byte says it.
    enum Form: UInt8 {
        /// Salt and input.
        case input = 1
        /// The salt alone.
        case salt = 2

        /// Nil where an entry has nothing sealed, or nothing that a vault seals.
        init?(of entry: LedgerEntry) {
            guard let first = entry.sealedInput?.first else { return nil }
            self.init(rawValue: first)
        }
    }
}

/// An input that was opened, with what is needed to check its digest elsewhere.
public struct OpenedInput: Sendable, Equatable {
    /// 16 random bytes.
    public var salt: [UInt8]
    /// The input.
    public var input: [UInt8]

    /// A salt and an input; of an exported bundle, for example.
    public init(salt: [UInt8], input: [UInt8]) {
        self.salt = salt
        self.input = input
    }

    /// What the entry's ``LedgerEntry/inputDigest`` must be.
    public var digest: [UInt8] {
        let digest = SHA256Digest()
        digest.update(salt)
        digest.update(input)
        return digest.finish()
    }
}

/// The master key of a vault: 32 bytes under which the subjects' keys are wrapped.
public struct VaultKey: Sendable {
    let bytes: [UInt8]

    /// A key of 32 bytes.
    /// - Throws: ``LedgerError/Kind/unreadableKey`` for any other number.
    public init(secret: [UInt8]) throws(LedgerError) {
        guard secret.count == KeyFile.keySize else {
            throw LedgerError(.unreadableKey, "vault key", "a vault's key has 32 bytes", remedy: "make a new key file")
        }
        bytes = secret
    }

    /// The key in a file of 64 hexadecimal digits (``KeyFile``); without a file that of the variable `TESSERA_VAULT_KEY`; nil without either.
    public static func load(fromFile path: String? = nil) throws(LedgerError) -> VaultKey? {
        if let path { return try VaultKey(secret: KeyFile.read(path)) }
        guard let secret = try KeyFile.read(variable: "TESSERA_VAULT_KEY") else { return nil }
        return try VaultKey(secret: secret)
    }
}
