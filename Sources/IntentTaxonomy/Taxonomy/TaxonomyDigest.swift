internal import DurableFiles
internal import FoundationEssentials

extension Taxonomy {
    /// SHA-256 over ``canonicalJSON`` as 64 hexadecimal digits: the name of this content in labels and models.
    ///
    /// Comments and layout of the file do not count, and neither does the approval; every word people agreed on does.
    public var digest: String { SHA256Digest.hex(of: Array(canonicalJSON.utf8)) }

    /// The content as one line of JSON with sorted keys and without the approval, defaults left out. The same as Python's
    /// `json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)`.
    public var canonicalJSON: String {
        var content = self
        content.approval = nil
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Texts, flags and lists only: nothing of this can be refused.
        guard let bytes = try? encoder.encode(content) else { preconditionFailure("Taxonomy.canonicalJSON: cannot be encoded") }
        return String(decoding: bytes, as: UTF8.self)
    }
}
