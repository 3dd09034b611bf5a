import FoundationEssentials
import SyntheticBank
import Testing

@Suite("Writing the export")
struct OutputTests {
    @Test("A configuration no bank can have is refused by field")
    func configuration() {
        let changes: [(String, (inout BankConfiguration) -> Void)] = [
            ("visitors", { $0.visitors = 0 }), ("botShare", { $0.botShare = .nan }), ("formats", { $0.formats = [] }),
            ("needFamilyMove", { $0.needFamilyMove = 0.9 }), ("dwellContrast", { $0.dwellContrast = -1 }),
            ("detourShare", { $0.detourShare = 1.5 }),
        ]
        for (field, change) in changes {
            var configuration = BankConfiguration()
            change(&configuration)
            let error = #expect(throws: SimulationError.self) { try BankSimulation(configuration: configuration, seed: 1) }
            #expect(error?.description.contains(field) == true, "\(field)")
        }
    }

    @Test("A folder that holds something is left alone; an empty one is taken")
    func folders() throws {
        let scratch = try Scratch()
        let simulation = try BankSimulation(configuration: BankConfiguration(visitors: 5), seed: 1)
        #expect(throws: SimulationError.folderNotEmpty(path: scratch.path + "/full")) {
            try FileManager.default.createDirectory(atPath: scratch.path + "/full", withIntermediateDirectories: true)
            try Data("mine".utf8).write(to: URL(filePath: scratch.path + "/full/note"))
            _ = try simulation.write(to: scratch.path + "/full")
        }
        #expect(try scratch.text("full/note") == "mine")
        try FileManager.default.createDirectory(atPath: scratch.path + "/empty", withIntermediateDirectories: true)
        #expect(try simulation.write(to: scratch.path + "/empty/").visitors == 5)
        #expect(throws: SimulationError.self) { try simulation.write(to: scratch.path + "/no/such/parent") }
        #expect(throws: SimulationError.self) { try simulation.write(to: scratch.path + "/full/note") }
    }

    @Test("Stopping half-way leaves nothing behind")
    func stopping() throws {
        let scratch = try Scratch()
        let simulation = try BankSimulation(configuration: BankConfiguration(visitors: 2000), seed: 1)
        #expect(throws: SimulationError.stopped) { try simulation.write(to: scratch.path + "/out") { $0 < 600 } }
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).isEmpty)
    }

    @Test("There are 35 needs with names of their own, some common, some rare")
    func needs() {
        let needs = NeedCatalogue.all
        #expect(needs.count == 35)
        #expect(Set(needs.map(\.id)).count == 35 && Set(needs.map(\.name)).count == 35)
        #expect(needs.allSatisfy { !$0.definition.isEmpty && !$0.definition.contains("\"") && !$0.family.isEmpty })
    }

    /// The sample must be what its README says it is. Hidden needs depend on no logarithm, so they hold on every machine.
    @Test("The shipped sample is the one its command makes")
    func sample() throws {
        let scratch = try Scratch()
        var configuration = BankConfiguration(visitors: 1500)
        configuration.computesReference = false
        configuration.formats = [.csv]
        _ = try BankSimulation(configuration: configuration, seed: 7).write(to: scratch.path + "/out")
        let shipped = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../corpora/synthetic-bank/truth/sessions.csv")
        func hidden(_ text: String) -> [[Substring]] {
            text.split(separator: "\n").map { Array($0.split(separator: ",", omittingEmptySubsequences: false)[0..<5]) }
        }
        let ours = hidden(try scratch.text("out/truth/sessions.csv"))
        #expect(hidden(String(decoding: try Data(contentsOf: shipped), as: UTF8.self)) == ours)
    }
}
