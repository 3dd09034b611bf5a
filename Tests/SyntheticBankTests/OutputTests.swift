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
            ("annotation.b.slip", { $0.annotation.b.slip = 1.1 }), ("annotation.temperature", { $0.annotation.temperature = 0 }),
            ("conversion.noise", { $0.conversion.noise = .infinity }), ("app.linkShare", { $0.app.linkShare = 1.01 }),
            ("app.sentLinkShare", { $0.app.sentLinkShare = -1 }),
            ("app.interest", { $0.app.interest = -0.1 }), ("app.tailDays", { $0.app.tailDays = 0 }),
            ("app.meanOpens", { $0.app.meanOpens = .nan }), ("app.followShare", { $0.app.followShare = 2 }),
            ("app.followDelayDays", { $0.app.followDelayDays = 0 }), ("app.tilesShown", { $0.app.tilesShown = 7 }),
            ("app.examinationExponent", { $0.app.examinationExponent = -1 }), ("app.intentStrength", { $0.app.intentStrength = 11 }),
            ("app.intentHalfLifeDays", { $0.app.intentHalfLifeDays = 0 }), ("app.featureStrength", { $0.app.featureStrength = -1 }),
            ("app.policySharpness", { $0.app.policySharpness = 6 }), ("app.explorationShare", { $0.app.explorationShare = .nan }),
            ("app.newTilesFrom", { $0.app.newTilesFrom = 1.5 }), ("app.decisionFollowShare", { $0.app.decisionFollowShare = 1.5 }),
            ("app.decisionFollowDays", { $0.app.decisionFollowDays = 0 }), ("app.baseApplications", { $0.app.baseApplications = 2 }),
            ("app.futures", { $0.app.futures = 0 }),
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
        let sample = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../corpora/synthetic-bank")
        func shipped(_ file: String) throws -> Data { try Data(contentsOf: sample.appending(path: file)) }
        func hidden(_ text: String) -> [[Substring]] {
            text.split(separator: "\n").map { Array($0.split(separator: ",", omittingEmptySubsequences: false)[0..<5]) }
        }
        let ours = hidden(try scratch.text("out/truth/sessions.csv"))
        #expect(hidden(String(decoding: try shipped("truth/sessions.csv"), as: UTF8.self)) == ours)
        #expect(try shipped("truth/conversions.csv") == Data(scratch.text("out/truth/conversions.csv").utf8))
        for mapping in ["mapping.yaml", "mapping-linked.yaml"] {
            #expect(try shipped(mapping) == Data(scratch.text("out/\(mapping)").utf8))
        }
        #expect(try shipped("README.txt") == Data(scratch.text("out/README.txt").utf8))
        // Clicks byte for byte, by checksum and size in gzip's last eight bytes (RFC 1952). Times in them go through logarithms, but are
        // whole milliseconds: another machine's last bit does not reach them.
        #expect(Data(try shipped("clicks.csv.gz").suffix(8)) == Self.gzipEnd(Array(try scratch.text("out/clicks.csv").utf8)))
    }

    /// Labels start from the reference, which goes through logarithms, too; rounded to twentieths hardly anything is left of a last bit.
    /// The app's choices go through exponentials, and are whole numbers of tiles and milliseconds again; only probabilities have digits.
    @Test("The shipped labels and files of the app are those its command makes")
    func sampleLabels() throws {
        let scratch = try Scratch()
        _ = try BankSimulation(configuration: BankConfiguration(visitors: 1500), seed: 7).write(to: scratch.path + "/out")
        let sample = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../corpora/synthetic-bank")
        let app = ["applications", "customers", "decisions", "impressions", "links"].map { "app/\($0).csv" }
        for file in ["labels/annotators.jsonl"] + app {
            let end = Data(try Data(contentsOf: sample.appending(path: "\(file).gz")).suffix(8))
            #expect(end == Self.gzipEnd(Array(try scratch.text("out/\(file)").utf8)), "\(file)")
        }
        #expect(try Data(contentsOf: sample.appending(path: "app/tiles.csv")) == Data(scratch.text("out/app/tiles.csv").utf8))
        // Every number in these has six digits: another machine's last bit may turn one over, and never changes their size.
        for file in ["truth/decisions.csv", "truth/impressions.csv"] {
            let size = Data(try Data(contentsOf: sample.appending(path: "\(file).gz")).suffix(4))
            #expect(size == Self.gzipEnd(Array(try scratch.text("out/\(file)").utf8)).suffix(4), "\(file)")
        }
        let recipe = try Data(contentsOf: sample.appending(path: "configuration.json"))
        #expect(recipe == Data(try scratch.text("out/configuration.json").utf8))
    }

    /// Checksum (CRC-32) and size of these bytes, as they stand at the end of a gzip file.
    private static func gzipEnd(_ bytes: [UInt8]) -> Data {
        var table = [UInt32](repeating: 0, count: 256)
        for entry in 0..<256 {
            var value = UInt32(entry)
            for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1 }
            table[entry] = value
        }
        var checksum = ~UInt32(0)
        for byte in bytes { checksum = table[Int(UInt8(truncatingIfNeeded: checksum) ^ byte)] ^ (checksum >> 8) }
        var end = Data()
        for word in [~checksum, UInt32(bytes.count)] {
            for place in 0..<4 { end.append(UInt8(truncatingIfNeeded: word >> UInt32(8 * place))) }
        }
        return end
    }
}
