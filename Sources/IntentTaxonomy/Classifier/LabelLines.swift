internal import DurableFiles

/// Writes labels as JSON Lines, one session a line, the same bytes for the same labels.
///
/// ```
/// {"session":"s1","status":"labelled","intents":[{"id":"card-compare","definition":"card-compare@3f…","name":"Compare credit cards",
///   "threshold":0.4200,"probability":0.9100,"evidence":[{"place":3,"event":"cards compare","effect":0.38}]}],
///  "set":["card-compare"],"groups":{"cards":0.91},"taxonomy":{"id":"retail-bank","version":"1.0.0","digest":"…"},
///  "encoder":"…","classifier":"…"}
/// ```
/// A line without an assigned intent says why: `"status":"abstained","reason":"below_thresholds"`.
///
/// Where intents are suspended every line names them, `"suspended":["card-compare"]`, whether the session would have had them or not, so
/// that a line can be made again and tells nothing of what was withheld. They are left out of everything else.
public struct LabelLines: Sendable {
    private let heads: [String]
    private let ids: [String]
    private let groups: [(name: String, members: [Int])]
    private let tail: String
    private let withheld: Set<Int>
    private let showsAll: Bool

    /// Lines of a classifier.
    /// - Parameter showsAll: whether the probabilities of all intents are written, too.
    public init(_ classifier: IntentClassifier, encoder: String, showsAll: Bool = false) {
        let settings = classifier.settings
        ids = settings.intents.map(JSONString.quoted)
        heads = settings.intents.enumerated().map { k, id in
            let intent = classifier.taxonomy[id]
            let name = JSONString.quoted(intent?.name ?? id)
            return
                "{\"id\":\(JSONString.quoted(id)),\"definition\":\(JSONString.quoted(intent?.definitionID ?? id)),\"name\":\(name)"
                + ",\"threshold\":\(Self.number(Float(settings.thresholds[k]))),\"probability\":"
        }
        let withheld = Set(classifier.withheld)
        self.withheld = withheld
        groups = classifier.groups.compactMap { group in
            let members = group.members.filter { !withheld.contains($0) }
            return members.isEmpty ? nil : (JSONString.quoted(group.intent.id), members)
        }
        let suspended = classifier.withheld.map { JSONString.quoted(settings.intents[$0]) }.joined(separator: ",")
        let taxonomy = settings.taxonomy
        tail =
            (suspended.isEmpty ? "" : ",\"suspended\":[\(suspended)]")
            + ",\"taxonomy\":{\"id\":\(JSONString.quoted(taxonomy.id)),\"version\":\(JSONString.quoted(taxonomy.version)),\"digest\":\"\(taxonomy.digest)\"}"
            + ",\"encoder\":\"\(encoder)\",\"classifier\":\"\(classifier.id)\"}\n"
        self.showsAll = showsAll
    }

    /// Four digits after the point: what a reader can use, and as long for every session.
    static func number(_ value: Float) -> String {
        guard value.isFinite else { return "null" }
        // Weights of a file can make an attribution of any size.
        guard abs(value) < 1e12 else { return "\(value)" }
        let scaled = Int((Double(abs(value)) * 10_000).rounded())
        let digits = String(scaled % 10_000)
        return (value < 0 && scaled > 0 ? "-" : "") + "\(scaled / 10_000)." + String(repeating: "0", count: 4 - digits.count) + digits
    }

    /// One line, with its end.
    public func line(_ label: SessionLabel, key: String) -> String {
        var line = "{\"session\":\(JSONString.quoted(key)),\"status\":\"\(label.abstention == nil ? "labelled" : "abstained")\""
        if let reason = label.abstention { line += ",\"reason\":\"\(reason.rawValue)\"" }
        line += ",\"intents\":["
        for (place, intent) in label.assigned.enumerated() {
            if place > 0 { line += "," }
            line += heads[intent] + Self.number(label.probabilities[intent])
            if place < label.evidence.count {
                line += ",\"evidence\":["
                for (number, event) in label.evidence[place].enumerated() {
                    if number > 0 { line += "," }
                    line += "{\"place\":\(event.place),\"event\":\(JSONString.quoted(event.text)),\"effect\":\(Self.number(event.effect))"
                    if let gradient = event.gradient { line += ",\"gradient\":\(Self.number(gradient))" }
                    line += "}"
                }
                line += "]"
            }
            line += "}"
        }
        line += "],\"set\":["
        for (place, intent) in label.possible.enumerated() { line += (place > 0 ? "," : "") + ids[intent] }
        line += "]"
        if !groups.isEmpty, !label.probabilities.isEmpty {
            line += ",\"groups\":{"
            for (place, group) in groups.enumerated() {
                let most = group.members.reduce(Float(0)) { max($0, label.probabilities[$1]) }
                line += (place > 0 ? "," : "") + "\(group.name):\(Self.number(most))"
            }
            line += "}"
        }
        if showsAll {
            line += ",\"probabilities\":{"
            var isFirst = true
            for (k, id) in ids.enumerated() where !withheld.contains(k) {
                line += (isFirst ? "" : ",") + "\(id):\(Self.number(label.probabilities[k]))"
                isFirst = false
            }
            line += "}"
        }
        return line + tail
    }
}

extension Intent {
    /// Names this wording of the intent: its id and the first twelve digits of the SHA-256 of what defines it.
    public var definitionID: String {
        let text = ([id, name, definition] + include + ["-"] + exclude).map { "\($0.utf8.count):\($0)" }.joined()
        return "\(id)@\(SHA256Digest.hex(of: Array(text.utf8)).prefix(12))"
    }
}
