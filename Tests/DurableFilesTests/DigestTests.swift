import DurableFiles
import Testing

@Suite struct DigestTests {
    @Test func sha256KnownAnswers() throws {
        // FIPS 180-4 examples.
        #expect(SHA256Digest.hex(of: []) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        #expect(SHA256Digest.hex(of: Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        let folder = try TemporaryFolder()
        try AtomicFile.write([UInt8](repeating: UInt8(ascii: "a"), count: 1_000_000), to: folder("million"))
        #expect(
            try SHA256Digest.hex(ofFileAt: folder("million")) == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
        #expect(throws: FileError.self) { try SHA256Digest.hex(ofFileAt: folder.path) }
    }

    @Test func hmacKnownAnswers() {
        // RFC 4231, cases 1, 2 and 6 (a key longer than the block).
        let short = KeyedDigest.hmacSHA256(key: [UInt8](repeating: 0x0b, count: 20), message: Array("Hi There".utf8))
        #expect(SHA256Digest.hex(short) == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        let text = KeyedDigest.hmacSHA256(key: Array("Jefe".utf8), message: Array("what do ya want for nothing?".utf8))
        #expect(SHA256Digest.hex(text) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        let long = KeyedDigest.hmacSHA256(
            key: [UInt8](repeating: 0xaa, count: 131), message: Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
        #expect(SHA256Digest.hex(long) == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
    }

    @Test func oneKeyManyMessages() {
        let digest = KeyedDigest(key: [1, 2, 3])
        var result = [UInt8](repeating: 0, count: 32)
        for message in [[UInt8](), [1], [UInt8](repeating: 7, count: 1000)] {
            message.withUnsafeBytes { digest.digest(of: $0, into: &result) }
            #expect(result == KeyedDigest.hmacSHA256(key: [1, 2, 3], message: message))
        }
    }
}
