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
public struct LabelLines: Sendable {
    private let heads: [String]
    private let ids: [String]
    private let groups: [(name: String, members: [Int])]
    private let tail: String
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
        groups = classifier.groups.map { (JSONString.quoted($0.intent.id), $0.members) }
        let taxonomy = settings.taxonomy
        tail =
            ",\"taxonomy\":{\"id\":\(JSONString.quoted(taxonomy.id)),\"version\":\(JSONString.quoted(taxonomy.version)),\"digest\":\"\(taxonomy.digest)\"}"
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
            for (k, id) in ids.enumerated() { line += (k > 0 ? "," : "") + "\(id):\(Self.number(label.probabilities[k]))" }
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
