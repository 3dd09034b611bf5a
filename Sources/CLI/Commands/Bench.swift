internal import ArgumentParser
internal import DurableFiles
internal import Glibc

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure speed on work that other programs are measured on too.",
        subcommands: [BenchTrain.self, BenchInfer.self, BenchLabel.self, BenchImport.self, BenchPeak.self])

    /// Tells a folder that is not there, or not a workload, from a damaged one.
    static func requireWorkload(_ folder: String) throws {
        guard try FileSystem.live.status(of: "\(folder)/workload.json") == nil else { return }
        throw CommandFault(
            code: EX_NOINPUT, place: folder, reason: "it holds no workload.json",
            remedy: "name a workload folder, made by the workload's own program")
    }

    /// Nothing to compare with would pass for no difference.
    static func emptyReference(_ folder: String, _ size: String) -> CommandFault {
        CommandFault(
            code: EX_DATAERR, place: folder, reason: "its reference of \(size) is empty",
            remedy: "make the workload's reference files again")
    }
}
