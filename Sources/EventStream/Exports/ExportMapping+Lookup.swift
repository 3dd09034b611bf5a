/// Numbers that stand for names.
extension ExportMapping {
    /// Replaces what a field's column holds by what it stands for. What is not listed stays as it is.
    ///
    /// ```yaml
    /// - { name: browser, column: browser, kind: categorical, lookup: { file: lookup/browser.tsv } }
    /// - { name: event, column: page_event, kind: categorical, lookup: { values: { "0": page_view, "100": link } } }
    /// - { name: actions, column: event_list, kind: text, separator: ",", lookup: { file: lookup/event.tsv } }
    /// ```
    /// A file has a line for each number: the number, a tab, the name, and perhaps more behind another tab, which is not read. It lies
    /// beside the export, whose folder `file` starts from, plain or packed, alone or in a tar archive (`lookup_data.tar.gz/event.tsv`).
    /// Where both are given `values` comes first. A text with a separator is looked up entry by entry, and what stands behind `=` in an
    /// entry is left out if the entry is found without. Delimited text only.
    public struct Lookup: Sendable, Equatable {
        /// The file, from the export's folder.
        public var file: String?
        /// What some texts stand for.
        public var values: [String: String]

        /// A file, or values, or both.
        public init(file: String? = nil, values: [String: String] = [:]) { (self.file, self.values) = (file, values) }
    }

    func validateLookups() throws(ExportError) {
        for field in fields {
            guard let lookup = field.lookup else { continue }
            let place = "fields: \(field.name)"
            guard lookup.file != nil || !lookup.values.isEmpty, lookup.file != "" else {
                throw refuse(place, "`lookup` names neither a file nor values", "write `lookup: { file: FILE }`, or remove it")
            }
            guard !field.isNumeric else {
                throw refuse(place, "`lookup` gives texts, and the field is a number", "make it categorical, or remove `lookup`")
            }
            guard format == .auto || format == .csv || format == .tsv else {
                throw refuse(place, "`lookup` goes with delimited text only", "remove it")
            }
        }
    }
}

extension ExportMapping.Lookup: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable { case file, values }

    /// Decodes the entries; both may be left out.
    public init(from decoder: any Decoder) throws {
        try refuseUnknownEntries(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let entries = try decoder.container(keyedBy: CodingKeys.self)
        file = try entries.decodeIfPresent(String.self, forKey: .file)
        values = try entries.decodeIfPresent([String: String].self, forKey: .values) ?? [:]
    }

    /// Encodes the entries that say something.
    public func encode(to encoder: any Encoder) throws {
        var entries = encoder.container(keyedBy: CodingKeys.self)
        try entries.encodeIfPresent(file, forKey: .file)
        if !values.isEmpty { try entries.encode(values, forKey: .values) }
    }
}
