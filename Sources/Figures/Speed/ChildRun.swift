internal import FoundationEssentials
internal import Glibc

/// A program that ran to its end: what it printed, how long it took, and the most memory it had.
struct ChildRun {
    let output: String
    /// Exit code; 128 and the signal for one that was killed.
    let code: Int32
    let seconds: Double
    /// Greatest resident memory in bytes; not less than ours was when it started.
    let peakBytes: Int
    private let command: String

    /// Starts a program and waits for it. Its standard error goes to ours, or to nowhere when `isQuiet`.
    init(_ command: [String], environment changes: [String: String] = [:], isQuiet: Bool = false) throws {
        self.command = command.joined(separator: " ")
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw Self.fault(command[0], errno) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[0]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        if isQuiet { posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0) }
        var variables = ProcessInfo.processInfo.environment
        for (name, value) in changes { variables[name] = value }
        let arguments = command.map { strdup($0) } + [nil]
        let settings = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + settings { free(text) } }

        // A child begins its life with our memory, so that our own peak would count as its.
        ProcessMemory.forgetPeak()
        let start = FigureContext.now()
        var child = pid_t()
        let failure = posix_spawnp(&child, command[0], &actions, nil, arguments, settings)
        close(ends[1])
        guard failure == 0 else { throw Self.fault(command[0], failure) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(ends[0], &part, part.count)
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { break }
            bytes += part[..<count]
        }
        var status: Int32 = 0
        var usage = rusage()
        while wait4(child, &status, 0, &usage) < 0 && errno == EINTR {}
        seconds = FigureContext.now() - start
        output = String(decoding: bytes, as: UTF8.self)
        code = status & 0x7f == 0 ? status >> 8 & 0xff : 128 + status & 0x7f
        peakBytes = usage.ru_maxrss * 1024
    }

    private static func fault(_ program: String, _ number: Int32) -> FigureError {
        FigureError(code: EX_UNAVAILABLE, description: "\(program): cannot be started (\(String(cString: strerror(number))))")
    }

    /// Throws unless the program ended well.
    @discardableResult
    func checked() throws -> ChildRun {
        guard code == 0 else {
            throw FigureError(code: EX_SOFTWARE, description: "\(command): ended with \(code)\n\(output.suffix(2000))")
        }
        return self
    }

    /// The last line of output that is a JSON object of this kind.
    func json<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let lines = output.split(separator: "\n").reversed().filter { $0.hasPrefix("{") }
        for line in lines {
            if let value = try? JSONDecoder().decode(type, from: Data(line.utf8)) { return value }
        }
        throw FigureError(code: EX_SOFTWARE, description: "\(command): printed no \(type)\n\(output.suffix(2000))")
    }
}
