internal import FoundationEssentials
internal import Glibc

/// The programs that Tessera is measured beside, the Python that runs them, and the work that all are measured on.
struct PeerPrograms {
    private let folder: String
    private let python: String
    /// Where the work lies.
    let data: String
    private let results: String

    /// Finds the programs, makes the Python environment and the work where they are missing.
    ///
    /// - Parameter needed: files of the work, each with the program and arguments that make it.
    init(_ context: FigureContext, needed: [(file: String, program: [String])]) throws {
        folder = context.peers
        guard FigureContext.exists("\(folder)/common.py"), FigureContext.exists("\(folder)/train.py") else {
            throw FigureError(
                code: EX_NOINPUT,
                description:
                    "\(folder): the peers' programs (common.py, train.py, infer.py, ingest.py) are not there; name their folder with --peers "
                    + "or the variable TESSERA_PEERS")
        }
        let cache = "\(context.repository)/.build/benchmarks"
        data = ProcessInfo.processInfo.environment["BENCH_DATA"] ?? "\(cache)/work"
        results = "\(cache)/results"
        for path in [data, results] { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        python = try Self.interpreter(context)
        for (file, program) in needed where !FigureContext.exists("\(data)/\(file)") {
            FigureContext.say("making \(file) (once)")
            try ChildRun([python, "\(folder)/\(program[0])"] + program.dropFirst(), environment: environment).checked()
        }
    }

    /// The Python that has what the peers import: the one that was named, or that of an environment made once.
    static func interpreter(_ context: FigureContext) throws -> String {
        if let given = context.peersPython {
            guard access(given, X_OK) == 0 else {
                throw FigureError(code: EX_NOINPUT, description: "\(given): no program is there; --peers-python names a Python interpreter")
            }
            return given
        }
        let folder = "\(context.repository)/.build/benchmarks/peers-venv"
        let made = try ChildRun(["\(context.repository)/tools/benchmarks/peers-environment", folder])
        guard made.code == 0 else {
            throw FigureError(code: EX_UNAVAILABLE, description: "the peers' Python environment could not be made; see above")
        }
        return made.output.split(separator: "\n").last.map(String.init) ?? "python3"
    }

    /// The folder may be read-only; a machine that never gets quiet is not waited for long.
    private var environment: [String: String] {
        [
            "BENCH_DATA": data, "BENCH_RESULTS": results, "PYTHONDONTWRITEBYTECODE": "1",
            "BENCH_WAIT": ProcessInfo.processInfo.environment["BENCH_WAIT"] ?? "10",
        ]
    }

    /// The figures of one case, or why there are none.
    func measure<Value: Decodable>(_ program: String, _ matching: String..., as type: Value.Type) throws -> Result<Value, PeerFault> {
        let run = try ChildRun([python, "\(folder)/\(program)"] + matching, environment: environment, isQuiet: true)
        if let value = try? run.json(type) { return .success(value) }
        let fault = (try? run.json(PeerFault.self)) ?? PeerFault(error: "printed no figures (exit \(run.code))")
        FigureContext.say("\(program) \(matching.joined(separator: " ")): \(fault.error)")
        return .failure(fault)
    }
}

/// A case that a peer could not do.
struct PeerFault: Error, Decodable {
    let error: String
}

/// What the peers print of a training case.
struct PeerTraining: Decodable {
    let events_per_s: Double
    let gflops_useful: Double
    let machine_gflops: [Double]
    let torch: String
}

/// What the peers print of an embedding case.
struct PeerEmbedding: Decodable {
    let sessions_per_s: Double
    let p50_us: Double
    let cosine_to_torch: Double
    let machine_gflops: [Double]
    let version: String
}

/// What the peers print of an import case; the session count is checked by the peer itself.
struct PeerImport: Decodable {
    let first_rows_per_s: Double
    let rows_per_s: Double
    let rss_mib: Double
    let version: String
}

extension FigureContext {
    /// Our own program, built beside this one.
    func tessera(_ arguments: [String], environment: [String: String] = [:], isQuiet: Bool = true) throws -> ChildRun {
        try ChildRun([CommandProcess.beside("tessera")] + arguments, environment: environment, isQuiet: isQuiet)
    }
}
