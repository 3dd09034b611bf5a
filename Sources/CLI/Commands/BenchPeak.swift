internal import ArgumentParser
internal import SequenceKernel

struct BenchPeak: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "peak",
        abstract: "Measure the machine: single-precision multiply-adds a second that touch no memory.",
        discussion: """
            What `bench train` and `bench infer` call the peak. Two operations count for each multiply-add.

            Example: tessera bench peak --threads 1 --json
            """)

    @OptionGroup var threads: ThreadsOption
    @Flag(help: "Print a JSON object.") var json = false

    func run() throws {
        let rate = MachinePeak.gigaflops(WorkerPool(threads: threads.count))
        if json {
            try StandardOutput.print(json: Summary(threads: threads.count, instructionSet: vectorLoops.name, gigaflops: rate))
        } else {
            try StandardOutput.print(
                "\(threads.count) threads, \(vectorLoops.name): \(Reading.decimal(rate, 1)) thousand million operations a second")
        }
    }

    private struct Summary: Encodable {
        let threads: Int
        let instructionSet: String
        let gigaflops: Double
    }
}
