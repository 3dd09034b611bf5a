internal import DurableFiles
internal import Glibc

extension Figure {
    /// {minutes, executions, crashes, targets: {NAME: {minutes, executions, crashes, edges, inputs}}}. A target ends at its first crash.
    static let fuzz = Figure(
        pattern: "fuzz",
        summary: "every reader of foreign bytes under libFuzzer with AddressSanitizer, two minutes each (--rounds: so many times as long)"
    ) { context in
        let program = "\(context.repository)/tools/fuzz/run"
        let names = try ChildRun([program, "--list"]).checked().output.split(separator: "\n").map(String.init)
        let seconds = (context.quick ? 5 : 120) * (context.rounds ?? 1)
        let seed = 17
        var targets: [String: FigureValue] = [:]
        var whole = FuzzCounts()
        for name in names {
            FigureContext.say("fuzz: \(name), \(seconds) s")
            let counts = try context.withScratchFolder { folder in
                // libFuzzer talks on standard error alone.
                let talk = "\(folder)/talk"
                let began = FigureContext.now()
                let run = try ChildRun(
                    [
                        "/bin/sh", "-c", "exec \"$0\" \"$@\" 2> '\(talk)'", program, name, "\(seconds)", "-seed=\(seed)", "-max_len=4096",
                    ], environment: ["TESSERA_FUZZ_CORPUS": "\(folder)/corpus"])
                let text = String(decoding: try FileSystem.live.contents(of: talk), as: UTF8.self)
                return try FuzzCounts(text, code: run.code, target: name, elapsed: FigureContext.now() - began)
            }
            targets[name] = counts.figure
            whole.add(counts)
        }
        return [
            "minutes": .number(whole.seconds / 60), "executions": .integer(whole.executions), "crashes": .integer(whole.crashes),
            "seed": .integer(seed), "quick": .truth(context.quick), "targets": .object(targets),
        ]
    }
}

/// What libFuzzer said of one target.
private struct FuzzCounts {
    var seconds = 0.0
    var executions = 0
    var crashes = 0
    /// Edges of the program's flow that were reached.
    var edges = 0
    /// Inputs kept because each reaches something the others do not.
    var inputs = 0

    init() {}

    /// - Parameter elapsed: seconds of the whole run, taken for one that broke off before it could say.
    init(_ talk: String, code: Int32, target: String, elapsed: Double) throws {
        func number(after mark: String, in line: Substring) -> Int? {
            guard let start = line.firstRange(of: mark)?.upperBound else { return nil }
            return Int(line[start...].drop { $0 == " " }.prefix { $0.isNumber })
        }
        for line in talk.split(separator: "\n") {
            if let count = number(after: "stat::number_of_executed_units:", in: line) { executions = count }
            if let count = number(after: " cov:", in: line) { edges = count }
            if let count = number(after: " corp:", in: line) { inputs = count }
            if let count = number(after: " runs in", in: line) { seconds = Double(count) }
            guard line.contains("broken promise") || line.contains("SUMMARY:") else { continue }
            FigureContext.say("fuzz: \(target): \(line.prefix(400))")
        }
        guard executions > 0 else {
            throw FigureError(code: EX_SOFTWARE, description: "tools/fuzz/run \(target) ended with \(code)\n\(talk.suffix(2000))")
        }
        if seconds == 0 { seconds = elapsed }
        if code != 0 { crashes = 1 }
    }

    mutating func add(_ other: FuzzCounts) {
        seconds += other.seconds
        executions += other.executions
        crashes += other.crashes
    }

    var figure: FigureValue {
        [
            "minutes": .number(seconds / 60), "executions": .integer(executions), "crashes": .integer(crashes), "edges": .integer(edges),
            "inputs": .integer(inputs),
        ]
    }
}
