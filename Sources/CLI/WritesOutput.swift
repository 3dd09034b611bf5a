internal import DurableFiles
internal import Glibc

/// A command that can name its outputs, so that trouble with them gets their exit codes and is found before the work.
protocol WritesOutput {
    /// Every path that is to be written.
    var outputs: [String] { get }
    /// Those of them that are files.
    var outputFiles: [String] { get }
    /// Every path that is read; `-` is standard input.
    var inputs: [String] { get }
}

extension WritesOutput {
    var outputFiles: [String] { [] }
    var inputs: [String] { [] }

    /// Refuses outputs whose writing would destroy something: finished outputs are renamed to their place, so a device there would be
    /// replaced (`/dev/null` too), and so would an input.
    func checkOutputs() throws {
        let read = inputs.filter { $0 != "-" }.compactMap { path in try? FileSystem.live.status(of: path)?.identity }
        for output in outputs {
            guard let status = try FileSystem.live.status(of: output) else { continue }
            func refuse(_ reason: String) -> CommandFault {
                CommandFault(code: EX_CANTCREAT, place: output, reason: reason, remedy: "name another place to write to")
            }
            if status.kind == .other { throw refuse("it is a device, pipe or socket, and an output takes the place of what is there") }
            if status.kind == .directory, outputFiles.contains(output) { throw refuse("it is a directory, and a file is to be written") }
            if read.contains(status.identity) { throw refuse("it is an input of this command, and would be replaced") }
        }
        if Set(outputs).count < outputs.count {
            throw CommandFault(
                code: EX_USAGE, place: outputs[0], reason: "two outputs have the same place", remedy: "name another place for one of them")
        }
    }
}
