internal import Audit
internal import AuditTestSupport
internal import Glibc

extension Figure {
    /// A child of `ledger-faults`, not listed: appends to LEDGER and says on standard output what was acknowledged, a line each:
    /// `append FIRST LAST BATCH`, `erase ENTRY SUBJECT`.
    static let ledgerWriter = Figure(pattern: "ledger-writer:WRITER,ROUND,BATCHES,LEDGER", summary: "a child of ledger-faults") { context in
        let words = (context.set ?? "").split(separator: ",", maxSplits: 3).map(String.init)
        guard words.count == 4, let writer = Int(words[0]), let round = Int(words[1]), let batches = Int(words[2]) else {
            throw FigureError(code: EX_USAGE, description: "ledger-writer: WRITER,ROUND,BATCHES,LEDGER")
        }
        try LedgerWriter(writer: writer, round: round).write(batches, to: words[3])
        return ["batches": .integer(batches)]
    }
}

/// A process that appends batches of some entries, and erases a subject now and then.
struct LedgerWriter {
    let writer: Int
    let round: Int

    /// What names a batch, in the output of each of its entries.
    func name(_ batch: Int) -> String { "\(round)-\(writer)-\(batch)" }

    static func subject(writer: Int, batch: Int) -> Int { writer * 1000 + batch / 4 % 40 }

    /// `BATCH OF PLACE`, and then what makes it as long as a line of labels.
    static func output(_ name: String, of count: Int, _ place: Int) -> [UInt8] {
        Array("\(name) \(count) \(place) ".utf8) + LedgerWorkload.output(place)
    }

    func write(_ batches: Int, to path: String) throws {
        let ledger = try Ledger(at: path, .createIfMissing, signingKey: LedgerWorkload.key())
        let vault = try SubjectVault(besides: path, .createIfMissing, master: LedgerWorkload.master())
        var random = LedgerWorkload.Random(UInt64(round) << 8 | UInt64(writer))
        let parent = getppid()
        for batch in 0..<batches {
            // Whoever counts the kills is gone.
            if getppid() != parent { return }
            let count = 1 + Int(random.next() % 48)
            let subject = Self.subject(writer: writer, batch: batch)
            let sealed = try vault.seal((0..<count).map { (LedgerWorkload.subject(subject), LedgerWorkload.input($0)) })
            let places = try ledger.append(
                sealed.enumerated().map { number, sealed in
                    LedgerWorkload.entry(number, of: subject, sealed: sealed, output: Self.output(name(batch), of: count, number))
                })
            try tell("append \(places.lowerBound) \(places.upperBound - 1) \(name(batch))")
            guard batch % 16 == 15 else { continue }
            let receipt = try vault.erase(LedgerWorkload.subject(subject), in: ledger, purpose: "request", actor: "desk")
            try tell("erase \(receipt.sequence) \(subject)")
        }
    }

    /// One write, so that a line is there or not; what was written outlives the process.
    private func tell(_ line: String) throws {
        var line = line + "\n"
        let isWhole = line.withUTF8 { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) == $0.count }
        guard isWhole else { throw FigureError(code: EX_IOERR, description: "ledger-writer: standard output cannot be written") }
    }
}
