internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc

/// Takes: the name of a figure and roots of data. Gives: one JSON object with every number a claim rests on.
@main
struct TesseraFigures: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tools/figures",
        abstract: "Print every number a claim rests on, with its baselines and intervals, as one JSON object.",
        discussion: """
            Rates are fractions. Progress goes to standard error.

            Example: tools/figures next-item:retailrocket_sessions --data sets
            Example: tools/figures credit-table loans.csv --target default --positive yes --time issued
            """)

    @Argument(help: ArgumentHelp("A figure; see --list.", valueName: "name")) var name: String?
    @Argument(help: ArgumentHelp("A delimited table with a header, for credit-table.", valueName: "csv")) var table: String?
    @Option(help: ArgumentHelp("Column of the table to foretell.", valueName: "column")) var target: String?
    @Option(
        help: ArgumentHelp(
            "Its value that counts as 1 (default: 1 beside 0, yes, true, bad, default and the like, or the rarer of two).",
            valueName: "value"))
    var positive: String?
    @Option(help: ArgumentHelp("Column of times: the earliest 70 % of the rows train.", valueName: "column")) var time: String?
    @Flag(help: "Name the figures and what they need.") var list = false
    @Option(
        help: ArgumentHelp("Root that holds the sets' folders; the variable TESSERA_DATA may name it, too.", valueName: "dir"))
    var data: String?
    @Option(
        help: ArgumentHelp("Root whose sets are the test part; training parts then come from --data.", valueName: "dir"))
    var testData: String?
    @Option(help: ArgumentHelp("Root that holds the sets' labels (default: the folder labels beside the data root).", valueName: "dir"))
    var labels: String?
    @Option(help: ArgumentHelp("Root of the labels that judge; those of --labels are then for training.", valueName: "dir"))
    var testLabels: String?
    @Option(
        help: ArgumentHelp(
            "Programs that Tessera is measured beside (default: TESSERA_PEERS, or the folder peers beside the data root).", valueName: "dir"
        ))
    var peers: String?
    @Option(
        help: ArgumentHelp("Python that has what they import (default: an environment made in the build folder).", valueName: "path"))
    var peersPython: String?
    @Option(help: ArgumentHelp("Rounds in which Tessera and its peers take turns (default: 3, quick 1).", valueName: "n")) var rounds: Int?
    @Flag(help: "Take a small part of the data, to see that it works; the output says so.") var quick = false
    @Option(help: .hidden) var repository = "."

    func validate() throws {
        guard list || name != nil else { throw ValidationError("name a figure; --list shows them") }
        if let name, Figure.named(name) == nil {
            throw ValidationError("no figure is called '\(name)'; there are \(Figure.all.map(\.pattern).joined(separator: ", "))")
        }
        let needsTable = name.flatMap { Figure.named($0)?.figure.needsTable } ?? false
        if needsTable, table == nil || target == nil {
            throw ValidationError("\(name!) needs a table and --target: \(name!) CSV --target COLUMN")
        }
        if !needsTable, let unused = [table, target, positive, time].compactMap({ $0 }).first {
            throw ValidationError("'\(unused)' is for credit-table alone")
        }
        if let rounds, !(1...100).contains(rounds) { throw ValidationError("--rounds must lie between 1 and 100") }
    }

    func run() throws {
        if list {
            for figure in Figure.all { print("\(figure.pattern)\n    \(figure.summary)") }
            return
        }
        guard let name, let (figure, set) = Figure.named(name) else { return }
        let environment = ProcessInfo.processInfo.environment
        let data = data ?? environment["TESSERA_DATA"] ?? "\(repository)/../shared/data"
        let named = peers ?? environment["TESSERA_PEERS"]
        var context = FigureContext(
            repository: repository, data: data, testData: testData, quick: quick, peers: named ?? "\(data)/../peers",
            peersPython: peersPython, rounds: rounds, set: set)
        context.labels = labels ?? "\(data)/../labels"
        context.testLabels = testLabels
        (context.table, context.target, context.positive, context.time) = (table, target, positive, time)
        let value: FigureValue
        do {
            value = try figure.run(context)
        } catch let error as FigureError {
            if let figure = error.figure { try Self.show(figure) }
            FigureContext.say(error.description)
            throw ExitCode(error.code)
        } catch {
            FigureContext.say("\(name): \(error)")
            throw ExitCode(EX_DATAERR)
        }
        try Self.show(value)
    }

    private static func show(_ value: FigureValue) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        print(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
