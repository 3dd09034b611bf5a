internal import DurableFiles

/// The corpus on disk: a directory of NumPy arrays and one `schema.json`.
///
/// | file | type | length | content |
/// |---|---|---|---|
/// | `session_offsets.npy` | i64 | S + 1 | session `s` holds events `[s] ..< [s + 1]` |
/// | `session_visitor.npy` | i32 | S | number of its visitor; sessions of a visitor lie together, earliest first |
/// | `session_key.offsets.npy`, `session_key.bytes.npy` | i64, u8 | S + 1, any | its id, UTF-8 |
/// | `visitor_key.offsets.npy`, `visitor_key.bytes.npy` | i64, u8 | V + 1, any | visitor ids, or their keyed digests |
/// | `time_us.npy` | i64 | E | microseconds since 1970 UTC; the smallest integer where there is no time |
/// | `gap_s.npy` | f32 | E | seconds since the session's previous event; NaN for its first |
/// | `dwell_s.npy` | f32 | E | seconds to its next event, or what page pings or a field say, capped; NaN for its last without them |
/// | `hour.npy`, `weekday.npy` | u8 | E | 0–23; Monday 0 to Sunday 6; 255 unknown; in the mapping's zone, UTC unless given |
/// | `STEM.codes.npy` | i32 | E | categorical, text, url: 0 missing, k for entry k - 1 of the dictionary |
/// | `STEM.dictionary.offsets.npy`, `STEM.dictionary.bytes.npy` | i64, u8 | | entries, by first appearance in the corpus |
/// | `STEM.values.npy` | f64 | E | numeric: NaN missing |
///
/// From Python, without Tessera:
/// ```python
/// import json, numpy as np
/// schema = json.load(open("corpus/schema.json"))
/// load = lambda name: np.load(f"corpus/{name}.npy", mmap_mode="r")
/// def strings(name):
///     ends, raw = load(name + ".offsets"), load(name + ".bytes").tobytes()
///     return [raw[a:b].decode() for a, b in zip(ends[:-1], ends[1:])]
/// stem = schema["fields"][0]["stem"]
/// names = [None] + strings(stem + ".dictionary")
/// offsets, codes = load("session_offsets"), load(stem + ".codes")
/// first_session = [names[k] for k in codes[offsets[0]:offsets[1]]]
/// ```
/// The digest in the schema is that of all arrays, and can be had without Tessera too:
/// `cd corpus && LC_ALL=C sha256sum *.npy | sha256sum`.
public enum CorpusFormat {
    /// The version written and the newest one read.
    public static let version = 1
    static let schemaFile = "schema.json"

    /// Whether a folder is a corpus by what it holds.
    public static func isCorpus(_ path: String) -> Bool {
        (try? FileSystem.live.status(of: path + "/" + schemaFile))?.kind == .file
    }

    /// What the names of a field's files begin with: letters, digits, `_` and `-` stay, every other byte becomes `%XX`.
    ///
    /// Names too long for a file are cut and closed with a piece of their digest.
    static func stem(of name: String) -> String {
        var stem: [UInt8] = []
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in name.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                stem.append(byte)
            default: stem += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        if stem.count > 150 { stem = stem.prefix(130) + [UInt8(ascii: "%")] + SHA256Digest.hex(of: stem).utf8.prefix(16) }
        return "field_" + String(decoding: stem, as: UTF8.self)
    }

    /// SHA-256 over one line for each array, in byte order of the names: hexadecimal digest, two spaces, name, newline.
    /// - Parameter syncs: forces each array to the disk, too: some threads wait for the disk while others compute.
    static func digest(
        of directory: String, syncs: Bool = false, in fileSystem: FileSystem, _ crew: ImportCrew
    ) throws(FileError) -> String {
        let names = try fileSystem.names(in: directory).filter { $0.hasSuffix(".npy") }
        let digests = UnsafeMutableBufferPointer<String>.allocate(capacity: names.count)
        digests.initialize(repeating: "")
        defer { digests.deinitialize().deallocate() }
        try crew.run(names.count) { index throws(FileError) in
            if syncs { try fileSystem.sync(directory + "/" + names[index]) }
            digests[index] = try SHA256Digest.hex(ofFileAt: directory + "/" + names[index], in: fileSystem)
        }
        let total = SHA256Digest()
        for (digest, name) in zip(digests, names) { total.update(Array("\(digest)  \(name)\n".utf8)) }
        return total.finishHex()
    }
}
