internal import CLibcrypto

/// SHA-256 of whole messages, many in a row: the algorithm is looked up once.
final class ChainDigest {
    private let algorithm: OpaquePointer
    private let context: OpaquePointer

    init() {
        guard let algorithm = EVP_MD_fetch(nil, "SHA256", nil), let context = EVP_MD_CTX_new() else {
            fatalError("ChainDigest: libcrypto offers no SHA-256")
        }
        self.algorithm = algorithm
        self.context = context
    }

    deinit {
        EVP_MD_CTX_free(context)
        EVP_MD_free(algorithm)
    }

    /// Writes the 32 bytes of the message's digest.
    func digest(of message: UnsafeRawBufferPointer, into result: UnsafeMutableRawPointer) {
        let isDone =
            EVP_DigestInit_ex(context, algorithm, nil) == 1
            && EVP_DigestUpdate(context, message.baseAddress, message.count) == 1
            && EVP_DigestFinal_ex(context, result.assumingMemoryBound(to: UInt8.self), nil) == 1
        precondition(isDone, "ChainDigest: libcrypto failed")
    }

    /// The 32 bytes of the message's digest.
    func digest(of message: UnsafeRawBufferPointer) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 32) { result, count in
            if let base = result.baseAddress { digest(of: message, into: base) }
            count = 32
        }
    }
}
