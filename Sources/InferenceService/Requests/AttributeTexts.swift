/// Features of a customer or a row of a table as texts by column: numbers as they were written, null as nothing.
package struct AttributeTexts: Sendable, Equatable {
    /// Columns in the order in which they came, each once, with their texts.
    package private(set) var columns: [(name: String, text: String)] = []

    /// Most columns.
    package static let most = 200

    package static func == (one: AttributeTexts, other: AttributeTexts) -> Bool {
        one.columns.elementsEqual(other.columns) { $0.name == $1.name && $0.text == $1.text }
    }

    /// These texts; no column twice.
    package init(_ columns: [(name: String, text: String)]) { self.columns = columns }

    /// Reads an object of texts, numbers and nulls.
    package init(_ reader: inout JSONReader, textBytes: Int) throws(RequestFault) {
        try reader.beginObject()
        while let name = try reader.nextName() {
            guard columns.count < Self.most else {
                throw reader.fault(.unprocessable, "more than \(Self.most) members", remedy: "send those that the model reads")
            }
            guard !columns.contains(where: { $0.name == name }) else { throw reader.repeated() }
            switch try reader.kind() {
            case .null:
                try reader.null()
                columns.append((name, ""))
            case .text: columns.append((name, try reader.text(limit: textBytes)))
            case .number: columns.append((name, try reader.digits()))
            default: throw reader.fault(.unprocessable, "it must be a text, a number or null", remedy: "send one of these")
            }
        }
    }

    /// The text of a column; nil where it did not come.
    package subscript(name: String) -> String? { columns.first { $0.name == name }?.text }
}
