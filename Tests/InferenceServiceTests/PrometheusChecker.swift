/// Reads a text in the Prometheus exposition format 0.0.4 and refuses what a strict scraper would, and what a lenient one would misread.
struct PrometheusChecker {
    struct Sample: Equatable {
        var name: String
        var labels: [String: String]
        var value: Double
    }

    struct Fault: Error, CustomStringConvertible {
        var line: Int
        var reason: String
        var description: String { "line \(line): \(reason)" }
    }

    private(set) var samples: [Sample] = []
    private(set) var types: [String: String] = [:]
    private(set) var helps: [String: String] = [:]

    init(_ bytes: [UInt8]) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else { throw Fault(line: 0, reason: "not UTF-8") }
        guard text.hasSuffix("\n") else { throw Fault(line: 0, reason: "the last line has no end") }
        var current = ""
        var finished: Set<String> = []
        var seen: Set<String> = []
        for (index, line) in text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let fault = { (reason: String) in Fault(line: index + 1, reason: reason) }
            if line.hasPrefix("# HELP ") {
                let parts = line.dropFirst(7).split(separator: " ", maxSplits: 1)
                guard parts.count == 2, helps.updateValue(String(parts[1]), forKey: String(parts[0])) == nil else { throw fault("HELP") }
                finished.insert(current)
                current = String(parts[0])
                guard !finished.contains(current) else { throw fault("\(current) comes twice") }
            } else if line.hasPrefix("# TYPE ") {
                let parts = line.dropFirst(7).split(separator: " ")
                guard parts.count == 2, parts[0] == current, ["counter", "gauge", "histogram"].contains(parts[1]),
                    types.updateValue(String(parts[1]), forKey: current) == nil
                else { throw fault("TYPE") }
            } else {
                let sample = try Self.sample(line, fault)
                guard let type = types[current] else { throw fault("a sample before its TYPE") }
                let names = type == "histogram" ? ["_bucket", "_sum", "_count"].map { current + $0 } : [current]
                guard names.contains(sample.name) else { throw fault("\(sample.name) among the samples of \(current)") }
                guard (sample.labels["le"] != nil) == (sample.name == current + "_bucket" && type == "histogram") else { throw fault("le") }
                let series = sample.name + sample.labels.sorted { $0.key < $1.key }.map { "|\($0.key)=\($0.value)" }.joined()
                guard seen.insert(series).inserted else { throw fault("\(series) twice") }
                guard type != "counter" || (sample.value >= 0 && current.hasSuffix("_total")) else { throw fault("no counter: \(current)") }
                samples.append(sample)
            }
        }
        for (name, type) in types where type == "histogram" { try checkHistogram(name) }
    }

    private func checkHistogram(_ name: String) throws {
        let counts = samples.filter { $0.name == name + "_count" }
        guard !counts.isEmpty else { throw Fault(line: 0, reason: "\(name) has no count") }
        for count in counts {
            let buckets = samples.filter { sample in
                var labels = sample.labels
                labels["le"] = nil
                return sample.name == name + "_bucket" && labels == count.labels
            }
            let bounds = buckets.map { Self.number($0.labels["le"]!)! }
            guard bounds.last == .infinity, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 < $1 }) else {
                throw Fault(line: 0, reason: "bounds of \(name): \(bounds)")
            }
            guard zip(buckets, buckets.dropFirst()).allSatisfy({ $0.value <= $1.value }), buckets.last!.value == count.value else {
                throw Fault(line: 0, reason: "\(name) is not cumulative")
            }
            guard samples.contains(where: { $0.name == name + "_sum" && $0.labels == count.labels }) else {
                throw Fault(line: 0, reason: "\(name) has no sum")
            }
        }
    }

    private static func number(_ text: some StringProtocol) -> Double? {
        switch text {
        case "+Inf": .infinity
        case "-Inf": -.infinity
        case "NaN": .nan
        default: text.allSatisfy({ "0123456789.e+-".contains($0) }) ? Double(text) : nil
        }
    }

    private static func sample(_ line: Substring, _ fault: (String) -> Fault) throws -> Sample {
        func isName(_ text: Substring, colons: Bool) -> Bool {
            guard let first = text.first, !first.isNumber else { return false }
            return text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_" || (colons && $0 == ":")) }
        }
        var rest = line
        let name = rest.prefix { $0 != "{" && $0 != " " }
        guard isName(name, colons: true) else { throw fault("name: \(line)") }
        rest = rest.dropFirst(name.count)
        var labels: [String: String] = [:]
        if rest.first == "{" {
            repeat {
                rest = rest.dropFirst()
                let label = rest.prefix { $0 != "=" }
                guard isName(label, colons: false), rest.dropFirst(label.count).hasPrefix("=\"") else { throw fault("label: \(line)") }
                rest = rest.dropFirst(label.count + 2)
                var value = ""
                while let letter = rest.popFirst(), letter != "\"" {
                    guard letter == "\\" else {
                        value.append(letter)
                        continue
                    }
                    switch rest.popFirst() {
                    case "n": value += "\n"
                    case "\\": value += "\\"
                    case "\"": value += "\""
                    default: throw fault("escape: \(line)")
                    }
                }
                guard labels.updateValue(value, forKey: String(label)) == nil else { throw fault("label twice: \(line)") }
            } while rest.first == ","
            guard rest.popFirst() == "}" else { throw fault("no }: \(line)") }
        }
        guard rest.popFirst() == " ", let value = number(rest) else { throw fault("value: \(line)") }
        return Sample(name: String(name), labels: labels, value: value)
    }

    /// The value of a time series.
    func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        samples.first { $0.name == name && $0.labels == labels }?.value
    }
}
