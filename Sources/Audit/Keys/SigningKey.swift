internal import CLibcrypto
internal import DurableFiles

/// The secret half of an Ed25519 key (RFC 8032), which signs a ledger's heads.
public final class SigningKey: @unchecked Sendable {
    /// The half that everybody may know.
    public let publicKey: PublicKey
    // Only read once it is made, which libcrypto allows from several threads.
    private let key: OpaquePointer

    /// The key of a secret of 32 bytes.
    /// - Throws: ``LedgerError/Kind/unreadableKey`` for any other number of bytes.
    public init(secret: [UInt8]) throws(LedgerError) {
        guard secret.count == KeyFile.keySize, let key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nil, secret, secret.count) else {
            throw LedgerError(.unreadableKey, "signing key", "a signing key has 32 bytes", remedy: "make a new key file")
        }
        var half = [UInt8](repeating: 0, count: 32)
        var count = half.count
        guard EVP_PKEY_get_raw_public_key(key, &half, &count) == 1, count == 32, let publicKey = PublicKey(bytes: half) else {
            fatalError("SigningKey: libcrypto offers no Ed25519")
        }
        self.key = key
        self.publicKey = publicKey
    }

    deinit { EVP_PKEY_free(key) }

    /// The key in a file of 64 hexadecimal digits (``KeyFile``); without a file that of the variable `TESSERA_LEDGER_KEY`; nil without either.
    public static func load(fromFile path: String? = nil) throws(LedgerError) -> SigningKey? {
        if let path { return try SigningKey(secret: KeyFile.read(path)) }
        guard let secret = try KeyFile.read(variable: "TESSERA_LEDGER_KEY") else { return nil }
        return try SigningKey(secret: secret)
    }

    /// The 64 bytes of a message's signature.
    func sign(_ message: [UInt8]) -> [UInt8] {
        var signature = [UInt8](repeating: 0, count: 64)
        var count = signature.count
        guard let context = EVP_MD_CTX_new() else { fatalError("SigningKey: no memory") }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit(context, nil, nil, nil, key) == 1,
            EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == 64
        else { fatalError("SigningKey: libcrypto cannot sign") }
        return signature
    }
}

/// The half of an Ed25519 key that everybody may know: it tells whether a signature is right.
public struct PublicKey: Sendable, Equatable, Hashable {
    /// 32 bytes.
    public let bytes: [UInt8]

    /// A key of 32 bytes; nil for any other number.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// A key of 64 hexadecimal digits; nil for anything else.
    public init?(hex: String) {
        guard let bytes = KeyFile.bytes(ofHex: Array(hex.utf8)) else { return nil }
        self.init(bytes: bytes)
    }

    /// 64 hexadecimal digits.
    public var hex: String { SHA256Digest.hex(bytes) }

    /// What heads name the key by: its SHA-256.
    public var identity: [UInt8] {
        let digest = SHA256Digest()
        digest.update(bytes)
        return digest.finish()
    }

    /// Whether the key signed this message.
    func accepts(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        guard signature.count == 64, let key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nil, bytes, bytes.count) else { return false }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        return EVP_DigestVerifyInit(context, nil, nil, nil, key) == 1
            && EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
