import Foundation

/// One run of the built binary, as a person would start it.
struct CommandRun {
    let code: Int32
    /// True when a signal ended it (a trap is one).
    let died: Bool
    let output: String
    let talk: String

    /// The folder of the built products: the test bundle lies there too.
    static let products = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent()

    /// Runs to the end. `shell` wraps the command, `"$@"` being it: `ulimit -f 8; exec "$@"`.
    static func tessera(
        _ arguments: String..., in folder: URL, input: String? = nil, environment: [String: String] = [:], shell: String? = nil,
        program: String = "tessera"
    ) throws -> CommandRun {
        try tessera(arguments, in: folder, input: input, environment: environment, shell: shell, program: program)
    }

    static func tessera(
        _ arguments: [String], in folder: URL, input: String? = nil, environment: [String: String] = [:], shell: String? = nil,
        program: String = "tessera"
    ) throws -> CommandRun {
        let running = try Running(arguments, in: folder, input: input, environment: environment, shell: shell, program: program)
        return try running.finish()
    }

    /// The JSON object on standard output.
    func json() throws -> [String: Any] {
        try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] ?? [:]
    }
}

/// A run that has not ended yet.
final class Running {
    private let process = Process()
    private let output: URL
    private let talk: URL

    init(
        _ arguments: [String], in folder: URL, input: String? = nil, environment: [String: String] = [:], shell: String? = nil,
        program: String = "tessera"
    ) throws {
        let number = UInt64.random(in: .min ... .max)
        let scratch = folder.deletingLastPathComponent()
        output = scratch.appending(path: "run-\(number).out")
        talk = scratch.appending(path: "run-\(number).err")
        for file in [output, talk] { try Data().write(to: file) }
        let binary = CommandRun.products.appending(path: program)
        if let shell {
            process.executableURL = URL(filePath: "/bin/bash")
            process.arguments = ["-c", shell, "bash", binary.path] + arguments
        } else {
            process.executableURL = binary
            process.arguments = arguments
        }
        process.currentDirectoryURL = folder
        var variables = ["PATH": "/usr/bin:/bin", "TERM": "dumb", "COLUMNS": "100", "LC_ALL": "C.UTF-8"]
        // What the program needs to start, and what `tools/sanitize` says of its reports.
        for name in ["LD_LIBRARY_PATH", "ASAN_OPTIONS"] { variables[name] = ProcessInfo.processInfo.environment[name] }
        process.environment = variables.merging(environment) { $1 }
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: talk)
        if let input {
            let pipe = Pipe()
            process.standardInput = pipe
            try process.run()
            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
            try pipe.fileHandleForWriting.close()
        } else {
            process.standardInput = FileHandle.nullDevice
            try process.run()
        }
    }

    var isRunning: Bool { process.isRunning }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    func finish() throws -> CommandRun {
        process.waitUntilExit()
        defer { for file in [output, talk] { try? FileManager.default.removeItem(at: file) } }
        return CommandRun(
            code: process.terminationStatus, died: process.terminationReason == .uncaughtSignal,
            output: String(decoding: try Data(contentsOf: output), as: UTF8.self),
            talk: String(decoding: try Data(contentsOf: talk), as: UTF8.self))
    }
}

/// A folder of one test's own, removed with it.
final class Workbench {
    let folder: URL

    init() throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "tessera-test-\(UInt64.random(in: .min ... .max))")
        folder = root.appending(path: "here")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: folder.deletingLastPathComponent()) }

    @discardableResult
    func write(_ text: String, to name: String) throws -> String {
        try write(Data(text.utf8), to: name)
    }

    @discardableResult
    func write(_ data: Data, to name: String) throws -> String {
        let place = folder.appending(path: name)
        try FileManager.default.createDirectory(at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: place)
        return name
    }

    /// Names in the folder, hidden ones too.
    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []).sorted() }

    func data(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: folder.appending(path: name).path) }
}
