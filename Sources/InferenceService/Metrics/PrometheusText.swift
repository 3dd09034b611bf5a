/// Builds a text in the Prometheus exposition format, version 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
package struct PrometheusText {
    /// What a scraper is told the text is.
    static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// The kinds of metrics that are used here.
    package enum Kind: String { case counter, gauge, histogram }

    /// The text so far.
    package private(set) var bytes: [UInt8] = []

    /// Nothing yet.
    package init() {}

    /// The two lines before the samples of a metric.
    mutating func head(_ name: String, _ kind: Kind, _ help: String) {
        append("# HELP \(name) ")
        escape(help, quotes: false)
        append("\n# TYPE \(name) \(kind.rawValue)\n")
    }

    /// One sample.
    mutating func sample(_ name: String, _ labels: [(name: String, value: String)] = [], _ value: String) {
        append(name)
        if !labels.isEmpty {
            append("{")
            for (index, label) in labels.enumerated() {
                append("\(index == 0 ? "" : ",")\(label.name)=\"")
                escape(label.value, quotes: true)
                append("\"")
            }
            append("}")
        }
        append(" \(value)\n")
    }

    /// A number as Go's parser reads it.
    package static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return "\(Int64(value))" }
        return "\(value)"
    }

    /// Nanoseconds as seconds, every digit of them.
    package static func seconds(_ nanoseconds: Int) -> String {
        let (whole, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
        if rest == 0 { return "\(whole)" }
        var digits = "\(abs(rest))"
        digits = String(repeating: "0", count: 9 - digits.count) + digits
        while digits.last == "0" { digits.removeLast() }
        return "\(nanoseconds < 0 && whole == 0 ? "-" : "")\(whole).\(digits)"
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Help escapes `\` and line feeds, label values also `"`.
    private mutating func escape(_ text: String, quotes: Bool) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): append("\\\\")
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\"") where quotes: append("\\\"")
            default: bytes.append(byte)
            }
        }
    }

    /// Whether a text can name a metric: `[a-zA-Z_:][a-zA-Z0-9_:]*`, or without colons a label.
    static func isName(_ text: String, label: Bool = false) -> Bool {
        guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
        return text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "_"):
                true
            case UInt8(ascii: ":"): !label
            default: false
            }
        }
    }
}
