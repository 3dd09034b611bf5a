internal import DurableFiles
internal import Glibc

/// `tessera serve` as a process of its own. Killed when it is released.
final class ServingProcess {
    /// Where it listens.
    let port: Int
    private let process: CommandProcess
    private let talk: String
    private var known: CommandProcess.End?

    /// Starts it on a port that is free and waits until it listens.
    /// - Parameter settings: its flags.
    init(_ bundles: [(name: String, path: String)], _ settings: [String] = [], in folder: String, called name: String = "serve") throws {
        talk = "\(folder)/\(name).log"
        let named = bundles.map { "\($0.name)=\($0.path)" }.joined(separator: ",")
        process = try CommandProcess(
            CommandProcess.beside("tessera"), ["serve", "--bundles", named, "--port", "0"] + settings, talk: talk, temporary: folder)
        let deadline = FigureContext.now() + 60
        while true {
            if let end = process.endIfOver() {
                throw FigureError(code: EX_UNAVAILABLE, description: "tessera serve ended (\(end)): \(Self.text(talk).suffix(1000))")
            }
            if let port = Self.port(in: Self.text(talk)) {
                self.port = port
                return
            }
            guard FigureContext.now() < deadline else {
                process.send(SIGKILL)
                _ = process.wait()
                throw FigureError(code: EX_UNAVAILABLE, description: "tessera serve does not listen: \(Self.text(talk).suffix(1000))")
            }
            usleep(10_000)
        }
    }

    deinit {
        guard known == nil else { return }
        process.send(SIGKILL)
        _ = process.wait()
    }

    private static func text(_ path: String) -> String { String(decoding: (try? FileSystem.live.contents(of: path)) ?? [], as: UTF8.self) }

    private static func port(in text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix("serve: listening on ") {
            return line.split(separator: ":").last.flatMap { Int($0) }
        }
        return nil
    }

    /// Lines that it wrote and that begin so.
    func lines(_ start: String) -> Int { Self.text(talk).split(separator: "\n").count { $0.hasPrefix(start) } }
    /// The last of what it wrote.
    var lastWords: String { String(Self.text(talk).suffix(500)) }

    func send(_ signal: Int32) { process.send(signal) }

    /// How it ended; nil while it runs.
    var end: CommandProcess.End? {
        if known == nil { known = process.endIfOver() }
        return known
    }

    /// Resident memory, bytes.
    var residentBytes: Int {
        for line in Self.text("/proc/\(process.number)/status").split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return (line.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 1024
        }
        return 0
    }

    /// Open files and sockets.
    var descriptors: Int { (try? FileSystem.live.names(in: "/proc/\(process.number)/fd").count) ?? 0 }

    /// Seconds that processors worked for it.
    var processorSeconds: Double { ProcessTree.processorSeconds(of: process.number) }
}

/// Processes by the system's numbers.
enum ProcessTree {
    /// Seconds that processors worked for a process and its children that live.
    static func processorSeconds(of number: pid_t) -> Double {
        let names = (try? FileSystem.live.names(in: "/proc")) ?? []
        let ticks = names.compactMap { pid_t($0) }.reduce(0.0) { sum, other in
            guard let words = words(of: other), words.count > 12, other == number || pid_t(words[1]) == number else { return sum }
            return sum + (Double(words[11]) ?? 0) + (Double(words[12]) ?? 0)
        }
        return ticks / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// What `/proc/N/stat` tells behind the name: state, parent, … (proc_pid_stat(5)).
    private static func words(of number: pid_t) -> [Substring]? {
        guard let bytes = try? FileSystem.live.contents(of: "/proc/\(number)/stat") else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: ")").last?.split(separator: " ")
    }
}
