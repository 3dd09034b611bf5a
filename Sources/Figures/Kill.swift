internal import DurableFiles
internal import EventStream
internal import Glibc
internal import SequenceEmbedding
internal import SequenceKernel

extension Figure {
    /// {kills, lost, corrupt} and, beside them, what was found in each phase.
    static let kill = Figure(
        pattern: "kill",
        summary:
            "the real program killed at random times while it imports, trains and embeds the shipped sample: what is lost or half-written"
    ) { context in
        try context.withScratchFolder { folder in
            let began = FigureContext.now()
            let total = context.quick ? 20 : 200
            let seed: UInt64 = 9
            let bench = try KillBench(sample: "\(context.repository)/corpora/synthetic-bank", folder, seed: seed)
            var importing = KillCounts()
            var training = KillCounts()
            var embedding = KillCounts()
            try bench.killImports(total / 3, &importing)
            try bench.killTrainings(total / 3, &training)
            try bench.killEmbeddings(total - 2 * (total / 3), &embedding)
            let all = [importing, training, embedding]
            let kills = all.reduce(0) { $0 + $1.kills }
            guard kills >= total else {
                throw FigureError(code: EX_SOFTWARE, description: "\(kills) kills, not \(total): most runs were quicker than their kill")
            }
            func sum(_ part: KeyPath<KillCounts, Int>) -> Int { all.reduce(0) { $0 + $1[keyPath: part] } }
            let (lost, corrupt, blocked) = (sum(\.lost), sum(\.corrupt), sum(\.blocked))
            let figure: FigureValue = [
                "kills": .integer(kills), "lost": .integer(lost), "corrupt": .integer(corrupt), "blocked": .integer(blocked),
                "stale_found": .integer(sum(\.staleFound)), "stale_swept": .integer(sum(\.staleSwept)), "seed": .integer(Int(seed)),
                "seconds": .number(FigureContext.now() - began), "quick": .truth(context.quick),
                "phases": ["import": importing.value, "pretrain": training.value, "embed": embedding.value],
            ]
            guard lost == 0, corrupt == 0, blocked == 0 else {
                throw FigureError(
                    code: EX_SOFTWARE, description: "\(kills) kills: \(lost) lost, \(corrupt) corrupt, \(blocked) blocked", figure: figure)
            }
            return figure
        }
    }
}

/// What was found in one phase.
struct KillCounts {
    /// Runs that died of the kill.
    var kills = 0
    /// Runs that were quicker than their kill; they are not among ``kills``.
    var finishedFirst = 0
    /// Kills after which a new output stood already.
    var publishedBeforeKill = 0
    /// Outputs that had been told of, or stood there before, and were gone.
    var lost = 0
    /// Outputs that stood at their place and were neither the old nor the new one.
    var corrupt = 0
    /// Runs after a kill that did not succeed.
    var blocked = 0
    /// Hidden files and folders that kills left.
    var staleFound = 0
    /// Those of them that the next run removed.
    var staleSwept = 0
    /// Seconds of an undisturbed run.
    var undisturbed = 0.0
    /// Kills that a training was resumed after.
    var resumed = 0
    /// Resumed trainings that ended in the bytes of an undisturbed one.
    var resumedEqual = 0

    var value: FigureValue {
        [
            "kills": .integer(kills), "finished_first": .integer(finishedFirst), "published_before_kill": .integer(publishedBeforeKill),
            "lost": .integer(lost), "corrupt": .integer(corrupt), "blocked": .integer(blocked), "stale_found": .integer(staleFound),
            "stale_swept": .integer(staleSwept), "undisturbed_seconds": .number(undisturbed), "resumed": .integer(resumed),
            "resumed_equal": .integer(resumedEqual),
        ]
    }
}

/// The program, the sample, and a folder for what is written.
final class KillBench {
    let sample: String
    let folder: String
    let out: String
    private let program: String
    private var random: RandomSource

    init(sample: String, _ folder: String, seed: UInt64) throws {
        self.sample = sample
        self.folder = folder
        out = folder + "/out"
        program = try CommandProcess.beside("tessera")
        random = RandomSource(seed, 0xDEAD)
        for name in ["out", "kept", "temporary"] { try FileSystem.live.makeDirectory("\(folder)/\(name)") }
    }

    private func start(_ arguments: [String]) throws -> CommandProcess {
        try CommandProcess(program, arguments, talk: folder + "/talk", temporary: folder + "/temporary")
    }

    /// Runs to the end; false when it did not succeed, and says why.
    func succeeds(_ arguments: [String]) throws -> Bool {
        let end = try start(arguments).wait()
        if end == .exit(0) { return true }
        let talk = try FileSystem.live.contents(of: folder + "/talk")
        FigureContext.say("kill: \(end) of \(arguments.joined(separator: " ")): \(String(decoding: talk.suffix(500), as: UTF8.self))")
        return false
    }

    /// Seconds of a run that nobody disturbs, the median of three. `reset` comes before each.
    func seconds(of arguments: [String], reset: () throws -> Void) throws -> Double {
        var times: [Double] = []
        for _ in 0..<3 {
            try reset()
            let began = FigureContext.now()
            guard try succeeds(arguments) else { throw FigureError(code: EX_SOFTWARE, description: "the undisturbed run failed") }
            times.append(FigureContext.now() - began)
        }
        return times.sorted()[1]
    }

    /// Kills a run at a random time of its `seconds`, every third one near its end, where the output gets its name.
    func kill(_ arguments: [String], within seconds: Double, _ counts: inout KillCounts) throws -> CommandProcess.End {
        let share = Double(random.uniform())
        let time = (counts.kills + counts.finishedFirst) % 3 == 2 ? seconds * (0.8 + 0.25 * share) : seconds * share
        let end = try start(arguments).kill(after: time)
        switch end {
        case .signal(SIGKILL): counts.kills += 1
        case .exit(0): counts.finishedFirst += 1
        default:
            counts.blocked += 1
            FigureContext.say("kill: a run to be killed ended by itself: \(end)")
        }
        return end
    }

    /// Hidden names that runs left among outputs and temporary folders.
    func stale() throws -> Int {
        try [out, folder + "/temporary"].reduce(0) { sum, place in
            sum + (try FileSystem.live.names(in: place).count { $0.hasPrefix(".") })
        }
    }

    /// Removes every output.
    func clear() throws {
        for name in try FileSystem.live.names(in: out) where !name.hasPrefix(".") { try FileSystem.live.removeTree("\(out)/\(name)") }
    }

    func exists(_ path: String) throws -> Bool { try FileSystem.live.status(of: path) != nil }
}
