internal import ArgumentParser
internal import DurableFiles
internal import Glibc

/// The secret for keyed digests of identifiers, from a file or the environment, never from the command line, which others can read.
struct KeyOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Replace visitor identifiers by digests keyed with this file's bytes; without it the variable TESSERA_KEY is used, if set.",
            valueName: "file"), completion: .file())
    var key: String?

    /// Shorter keys can be guessed.
    static let fewestBytes = 16

    /// The key's bytes; nil when none is given.
    func bytes() throws -> [UInt8]? {
        let place: String
        var bytes: [UInt8]
        if let key {
            place = key
            bytes = try FileSystem.live.contents(of: key, limit: 1 << 20)
            while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
        } else if let variable = getenv("TESSERA_KEY") {
            place = "TESSERA_KEY"
            bytes = Array(String(cString: variable).utf8)
            if bytes.isEmpty { return nil }
        } else {
            return nil
        }
        guard bytes.count >= Self.fewestBytes else {
            throw CommandFault(
                code: EX_CONFIG, place: place, reason: "the key has \(bytes.count) bytes, at least \(Self.fewestBytes) are needed",
                remedy: "make one with: head -c 32 /dev/urandom > tessera.key")
        }
        return bytes
    }
}
