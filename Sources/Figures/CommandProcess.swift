internal import Glibc

/// A run of a program, with everything it prints in a file.
struct CommandProcess {
    /// How a run ended.
    enum End: Equatable {
        /// By itself, with this code.
        case exit(Int32)
        /// By a signal.
        case signal(Int32)
    }

    /// What the system calls it.
    let number: pid_t

    /// The program `name` beside this one.
    static func beside(_ name: String) throws -> String {
        var path = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        guard count > 0 else { throw FigureError(code: EX_OSERR, description: "the place of this program cannot be found") }
        let own = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let program = own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/" + name
        guard access(program, X_OK) == 0 else {
            throw FigureError(code: EX_UNAVAILABLE, description: "\(program) is not built; run: swift build -c release --product \(name)")
        }
        return program
    }

    /// Starts a program; what it prints replaces the file at `talk`.
    init(_ program: String, _ arguments: [String], talk: String, temporary: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, talk, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        var environment = ["PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "TMPDIR=\(temporary)"]
        if let libraries = getenv("LD_LIBRARY_PATH") { environment.append("LD_LIBRARY_PATH=" + String(cString: libraries)) }
        var words = ([program] + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup($0) } + [nil]
        defer { for text in words + variables { free(text) } }
        var child = pid_t()
        let code = posix_spawn(&child, program, &actions, nil, &words, &variables)
        guard code == 0 else { throw FigureError(code: EX_OSERR, description: "\(program): \(String(cString: strerror(code)))") }
        number = child
    }

    /// Waits for the end.
    func wait() -> End {
        var status: Int32 = 0
        while waitpid(number, &status, 0) < 0 && errno == EINTR {}
        return Self.end(status)
    }

    /// How it ended; nil while it runs. To be asked no more once it told.
    func endIfOver() -> End? {
        var status: Int32 = 0
        return waitpid(number, &status, WNOHANG) == number ? Self.end(status) : nil
    }

    private static func end(_ status: Int32) -> End {
        let signal = status & 0x7F
        return signal == 0 ? .exit((status >> 8) & 0xFF) : .signal(signal)
    }

    /// Sends it a signal.
    func send(_ signal: Int32) { Glibc.kill(number, signal) }

    /// Kills after so many seconds and waits for the end.
    func kill(after seconds: Double) -> End {
        var time = timespec(tv_sec: Int(seconds), tv_nsec: Int((seconds - seconds.rounded(.down)) * 1e9))
        var left = timespec()
        while nanosleep(&time, &left) != 0 && errno == EINTR { time = left }
        Glibc.kill(number, SIGKILL)
        return wait()
    }
}
