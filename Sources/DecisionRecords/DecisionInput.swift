internal import DurableFiles
public import EventStream
internal import FoundationEssentials

/// What one decision was made of: sessions and rows of tables, whole and readable.
///
/// ```
/// {"id":"v1/17","corpus_sessions":[12],"wording":["cards"],"files":{"--customers":"customer_id,age\nc7,44\n"},"sessions":[{…}]}
/// ```
public struct DecisionInput: Sendable, Equatable, Codable {
    /// The decision's id, as its output line names it.
    public var id: String
    /// The numbers that the sessions have in the corpus they are of.
    public var corpusSessions: [Int]
    /// For labels with evidence: the words that may be shown of each event of the session. Which words those are depends on all visitors of
    /// the corpus.
    public var wording: [String]?
    /// Rows of tables with their header, by the option that named the table.
    public var files: [String: String]
    /// The sessions (``SessionRecord``).
    public var sessions: [SessionRecord]

    enum CodingKeys: String, CodingKey {
        case id, wording, files, sessions
        case corpusSessions = "corpus_sessions"
    }

    /// An input from the bytes of ``json(id:corpusSessions:wording:files:sessions:)``.
    /// - Throws: `DecodingError`.
    public init(json: [UInt8]) throws { self = try JSONDecoder().decode(DecisionInput.self, from: Data(json)) }

    /// The bytes of an input; the same for the same input.
    /// - Parameter sessions: each as ``SessionRecord/json(of:in:)`` gives it.
    public static func json(
        id: String, corpusSessions: [Int] = [], wording: [String]? = nil, files: [(option: String, text: String)] = [],
        sessions: [[UInt8]] = []
    ) -> [UInt8] {
        var text = "{\"id\":\(JSONString.quoted(id)),\"corpus_sessions\":[\(corpusSessions.map(String.init).joined(separator: ","))]"
        if let wording { text += ",\"wording\":[\(wording.map(JSONString.quoted).joined(separator: ","))]" }
        text += ",\"files\":{"
        text += files.sorted { $0.option < $1.option }.map { "\(JSONString.quoted($0.option)):\(JSONString.quoted($0.text))" }
            .joined(separator: ",")
        text += "},\"sessions\":["
        var bytes = Array(text.utf8)
        for (number, session) in sessions.enumerated() {
            if number > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes += session
        }
        bytes += "]}".utf8
        return bytes
    }
}
