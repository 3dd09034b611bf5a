internal import Audit
internal import AuditTestSupport
internal import DurableFiles
internal import Glibc

/// Processes that write to one ledger and are killed, and what is there afterwards.
struct LedgerKills {
    /// What was found that must not be.
    private(set) var problems: [String] = []
    private var kills = 0
    private var finishedFirst = 0
    private var ledgers = 0
    private var openings = 0
    private var beforeTheFirst = 0
    private var entriesAcknowledged = 0
    private var erasuresAcknowledged = 0
    private var notAcknowledged = 0
    private var entries = 0
    private var lost = 0
    private var half = 0
    private var notWhole = 0
    private var unreadable = 0
    private var blocked = 0

    private let folder: String
    private let program: String
    private var random: LedgerWorkload.Random
    /// Of the present ledger: batches by entry, and erasures by subject.
    private var checked = 0

    init(_ folder: String, seed: UInt64) throws {
        self.folder = folder
        random = LedgerWorkload.Random(seed)
        program = try CommandProcess.beside("tessera-figures")
        try FileSystem.live.makeDirectory(folder)
    }

    var value: FigureValue {
        [
            "kills": .integer(kills), "finished_first": .integer(finishedFirst), "ledgers": .integer(ledgers),
            "openings_after_kills": .integer(openings), "kills_before_the_first_acknowledgement": .integer(beforeTheFirst),
            "entries_acknowledged": .integer(entriesAcknowledged), "erasures_acknowledged": .integer(erasuresAcknowledged),
            "entries_kept_without_acknowledgement": .integer(notAcknowledged), "entries": .integer(entries), "lost": .integer(lost),
            "half_written": .integer(half), "not_whole": .integer(notWhole), "inputs_unreadable": .integer(unreadable),
            "blocked": .integer(blocked),
        ]
    }

    private mutating func problem(_ text: String) { if problems.count < 100 { problems.append(text) } }

    private func start(_ writer: Int, _ round: Int, batches: Int, _ ledger: String) throws -> CommandProcess {
        try CommandProcess(
            program, ["ledger-writer:\(writer),\(round),\(batches),\(ledger)"], talk: "\(folder)/talk-\(writer)", temporary: folder)
    }

    // MARK: Kills

    private static let writers = 3
    /// Rounds on one ledger: its verification would take longer and longer.
    private static let roundsOfALedger = 15

    /// Rounds of three writers: each is killed at a moment of its own, all at once in every other round.
    mutating func run(kills wanted: Int) throws {
        var round = 0
        while kills < wanted, round < wanted {
            if round.isMultiple(of: Self.roundsOfALedger) {
                try clear()
                ledgers += 1
            }
            FigureContext.say("ledger-faults: \(kills) of \(wanted) kills")
            let children = try (0..<Self.writers).map { try start($0, round, batches: 100_000, ledger) }
            // From the first moments, when tables are made, to some hundred commits.
            var moment = random.share() * (round.isMultiple(of: 5) ? 0.08 : 0.6)
            for child in children {
                switch child.kill(after: moment) {
                case .signal(SIGKILL): kills += 1
                case .exit(0): finishedFirst += 1
                case let end:
                    blocked += 1
                    problem("round \(round): a writer ended by itself: \(end): \(talk())")
                }
                moment = round.isMultiple(of: 2) ? 0 : random.share() * 0.15
            }
            try look(round)
            round += 1
        }
        try clear()
        guard kills >= wanted else {
            throw FigureError(code: EX_SOFTWARE, description: "\(kills) kills, not \(wanted): writers ended before their kill")
        }
    }

    private var ledger: String { folder + "/ledger" }

    private func talk() -> String {
        let text = (try? FileSystem.live.contents(of: folder + "/talk-0", limit: 1 << 26)) ?? []
        return String(decoding: text.suffix(300), as: UTF8.self)
    }

    private mutating func clear() throws {
        for name in try FileSystem.live.names(in: folder) { try FileSystem.live.removeTree(folder + "/" + name) }
        entries += checked
        checked = 0
    }

    /// Opens what the writers of a round left, and compares it with what they were told.
    private mutating func look(_ round: Int) throws {
        let opened: Ledger
        let vault: SubjectVault
        do {
            opened = try Ledger(at: ledger, .createIfMissing, signingKey: LedgerWorkload.key())
            vault = try SubjectVault(besides: ledger, .createIfMissing, master: LedgerWorkload.master())
        } catch {
            blocked += 1
            return problem("round \(round): cannot be opened: \(error)")
        }
        openings += 1
        let verification = try LedgerVerification.run(at: ledger)
        if !verification.isIntact {
            notWhole += 1
            problem("round \(round): \(verification.findings.prefix(3).map(\.description))")
        }
        let new = try opened.entries(LedgerSelection(sequences: (checked + 1)...max(checked + 1, verification.lastSequence)))
        checked = verification.lastSequence
        let batches = try compare(new, vault, round)
        try compareAcknowledged(batches, Dictionary(uniqueKeysWithValues: new.map { ($0.sequence, $0) }), round)
        do { try opened.append(LedgerEntry(.note, purpose: "figure", actor: "figure", time: 1_700_000_000_000_000)) } catch {
            blocked += 1
            problem("round \(round): does not go on: \(error)")
        }
    }

    /// Every batch is whole, and its inputs are those that were sealed, or erased.
    /// - Returns: the places of each batch.
    private mutating func compare(_ new: [LedgerEntry], _ vault: SubjectVault, _ round: Int) throws -> [String: ClosedRange<Int>] {
        let lastErasure = Dictionary(new.filter { $0.kind == .erasure }.map { ($0.subject, $0.sequence) }, uniquingKeysWith: max)
        var places: [String: [Int]] = [:]
        var sizes: [String: Int] = [:]
        for entry in new where entry.kind == .decision {
            let words = String(decoding: entry.output, as: UTF8.self).split(separator: " ", maxSplits: 3).map(String.init)
            guard words.count == 4, let size = Int(words[1]), let place = Int(words[2]),
                entry.output == LedgerWriter.output(words[0], of: size, place)
            else {
                half += 1
                problem("round \(round): entry \(entry.sequence) holds something else")
                continue
            }
            places[words[0], default: []].append(entry.sequence)
            sizes[words[0]] = size
            do throws(LedgerError) {
                let input = try vault.open(entry).input
                if input != LedgerWorkload.input(place) || entry.sequence < lastErasure[entry.subject] ?? 0 {
                    unreadable += 1
                    problem("round \(round): entry \(entry.sequence) has another input, or one that was erased")
                }
            } catch {
                if error.kind == .erased, entry.sequence < lastErasure[entry.subject] ?? 0 { continue }
                unreadable += 1
                problem("round \(round): \(error)")
            }
        }
        var ranges: [String: ClosedRange<Int>] = [:]
        for (name, found) in places {
            let range = (found.min() ?? 0)...(found.max() ?? 0)
            if found.count != sizes[name] || range.count != found.count {
                half += 1
                problem("round \(round): batch \(name) has \(found.count) of \(sizes[name] ?? 0) entries")
            }
            ranges[name] = range
        }
        return ranges
    }

    /// What the writers were told is there, in the places they were told.
    private mutating func compareAcknowledged(
        _ batches: [String: ClosedRange<Int>], _ entries: [Int: LedgerEntry], _ round: Int
    ) throws {
        var batches = batches
        for writer in 0..<Self.writers {
            let text = String(decoding: try FileSystem.live.contents(of: "\(folder)/talk-\(writer)", limit: 1 << 28), as: UTF8.self)
            // A kill may fall into the writing of a line; what has no end was not told.
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
            if lines.isEmpty { beforeTheFirst += 1 }
            for line in lines {
                let words = line.split(separator: " ").map(String.init)
                if words.count == 4, words[0] == "append", let first = Int(words[1]), let last = Int(words[2]), first <= last {
                    entriesAcknowledged += last - first + 1
                    if batches.removeValue(forKey: words[3]) != first...last {
                        lost += last - first + 1
                        problem("round \(round): batch \(words[3]) is not at \(first) to \(last)")
                    }
                } else if words.count == 3, words[0] == "erase", let place = Int(words[1]), let subject = Int(words[2]) {
                    erasuresAcknowledged += 1
                    if entries[place]?.kind != .erasure || entries[place]?.subject != LedgerWorkload.subject(subject) {
                        lost += 1
                        problem("round \(round): the erasure at \(place) is not there")
                    }
                } else {
                    blocked += 1
                    problem("round \(round): a writer says: \(line.prefix(200))")
                }
            }
        }
        notAcknowledged += batches.values.reduce(0) { $0 + $1.count }
    }

    // MARK: Two writers that nobody disturbs

    /// Two processes append to one ledger at the same time, to their ends. Where a crowded machine ran them one after the other nothing is
    /// shown: then again, longer.
    static func twoWriters(_ folder: String, batches: Int) throws -> (value: FigureValue, problems: [String]) {
        FigureContext.say("ledger-faults: two processes at once")
        for attempt in 0..<5 {
            let (value, problems, turns) = try twoWritersOnce("\(folder)-\(attempt)", batches: batches << attempt)
            if turns >= 3 || !problems.isEmpty { return (value, problems) }
        }
        throw FigureError(
            code: EX_TEMPFAIL, description: "the two writers never took turns, so nothing was shown: run it on a quieter machine")
    }

    private static func twoWritersOnce(_ folder: String, batches: Int) throws -> (value: FigureValue, problems: [String], turns: Int) {
        var bench = try LedgerKills(folder, seed: 0)
        let began = FigureContext.now()
        let children = try (0..<2).map { try bench.start($0, 0, batches: batches, bench.ledger) }
        for child in children where child.wait() != .exit(0) { bench.problem("a writer did not end well: \(bench.talk())") }
        let seconds = FigureContext.now() - began
        // The figure's own result follows the lines.
        for writer in 0..<2 {
            let talk = "\(folder)/talk-\(writer)"
            let lines = String(decoding: try FileSystem.live.contents(of: talk, limit: 1 << 28), as: UTF8.self).split(separator: "\n")
            let told = lines.filter { $0.hasPrefix("append ") || $0.hasPrefix("erase ") }.joined(separator: "\n") + "\n"
            try AtomicFile.write(Array(told.utf8), to: talk)
        }
        try AtomicFile.write([], to: "\(folder)/talk-2")
        try bench.look(0)
        let opened = try Ledger(at: bench.ledger, .readOnly)
        var turns = 0
        var last = ""
        try opened.read(LedgerSelection(kind: .decision)) { entry in
            let writer = String(decoding: entry.output.prefix(3), as: UTF8.self)
            if writer != last { turns += 1 }
            last = writer
        }
        let value: FigureValue = [
            "entries": .integer(bench.checked), "entries_acknowledged": .integer(bench.entriesAcknowledged),
            "erasures_acknowledged": .integer(bench.erasuresAcknowledged), "lost": .integer(bench.lost),
            "half_written": .integer(bench.half), "not_whole": .integer(bench.notWhole), "blocked": .integer(bench.blocked),
            "turns": .integer(turns), "seconds": .number(seconds),
        ]
        return (value, bench.problems, turns)
    }
}
