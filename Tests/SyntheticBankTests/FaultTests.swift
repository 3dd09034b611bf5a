import DurableFiles
import FaultTestSupport
import SyntheticBank
import Testing

@Suite("Faults while an export is written")
struct FaultTests {
    @Test("Every failing operation leaves a whole folder or none")
    func everyOperation() throws {
        // With applicants, whose files come after all others and are written alike.
        var configuration = CreditFiles.configuration(2) { $0.sample = 64 }
        (configuration.visitors, configuration.formats) = (3, BankConfiguration.Format.allCases)
        let simulation = try BankSimulation(configuration: configuration, seed: 1)
        let operations = try EveryFault().check("simulation") { folder, fileSystem in
            do throws(SimulationError) {
                _ = try simulation.write(to: folder + "/bank", in: fileSystem)
            } catch .folderNotEmpty {
                // Published, and only then failing: the next run finds its work done.
            }
        }
        #expect(operations > 70)
    }

    @Test("Two writers to one folder: the second is turned away")
    func twoWriters() throws {
        let scratch = try Scratch()
        let simulation = try BankSimulation(configuration: BankConfiguration(visitors: 300), seed: 1)
        _ = try simulation.write(to: scratch.path + "/bank") { written in
            if written == 256 {
                let second = #expect(throws: SimulationError.self) { try simulation.write(to: scratch.path + "/bank") }
                if case .file(let error) = second { #expect(error.isBusy) } else { Issue.record("\(String(describing: second))") }
            }
            return true
        }
    }
}
