internal import ArgumentParser
internal import Audit
internal import DurableFiles
internal import Glibc

/// What of a ledger is known from elsewhere: keys and anchors.
struct LedgerTrust: ParsableArguments {
    @Option(
        help: ArgumentHelp("An anchor of the ledger that was kept elsewhere. May be repeated.", valueName: "file"), completion: .file())
    var anchor: [String] = []
    @Option(
        help: ArgumentHelp(
            "A public key that you trust: 64 hexadecimal digits, or a file that holds them. One that signed at any time is enough. May be "
                + "repeated.", valueName: "public"), completion: .file())
    var key: [String] = []

    /// Files that are read.
    var files: [String] { anchor + key.filter { PublicKey(hex: $0) == nil } }

    /// What a verification believes.
    func options() throws -> LedgerVerification.Options {
        var options = LedgerVerification.Options()
        options.trustedKeys = try key.map(Self.publicKey)
        options.anchors = try anchor.map { try LedgerAnchor(json: FileSystem.live.contents(of: $0, limit: 1 << 16), place: $0) }
        return options
    }

    private static func publicKey(_ text: String) throws -> PublicKey {
        if let key = PublicKey(hex: text) { return key }
        let digits = try FileSystem.live.contents(of: text, limit: 4096).filter { !" \t\r\n".utf8.contains($0) }
        guard let key = PublicKey(hex: String(decoding: digits, as: UTF8.self)) else {
            throw CommandFault(
                code: EX_CONFIG, place: text, reason: "this is not a public key of 64 hexadecimal digits",
                remedy: "take what `tessera audit key` printed")
        }
        return key
    }
}
