public import EventStream

/// Numbers customers, so that tables and a corpus speak of the same ones.
///
/// Where the corpus was imported with a key it holds keyed digests of customers. Give the same key, and an id in clear is found by its
/// digest; the digest of an id that the corpus does not know is kept in place of the id.
public struct CustomerIndex: Sendable {
    private var numbers: [String: Int32] = [:]
    private var seen: [String: Int32] = [:]
    /// By number: digests where the corpus holds digests and its key was given.
    private var names: [String]
    private let key: [UInt8]?
    /// Customers that the corpus knows; they have the numbers from 0.
    public let known: Int

    /// The customers of a corpus.
    /// - Parameter key: the key of the import, where customers were replaced by digests.
    public init(_ corpus: Corpus, key: [UInt8]? = nil) {
        let ids = corpus.customers?.ids
        self.init(
            ids: (0..<(ids?.count ?? 0)).map { ids![$0] },
            key: corpus.schema.pseudonymised.contains(ExportMapping.customerField) || corpus.customers == nil ? key : nil)
    }

    /// Customers by their ids, which are different ones.
    package init(ids: [String] = [], key: [UInt8]? = nil) {
        self.key = key.flatMap { $0.isEmpty ? nil : $0 }
        // The places are the codes of the corpus, whatever strings hold for equal.
        for (place, id) in ids.enumerated() where numbers[id] == nil { numbers[id] = Int32(place) }
        (known, names) = (ids.count, ids)
    }

    /// Customers numbered so far.
    public var count: Int { names.count }

    /// The number of a customer; a new one for an id not met before.
    public mutating func number(of id: String) -> Int32 {
        if let number = seen[id] ?? numbers[id] { return number }
        let kept = key.map { Self.pseudonym(of: id, key: $0) } ?? id
        let number = numbers[kept] ?? Int32(count)
        if Int(number) == count {
            numbers[kept] = number
            names.append(kept)
        }
        if key != nil { seen[id] = number }
        return number
    }

    /// Customers to judge by: about this share of all that are numbered, chosen by each one's own id alone (FNV-1a), wherever it was read,
    /// so that every set of tables that knows the customer chooses alike. Under the key of an import the digest is the id.
    public func judges(share: Double) -> Set<Int32> {
        Set(
            names.indices.filter { number in
                var hash: UInt64 = 0xCBF2_9CE4_8422_2325
                for byte in names[number].utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
                // The last bytes of ids differ most, and FNV moves them upwards.
                hash ^= hash >> 33
                hash = hash &* 0xFF51_AFD7_ED55_8CCD
                return Double(hash >> 11) * 0x1p-53 < share
            }.map { Int32($0) })
    }

    /// Refuses decisions none of whose customers is known, where the corpus holds digests and no key was given.
    public func refuseMissingKey(_ corpus: Corpus, decisions: Decisions) throws(LinkingError) {
        guard key == nil, known > 0, corpus.schema.pseudonymised.contains(ExportMapping.customerField),
            !decisions.customers.contains(where: { $0 < known })
        else { return }
        throw .keyNeeded(corpus: corpus.path)
    }

    /// The digest that an import with this key keeps in place of a customer's id: HMAC-SHA256, its first 128 bits in hexadecimal digits.
    /// - Parameter key: not empty.
    public static func pseudonym(of id: String, key: [UInt8]) -> String { SubjectPseudonym(key: key).pseudonym(of: id) }
}
