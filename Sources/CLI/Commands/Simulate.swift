internal import ArgumentParser
internal import SyntheticBank

struct Simulate: ParsableCommand, WritesOutput {
    static let configuration = CommandConfiguration(
        abstract: "Write the export of a simulated bank, and the hidden truth beside it.",
        discussion: """
            No bank publishes its clickstream, so this makes one up: everything is synthetic and labelled so. The folder holds \
            clicks.csv and clicks.jsonl (the same events), mapping.yaml, mapping-linked.yaml, configuration.json, labels/annotators.jsonl with SIMULATED labels \
            for `tessera labels import`, app/ with home-page impressions, customers, tiles, decisions and applications, and truth/ with what \
            an export hides. With --applicants, credit/ holds people who apply for loans: profiles, behaviours in the app, bureau records, \
            statements, what is seen in service, and who fell overdue.

            Example: tessera simulate --out bank --visitors 2000 --seed 7
            """)

    @Option(help: ArgumentHelp("Folder to write; it must not exist, or be empty.", valueName: "dir")) var out: String
    @Option(help: ArgumentHelp("Visitors, bots included.", valueName: "n")) var visitors = 10_000
    @Option(help: ArgumentHelp("Applicants for loans; 0 writes no files of them.", valueName: "n")) var applicants = 0
    @Option(help: ArgumentHelp("Same seed, same bytes.", valueName: "n")) var seed: UInt64 = 1
    @Flag(help: "Print a JSON summary.") var json = false

    var outputs: [String] { [out] }

    func run() throws {
        Interruption.watch()
        let progress = ProgressLine("simulate")
        var configuration = BankConfiguration(visitors: visitors)
        // A number below 0 is refused with the others.
        if applicants != 0 { configuration.credit = CreditAssumptions(applicants: applicants) }
        let simulation = try BankSimulation(configuration: configuration, seed: seed)
        let summary = try written(by: simulation, progress)
        progress.finish("\(Reading.count(summary.events)) events in \(Reading.duration(progress.elapsed))")
        if json {
            try StandardOutput.print(json: summary)
        } else {
            let credit = summary.credit.map {
                ", \(Reading.count($0.applicants)) applicants of whom \(Reading.count($0.overdue)) fell overdue"
            }
            try StandardOutput.print(
                "\(out): \(Reading.count(summary.visitors)) visitors, \(Reading.count(summary.sessions)) sessions, "
                    + "\(Reading.count(summary.events)) events\(credit ?? "") (synthetic)")
        }
    }

    private func written(by simulation: BankSimulation, _ progress: ProgressLine) throws -> BankSimulation.Summary {
        do throws(SimulationError) {
            return try simulation.write(to: out) { written in
                let isOfVisitors = written < visitors
                let (done, all, what) = isOfVisitors ? (written, visitors, "visitors") : (written - visitors, applicants, "applicants")
                progress.update("\(Reading.count(done)) of \(Reading.count(all)) \(what)")
                return !Interruption.isRequested
            }
        } catch {
            guard case .stopped = error else { throw error }
            throw Interrupted(remedy: "nothing was written; run the command again")
        }
    }
}
