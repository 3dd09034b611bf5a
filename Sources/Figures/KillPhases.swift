internal import DurableFiles
internal import EventStream
internal import Glibc
internal import SequenceEmbedding
internal import SequenceKernel

extension KillBench {
    private func importing(_ more: [String], to path: String) -> [String] {
        ["import", sample + "/clicks.csv.gz", "--mapping", sample + "/mapping.yaml", "--out", path, "--memory", "1"] + more
    }

    /// What stands at a place, as seen by somebody who reads all of it.
    private enum Seen: Equatable {
        case nothing
        case whole(String)
        case broken
    }

    private func check(_ seen: Seen, old: String?, new: String, told: Bool, _ counts: inout KillCounts) {
        switch seen {
        case .broken: counts.corrupt += 1
        case .whole(let digest) where digest == new: if !told { counts.publishedBeforeKill += 1 }
        case .whole(let digest):
            if digest != old { counts.corrupt += 1 } else if told { counts.lost += 1 }
        case .nothing: if old != nil || told { counts.lost += 1 }
        }
    }

    /// Kills imports, half of them over an older corpus.
    func killImports(_ kills: Int, _ counts: inout KillCounts) throws {
        let place = out + "/bank.corpus"
        let rejects = out + "/refused.csv"
        let command = importing(["--replace", "--rejects", rejects], to: place)
        let older = importing(["--max-events", "5"], to: folder + "/kept/old.corpus")
        guard try succeeds(older) else { throw FigureError(code: EX_SOFTWARE, description: "the first import failed") }
        let old = try Corpus.open(folder + "/kept/old.corpus").digest
        counts.undisturbed = try seconds(of: command) { try clear() }
        let new = try Corpus.open(place).digest
        let refused = try SHA256Digest.hex(ofFileAt: rejects)
        guard try succeeds(importing([], to: folder + "/kept/bank.corpus")) else {
            throw FigureError(code: EX_SOFTWARE, description: "an import without rejects failed")
        }

        while counts.kills < kills && counts.finishedFirst < 5 * kills {
            try clear()
            let hasOld = counts.kills % 2 == 1
            if hasOld, try !succeeds(importing(["--max-events", "5"], to: place)) { counts.blocked += 1 }
            let told = try kill(command, within: counts.undisturbed, &counts) == .exit(0)
            check(try corpus(place), old: hasOld ? old : nil, new: new, told: told, &counts)
            if try exists(rejects) {
                if try SHA256Digest.hex(ofFileAt: rejects) != refused { counts.corrupt += 1 }
            } else if try corpus(place) == .whole(new) {
                // What was refused is published first: no corpus stands without it.
                counts.lost += 1
            }
            let left = try stale()
            counts.staleFound += left
            // The same command again, as a person would give it.
            if try !succeeds(command) || corpus(place) != .whole(new) || SHA256Digest.hex(ofFileAt: rejects) != refused {
                counts.blocked += 1
            }
            counts.staleSwept += left - (try stale())
        }
        try clear()
    }

    private func corpus(_ path: String) throws -> Seen {
        guard try exists(path) else { return .nothing }
        guard let corpus = try? Corpus.open(path), (try? corpus.verifyDigest()) != nil else { return .broken }
        return .whole(corpus.digest)
    }

    /// Kills trainings and resumes them until they end, some after several kills.
    func killTrainings(_ kills: Int, _ counts: inout KillCounts) throws {
        let settings = folder + "/kept/tiny.yaml"
        try AtomicFile.write(
            Array("preset: tiny\ntraining: { epochs: 3, batchSessions: 64, checkpointSteps: 7, patience: 2 }\n".utf8), to: settings)
        let place = out + "/bank.model"
        let state = place + ".checkpoint"
        let command = ["pretrain", folder + "/kept/bank.corpus", "--out", place, "--config", settings, "--seed", "4", "--resume"]
        counts.undisturbed = try seconds(of: command) { try clear() }
        let whole = try ModelArtifact(place)
        try FileSystem.live.rename(place, to: folder + "/kept/bank.model")

        while counts.kills < kills && counts.finishedFirst < 5 * kills {
            try clear()
            var step = 0
            var died = 0
            while died < 6 && counts.kills < kills {
                guard try kill(command, within: counts.undisturbed * 0.7, &counts) == .signal(SIGKILL) else { break }
                died += 1
                if try exists(place) {
                    counts.publishedBeforeKill += 1
                    break
                }
                // What a reader has seen of the state must never be gone again.
                let reached = try Self.step(state)
                if let reached, reached < 0 { counts.corrupt += 1 }
                if (reached ?? 0) < step { counts.lost += 1 }
                step = max(step, reached ?? 0)
            }
            counts.resumed += died
            let left = try stale()
            counts.staleFound += left
            if try !succeeds(command) { counts.blocked += 1 }
            counts.staleSwept += left - (try stale())
            guard let model = try? ModelArtifact(place) else {
                counts.corrupt += 1
                continue
            }
            if Self.isEqual(model, whole) { counts.resumedEqual += died } else { counts.corrupt += 1 }
            if try exists(state) { counts.corrupt += 1 }
        }
        try clear()
    }

    /// The step a visible state stands for; nil where there is none, negative where it is not whole.
    private static func step(_ path: String) throws -> Int? {
        guard try FileSystem.live.status(of: path) != nil else { return nil }
        guard let file = try? SafetensorsFile(path), let step = file.metadata["step"].flatMap({ Int($0) }) else { return -1 }
        return step
    }

    /// Equal in everything but the clock.
    private static func isEqual(_ model: ModelArtifact, _ other: ModelArtifact) -> Bool {
        var cards = [model.card, other.card]
        for index in cards.indices { (cards[index].seconds, cards[index].eventsPerSecond) = (0, 0) }
        return model.weightsDigest == other.weightsDigest && model.encoding == other.encoding
            && model.configuration == other.configuration && cards[0] == cards[1]
    }

    /// Kills embeddings in all forms, half of them over an older file, every fifth from the export itself.
    func killEmbeddings(_ kills: Int, _ counts: inout KillCounts) throws {
        let forms = ["csv", "jsonl", "npy", "safetensors"]
        func command(_ number: Int) -> (arguments: [String], place: String) {
            let place = "\(out)/sessions.\(forms[number % 4])"
            let input =
                number % 5 == 4
                ? [sample + "/clicks.csv.gz", "--mapping", sample + "/mapping.yaml"] : [folder + "/kept/bank.corpus"]
            return (["embed"] + input + ["--model", folder + "/kept/bank.model", "--out", place], place)
        }
        var seconds: [Double] = []
        var whole: [String] = []
        for number in 0..<20 {
            let (arguments, place) = command(number)
            let began = FigureContext.now()
            guard try succeeds(arguments) else { throw FigureError(code: EX_SOFTWARE, description: "the undisturbed embedding failed") }
            seconds.append(FigureContext.now() - began)
            whole.append(try SHA256Digest.hex(ofFileAt: place))
        }
        counts.undisturbed = seconds.sorted()[10]
        let older = Array("an older file\n".utf8)

        var number = 0
        while counts.kills < kills && counts.finishedFirst < 5 * kills {
            defer { number += 1 }
            let (arguments, place) = command(number)
            let new = whole[number % 20]
            func seen() throws -> Seen { try exists(place) ? .whole(try SHA256Digest.hex(ofFileAt: place)) : .nothing }
            try clear()
            let hasOld = number % 2 == 1
            if hasOld { try AtomicFile.write(older, to: place) }
            let told = try kill(arguments, within: seconds[number % 20], &counts) == .exit(0)
            check(try seen(), old: hasOld ? SHA256Digest.hex(of: older) : nil, new: new, told: told, &counts)
            let left = try stale()
            counts.staleFound += left
            if try !succeeds(arguments) || seen() != .whole(new) { counts.blocked += 1 }
            counts.staleSwept += left - (try stale())
        }
        try clear()
    }
}
