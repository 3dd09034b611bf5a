public import DurableFiles
internal import EventStream

/// Writes which sessions each decision has: a line a decision as JSON, or a row a link as CSV.
///
/// | form | what |
/// |---|---|
/// | CSV | `decision_id,time_ms,session_id,ended_ms`, latest session last; one row with an empty session where there is none |
/// | JSON Lines | `{"decision_id":…,"time_ms":…,"sessions":[…]}`, latest last, empty where there is none |
///
/// Customers are not written. Session ids are those of the corpus, pseudonymised as it is.
public struct LinkLines: Sendable {
    private let linked: LinkedSessions
    private let decisions: Decisions
    private let link: WebToAppLink

    /// Lines of finished links.
    public init(_ linked: LinkedSessions, of decisions: Decisions, link: WebToAppLink) {
        precondition(linked.count == decisions.count, "LinkLines: links of \(linked.count) decisions for \(decisions.count)")
        (self.linked, self.decisions, self.link) = (linked, decisions, link)
    }

    /// Writes a file whole or not at all; JSON Lines where its name ends in `.jsonl`, CSV else.
    public func write(to path: String, in fileSystem: FileSystem = .live) throws(FileError) {
        let isJSON = path.hasSuffix(".jsonl")
        try AtomicFile.write(to: path, in: fileSystem) { writer throws(FileError) in
            if !isJSON { try writer.write(Array("decision_id,time_ms,session_id,ended_ms\n".utf8)) }
            for decision in 0..<decisions.count {
                try writer.write(Array((isJSON ? jsonLine(decision) : csvRows(decision)).utf8))
            }
        }
    }

    private func jsonLine(_ decision: Int) -> String {
        let sessions = linked[decision].map { JSONString.quoted(link.corpus.sessionKey(Int($0))) }.joined(separator: ",")
        return "{\"decision_id\":\(JSONString.quoted(decisions.ids[decision])),\"time_ms\":\(decisions.times[decision] / 1000),"
            + "\"sessions\":[\(sessions)]}\n"
    }

    private func csvRows(_ decision: Int) -> String {
        let start = "\(CSVText.quoted(decisions.ids[decision])),\(decisions.times[decision] / 1000),"
        guard !linked[decision].isEmpty else { return start + ",\n" }
        return linked[decision].map { session in
            start + "\(CSVText.quoted(link.corpus.sessionKey(Int(session)))),\(link.ends[Int(session)] / 1000)\n"
        }.joined()
    }
}
