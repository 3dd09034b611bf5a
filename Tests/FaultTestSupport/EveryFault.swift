// Takes: a piece of work that reads and writes files.   Gives: what happens when each of its file operations fails in turn.

public import DurableFiles
import Glibc
import Testing

/// Makes the n-th file operation of a piece of work fail, for every n, and looks at what is left.
///
/// For each n: the work ends in an error that names a place and says what to do, or with the same bytes as undisturbed; every output that
/// can be seen is as it was before or as it is after undisturbed work; and the same work, run again, succeeds with the same bytes and
/// sweeps what the failed one left.
public final class EveryFault {
    /// What goes wrong.
    public struct Kind: Sendable, CustomStringConvertible {
        let code: Int32
        let aftermath: FaultPlan.Aftermath
        let tears: Bool
        /// In words.
        public let description: String

        /// One operation fails; the rest of the disk works.
        public static let once = Kind(code: EIO, aftermath: .recover, tears: false, description: "one operation fails")
        /// The disk fills up in the middle of a write, and cleaning up works.
        public static let full = Kind(code: ENOSPC, aftermath: .recover, tears: true, description: "the disk fills up")
        /// The process is gone at this operation, in the middle of a write if it is one.
        public static let death = Kind(code: EIO, aftermath: .dead, tears: true, description: "nothing works any more")
        /// All of them.
        public static let all = [once, full, death]
    }

    /// Outputs that have states between before and after: checkpoints. That they are whole is shown by going on from them.
    public var passing: Set<String> = []
    /// Words that no message may hold.
    public var personal: [String] = []
    /// What to try.
    public var kinds = Kind.all
    private let folder: String

    /// Works in a folder of its own, which is emptied again and again.
    public init() throws {
        // Thousands of small files are forced to the disk here; where the system keeps files in memory that costs nothing.
        let root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/var/tmp"
        var random = SystemRandomNumberGenerator()
        folder = root + "/tessera-faults-\(random.next())"
        try FileSystem.live.makeDirectory(folder)
    }

    deinit { try? FileSystem.live.removeTree(folder) }

    /// Runs `work` with every fault.
    /// - Parameters:
    ///   - prepare: lays down what earlier work had published; it is given the folder.
    ///   - work: is given the folder and the file system it must use.
    /// - Returns: the operations of undisturbed work.
    @discardableResult
    public func check(
        _ what: String, prepare: (String) throws -> Void = { _ in }, _ work: (String, FileSystem) throws -> Void
    ) throws -> Int {
        try empty()
        try prepare(folder)
        let before = try visible()
        let counting = FaultPlan(failing: -1, code: 0)
        try work(folder, .failing(counting))
        let after = try visible()
        #expect(try hidden().isEmpty, "\(what): undisturbed work left something hidden")
        for kind in kinds {
            var number = 0
            while true {
                let place: Comment = "\(what), operation \(number), \(kind)"
                try empty()
                try prepare(folder)
                let plan = FaultPlan(failing: number, code: kind.code, aftermath: kind.aftermath, tearsWrites: kind.tears)
                do {
                    try work(folder, .failing(plan))
                    let found = try visible()
                    #expect(found == after, place)
                } catch {
                    look(at: "\(error)", place)
                }
                if plan.operationsSeen <= number { break }
                for (name, digest) in try visible() where !passing.contains(name) {
                    #expect(digest == before[name] || digest == after[name], "\(place): \(name) is neither old nor new")
                }
                for name in before.keys where !passing.contains(name) {
                    #expect(try FileSystem.live.status(of: folder + "/" + name) != nil, "\(place): \(name) is lost")
                }
                try bury()
                try work(folder, .live)
                #expect(try visible() == after, "\(place): run again, the bytes differ")
                #expect(try hidden().isEmpty, "\(place): run again, something is not swept")
                number += 1
            }
        }
        try empty()
        return counting.operationsSeen
    }

    /// The file operations of a piece of work.
    public static func counted(_ work: (FileSystem) throws -> Void) rethrows -> Int {
        let plan = FaultPlan(failing: -1, code: 0)
        try work(.failing(plan))
        return plan.operationsSeen
    }

    private func look(at message: String, _ place: Comment) {
        #expect(message.contains("/"), "\(place): no place in: \(message)")
        #expect(message.contains(" — ") || message.contains("; "), "\(place): nothing to do in: \(message)")
        for word in personal { #expect(!message.contains(word), "\(place): \(word) in: \(message)") }
    }

    private func empty() throws {
        for name in try FileSystem.live.names(in: folder) { try FileSystem.live.removeTree(folder + "/" + name) }
    }

    private func hidden() throws -> [String] { try FileSystem.live.names(in: folder).filter { $0.hasPrefix(".") } }

    /// A digest of each output.
    private func visible() throws -> [String: String] {
        var digests: [String: String] = [:]
        for name in try FileSystem.live.names(in: folder) where !name.hasPrefix(".") { digests[name] = try digest(folder + "/" + name) }
        return digests
    }

    private func digest(_ path: String) throws -> String {
        guard try FileSystem.live.status(of: path)?.kind == .directory else { return try SHA256Digest.hex(ofFileAt: path) }
        var text = ""
        for name in try FileSystem.live.names(in: path) { text += name + " " + (try digest(path + "/" + name)) + "\n" }
        return SHA256Digest.hex(of: Array(text.utf8))
    }

    /// What a dead process left bears the number of this one, which lives: it is given one that no process can have.
    private func bury() throws {
        for name in try hidden() {
            guard let mark = name.range(of: ".writing-") else { continue }
            let rest = name[mark.upperBound...].drop { $0 != "-" }
            try FileSystem.live.rename(folder + "/" + name, to: folder + "/" + name[..<mark.upperBound] + "99999999" + rest)
        }
    }
}

extension String {
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
