internal import Audit
internal import AuditTestSupport
internal import DurableFiles
internal import Glibc

extension Figure {
    /// {kills: {…}, two_writers: {…}, operations: {error, disk_full, torn_write: {operations, problems}}}
    static let ledgerFaults = Figure(
        pattern: "ledger-faults",
        summary: "a ledger whose writers are killed at random moments, whose files fail at every operation, and that two processes write to"
    ) { context in
        try context.withScratchFolder { folder in
            let began = FigureContext.now()
            var kills = try LedgerKills(folder + "/kills", seed: 17)
            try kills.run(kills: context.quick ? 12 : 500)
            let writers = try LedgerKills.twoWriters(folder + "/writers", batches: context.quick ? 40 : 400)
            var operations: [String: FigureValue] = [:]
            var problems = kills.problems + writers.problems
            for (name, fault) in [("error", FaultyVFS.Fault.brokenOnce), ("disk_full", .fullOnce), ("torn_write", .death)] {
                FigureContext.say("ledger-faults: \(name) at every operation")
                let place = folder + "/" + name
                try FileSystem.live.makeDirectory(place)
                let sweep = try LedgerFaultSweep(fault, in: place)
                operations[name] = [
                    "operations": .integer(sweep.operations), "entries_acknowledged": .integer(sweep.acknowledged),
                    "problems": .integer(sweep.problems.count),
                ]
                problems += sweep.problems
            }
            let figure: FigureValue = [
                "kills": kills.value, "two_writers": writers.value, "operations": .object(operations),
                "problems": .list(problems.prefix(20).map { .text($0) }), "seconds": .number(FigureContext.now() - began),
                "seed": .integer(17), "quick": .truth(context.quick),
            ]
            guard problems.isEmpty else {
                throw FigureError(code: EX_SOFTWARE, description: "\(problems.count) things were not as they must be", figure: figure)
            }
            return figure
        }
    }
}
