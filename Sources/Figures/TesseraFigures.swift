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
            """)

    @Argument(help: ArgumentHelp("A figure; see --list.", valueName: "name")) var name: String?
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
