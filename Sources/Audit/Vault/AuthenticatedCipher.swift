internal import CLibcrypto

/// AES-256-GCM (NIST SP 800-38D) with a random nonce of 96 bits: nonce, ciphertext, tag of 128 bits.
///
/// Keys are for one subject or one vault, so that a key never seals as many messages (2³²) as random nonces allow.
package final class AuthenticatedCipher {
    static let nonceSize = 12
    static let tagSize = 16
    private let algorithm: OpaquePointer
    private let context: OpaquePointer

    package init() {
        guard let algorithm = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil), let context = EVP_CIPHER_CTX_new() else {
            fatalError("AuthenticatedCipher: libcrypto offers no AES-256-GCM")
        }
        self.algorithm = algorithm
        self.context = context
    }

    deinit {
        EVP_CIPHER_CTX_free(context)
        EVP_CIPHER_free(algorithm)
    }

    /// Seals a message.
    /// - Parameters:
    ///   - key: 32 bytes.
    ///   - associated: what is not hidden, but must be the same when it is opened.
    ///   - nonce: 12 random bytes, used once; nil for fresh ones.
    func seal(_ message: [UInt8], key: [UInt8], associated: [UInt8], nonce: [UInt8]? = nil) -> [UInt8] {
        let nonce = nonce ?? KeyFile.randomBytes(Self.nonceSize)
        precondition(key.count == 32 && nonce.count == Self.nonceSize, "AuthenticatedCipher: key \(key.count), nonce \(nonce.count) bytes")
        let size = Self.nonceSize + message.count + Self.tagSize
        return [UInt8](unsafeUninitializedCapacity: size) { result, count in
            guard let start = result.baseAddress else { return }
            start.update(from: nonce, count: Self.nonceSize)
            let body = start + Self.nonceSize
            var length: Int32 = 0
            let isDone =
                EVP_EncryptInit_ex2(context, algorithm, key, nonce, nil) == 1
                && EVP_EncryptUpdate(context, nil, &length, associated, Int32(associated.count)) == 1
                && EVP_EncryptUpdate(context, body, &length, message, Int32(message.count)) == 1
                && EVP_EncryptFinal_ex(context, body + message.count, &length) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(Self.tagSize), body + message.count) == 1
            precondition(isDone, "AuthenticatedCipher: libcrypto failed")
            count = size
        }
    }

    /// Opens what ``seal(_:key:associated:)`` sealed; nil where key, bytes or what is associated are not the same.
    package func open(_ sealed: ArraySlice<UInt8>, key: [UInt8], associated: [UInt8]) -> [UInt8]? {
        let size = sealed.count - Self.nonceSize - Self.tagSize
        guard size >= 0, key.count == 32 else { return nil }
        let bytes = Array(sealed)
        var tag = Array(bytes.suffix(Self.tagSize))
        var isRight = false
        let message = [UInt8](unsafeUninitializedCapacity: max(size, 1)) { result, count in
            guard let start = result.baseAddress else { return }
            var length: Int32 = 0
            isRight = bytes.withUnsafeBufferPointer { bytes in
                guard let base = bytes.baseAddress else { return false }
                return EVP_DecryptInit_ex2(context, algorithm, key, base, nil) == 1
                    && EVP_DecryptUpdate(context, nil, &length, associated, Int32(associated.count)) == 1
                    && EVP_DecryptUpdate(context, start, &length, base + Self.nonceSize, Int32(size)) == 1
                    && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(Self.tagSize), &tag) == 1
                    && EVP_DecryptFinal_ex(context, start + size, &length) == 1
            }
            count = isRight ? size : 0
        }
        return isRight ? message : nil
    }
}
