internal import ArgumentParser
internal import SequenceKernel

/// How many threads may work; results do not depend on it.
struct ThreadsOption: ParsableArguments {
    @Option(help: ArgumentHelp("Threads (default: all processors). The result does not depend on it.", valueName: "n")) var threads: Int?

    var count: Int { threads ?? WorkerPool.availableProcessors }

    func validate() throws {
        if let threads, !(1...1024).contains(threads) { throw ValidationError("--threads must lie between 1 and 1024") }
    }
}
