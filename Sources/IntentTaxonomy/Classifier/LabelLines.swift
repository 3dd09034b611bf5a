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
    private let heads: [[UInt8]]
    private let ids: [[UInt8]]
    /// Groups and the intents whose greatest number is the group's, and intents that may be told.
    private let groups: Members
    private let shown: Members
    private let tail: [UInt8]
    private let showsAll: Bool

    /// Lines of a classifier.
    /// - Parameter showsAll: whether the probabilities of all intents are written, too.
    public init(_ classifier: IntentClassifier, encoder: String, showsAll: Bool = false) {
        let settings = classifier.settings
        func quoted(_ text: String) -> [UInt8] { Array(JSONString.quoted(text).utf8) }
        ids = settings.intents.map(quoted)
        heads = settings.intents.enumerated().map { k, id in
            let intent = classifier.taxonomy[id]
            let name = JSONString.quoted(intent?.name ?? id)
            let head =
                "{\"id\":\(JSONString.quoted(id)),\"definition\":\(JSONString.quoted(intent?.definitionID ?? id)),\"name\":\(name)"
                + ",\"threshold\":\(Self.number(Float(settings.thresholds[k]))),\"probability\":"
            return Array(head.utf8)
        }
        let withheld = Set(classifier.withheld)
        shown = Members(settings.intents.indices.filter { !withheld.contains($0) }.map { (settings.intents[$0], $0) })
        groups = Members(
            greatest: classifier.groups.map { group in (group.intent.id, group.members.filter { !withheld.contains($0) }) }.filter {
                !$0.1.isEmpty
            })
        let suspended = classifier.withheld.map { JSONString.quoted(settings.intents[$0]) }.joined(separator: ",")
        let taxonomy = settings.taxonomy
        let tail =
            (suspended.isEmpty ? "" : ",\"suspended\":[\(suspended)]")
            + ",\"taxonomy\":{\"id\":\(JSONString.quoted(taxonomy.id)),\"version\":\(JSONString.quoted(taxonomy.version)),\"digest\":\"\(taxonomy.digest)\"}"
            + ",\"encoder\":\"\(encoder)\",\"classifier\":\"\(classifier.id)\"}\n"
        self.tail = Array(tail.utf8)
        self.showsAll = showsAll
    }

    /// Four digits after the point: what a reader can use, and as long for every session.
    static func number(_ value: Float) -> String {
        var text: [UInt8] = []
        append(value, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    fileprivate static func append(_ value: Float, to text: inout [UInt8]) {
        guard value.isFinite else { return append("null", to: &text) }
        // Weights of a file can make an attribution of any size.
        guard abs(value) < 1e12 else { return text.append(contentsOf: "\(value)".utf8) }
        let scaled = Int((Double(abs(value)) * 10_000).rounded())
        if value < 0, scaled > 0 { text.append(UInt8(ascii: "-")) }
        // From the last digit to the first: four behind the point, and at most thirteen before it.
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
            var (rest, place) = (scaled, digits.count)
            func put(_ byte: UInt8) {
                place -= 1
                digits[place] = byte
            }
            for _ in 0..<4 {
                put(UInt8(ascii: "0") + UInt8(rest % 10))
                rest /= 10
            }
            put(UInt8(ascii: "."))
            repeat {
                put(UInt8(ascii: "0") + UInt8(rest % 10))
                rest /= 10
            } while rest > 0
            text.append(contentsOf: UnsafeBufferPointer(rebasing: digits[place...]))
        }
    }

    private static func append(_ text: StaticString, to bytes: inout [UInt8]) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    private static func append(_ number: Int, to text: inout [UInt8]) { text.append(contentsOf: String(number).utf8) }

    /// One line, with its end.
    public func line(_ label: SessionLabel, key: String) -> String {
        var text: [UInt8] = []
        append(label, key: key, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    /// Adds one line, with its end.
    public func append(_ label: SessionLabel, key: String, to text: inout [UInt8]) {
        Self.append("{\"session\":", to: &text)
        text += JSONString.quoted(key).utf8
        Self.append(label.abstention == nil ? ",\"status\":\"labelled\"" : ",\"status\":\"abstained\"", to: &text)
        if let reason = label.abstention {
            Self.append(",\"reason\":\"", to: &text)
            text += reason.rawValue.utf8
            Self.append("\"", to: &text)
        }
        Self.append(",\"intents\":[", to: &text)
        for (place, intent) in label.assigned.enumerated() {
            if place > 0 { Self.append(",", to: &text) }
            text += heads[intent]
            Self.append(label.probabilities[intent], to: &text)
            if place < label.evidence.count { append(label.evidence[place], to: &text) }
            Self.append("}", to: &text)
        }
        Self.append("],\"set\":[", to: &text)
        for (place, intent) in label.possible.enumerated() {
            if place > 0 { Self.append(",", to: &text) }
            text += ids[intent]
        }
        Self.append("]", to: &text)
        if !groups.isEmpty, !label.probabilities.isEmpty {
            Self.append(",\"groups\":", to: &text)
            groups.append(label.probabilities, to: &text)
        }
        if showsAll {
            Self.append(",\"probabilities\":", to: &text)
            shown.append(label.probabilities, to: &text)
        }
        text += tail
    }

    private func append(_ evidence: [SessionLabel.Evidence], to text: inout [UInt8]) {
        Self.append(",\"evidence\":[", to: &text)
        for (number, event) in evidence.enumerated() {
            Self.append(number > 0 ? ",{\"place\":" : "{\"place\":", to: &text)
            Self.append(event.place, to: &text)
            Self.append(",\"event\":", to: &text)
            text += JSONString.quoted(event.text).utf8
            Self.append(",\"effect\":", to: &text)
            Self.append(event.effect, to: &text)
            if let gradient = event.gradient {
                Self.append(",\"gradient\":", to: &text)
                Self.append(gradient, to: &text)
            }
            Self.append("}", to: &text)
        }
        Self.append("]", to: &text)
    }
}

/// An object of numbers whose names are known: the names stand one behind the other in one piece of memory, for lines are written by many
/// threads, which would wait for each other where references are counted.
private struct Members {
    /// `{"a":,"b":` and so on.
    private var bytes: [UInt8] = []
    /// Where each name ends in ``bytes``, and its numbers in ``numbers``.
    private var ends: [(bytes: Int, numbers: Int)] = []
    private var numbers: [Int] = []
    /// Whether names have one number each, in place of the greatest of some.
    private let isOfOne: Bool

    var isEmpty: Bool { ends.isEmpty }

    /// Names that have the greatest of some numbers.
    init(greatest members: [(name: String, numbers: [Int])]) { self.init(members, isOfOne: false) }

    /// Names that have one number each.
    init(_ members: [(name: String, number: Int)]) { self.init(members.map { ($0.name, [$0.number]) }, isOfOne: true) }

    private init(_ members: [(name: String, numbers: [Int])], isOfOne: Bool) {
        self.isOfOne = isOfOne
        for member in members {
            bytes += "\(ends.isEmpty ? "{" : ",")\(JSONString.quoted(member.name)):".utf8
            numbers += member.numbers
            ends.append((bytes.count, numbers.count))
        }
    }

    /// Adds the object: for each name its value, or the greatest of its values, none of which is below 0.
    func append(_ values: [Float], to text: inout [UInt8]) {
        var begin = (bytes: 0, numbers: 0)
        for end in ends {
            bytes.withUnsafeBufferPointer { text.append(contentsOf: UnsafeBufferPointer(rebasing: $0[begin.bytes..<end.bytes])) }
            var most = isOfOne ? values[numbers[begin.numbers]] : 0
            if !isOfOne { for number in begin.numbers..<end.numbers { most = max(most, values[numbers[number]]) } }
            LabelLines.append(most, to: &text)
            begin = end
        }
        text += (ends.isEmpty ? "{}" : "}").utf8
    }
}

extension Intent {
    /// Names this wording of the intent: its id and the first twelve digits of the SHA-256 of what defines it.
    public var definitionID: String {
        let text = ([id, name, definition] + include + ["-"] + exclude).map { "\($0.utf8.count):\($0)" }.joined()
        return "\(id)@\(SHA256Digest.hex(of: Array(text.utf8)).prefix(12))"
    }
}
