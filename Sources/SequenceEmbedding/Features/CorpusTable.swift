public import EventStream

/// An imported corpus as an ``EventTable``: its mapped columns, and nothing copied.
public final class CorpusTable: EventTable, @unchecked Sendable {
    /// The corpus, which keeps the mapped memory alive.
    public let corpus: Corpus
    /// The fields, in the order of the schema; without the customer's id, which nothing made of events may read.
    public let fields: [TableField]
    /// Microseconds since 1970, `Int64.min` for none.
    public let times: UnsafePointer<Int64>
    /// Seconds since the previous event, NaN for none.
    public let gaps: UnsafePointer<Float>
    /// Seconds to the next event, NaN for none.
    public let dwells: UnsafePointer<Float>
    /// Hour of the day, 255 for none.
    public let hours: UnsafePointer<UInt8>
    /// Day of the week, 0 for Monday, 255 for none.
    public let weekdays: UnsafePointer<UInt8>
    private let codeColumns: [String: UnsafePointer<Int32>]
    private let numberColumns: [String: UnsafePointer<Double>]
    private let dictionaries: [String: StringDictionary]
    private let sessionOffsets: UnsafePointer<Int64>

    /// Looks at a corpus.
    public init(_ corpus: Corpus) {
        self.corpus = corpus
        fields = corpus.schema.readableFields.map { TableField($0) }
        times = Self.pointer(corpus.timesMicroseconds)
        gaps = Self.pointer(corpus.gaps)
        dwells = Self.pointer(corpus.dwells)
        hours = Self.pointer(corpus.hours)
        weekdays = Self.pointer(corpus.weekdays)
        sessionOffsets = Self.pointer(corpus.sessionOffsets)
        var codeColumns: [String: UnsafePointer<Int32>] = [:]
        var numberColumns: [String: UnsafePointer<Double>] = [:]
        var dictionaries: [String: StringDictionary] = [:]
        for field in corpus.schema.readableFields {
            if let codes = corpus.codes(field.name) { codeColumns[field.name] = Self.pointer(codes) }
            if let numbers = corpus.numbers(field.name) { numberColumns[field.name] = Self.pointer(numbers) }
            dictionaries[field.name] = corpus.dictionary(field.name)
        }
        self.codeColumns = codeColumns
        self.numberColumns = numberColumns
        self.dictionaries = dictionaries
    }

    /// A column's memory, which lives as long as the corpus; an empty column is never read, so any address does.
    private static func pointer<Element>(_ column: Column<Element>) -> UnsafePointer<Element> {
        column.withUnsafeBufferPointer { $0.baseAddress } ?? UnsafePointer(bitPattern: 64)!
    }

    /// Sessions (S).
    public var sessionCount: Int { corpus.sessionCount }
    /// Events (E).
    public var eventCount: Int { corpus.eventCount }
    /// False when the events have no time.
    public var hasTime: Bool { corpus.schema.hasTime }
    /// The events of a session.
    public func events(ofSession session: Int) -> Range<Int> {
        precondition(session >= 0 && session < sessionCount, "CorpusTable: session \(session) of \(sessionCount)")
        return Int(sessionOffsets[session])..<Int(sessionOffsets[session + 1])
    }
    /// Whose session it is.
    public func visitor(ofSession session: Int) -> Int { corpus.visitor(ofSession: session) }
    /// The name the user knows a session by.
    public func sessionKey(_ session: Int) -> String { corpus.sessionKey(session) }
    /// Codes of a field: 0 missing, k the entry k − 1.
    public func codes(_ field: String) -> UnsafePointer<Int32>? { codeColumns[field] }
    /// Values of a numeric field, NaN where missing.
    public func numbers(_ field: String) -> UnsafePointer<Double>? { numberColumns[field] }
    /// Entries of a field's dictionary.
    public func dictionaryCount(_ field: String) -> Int { dictionaries[field]?.count ?? 0 }
    /// Calls `body` with the UTF-8 bytes of one entry.
    public func withEntry<Result>(_ field: String, _ index: Int, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let dictionary = dictionaries[field]!
        return withExtendedLifetime(dictionary) { body(dictionary.utf8(index)) }
    }
}

extension TableField {
    /// A field of a schema.
    init(_ field: EventSchema.Field) {
        self.init(name: field.name, kind: field.role == .outcome ? .outcome : .init(field.kind), separator: field.separator)
    }
}

extension TableField.Kind {
    init(_ kind: EventSchema.Kind) {
        self =
            switch kind {
            case .categorical: .categorical
            case .numeric: .numeric
            case .text: .text
            case .url: .url
            }
    }
}
