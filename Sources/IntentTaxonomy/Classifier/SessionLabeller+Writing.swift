public import DurableFiles
public import SequenceKernel

extension SessionLabeller {
    /// What was written.
    public struct Summary: Sendable, Equatable, Codable {
        /// Sessions.
        public var sessions = 0
        /// Sessions with at least one intent.
        public var labelled = 0
        /// Sessions without.
        public var abstained = 0
        /// Sessions by intent.
        public var intents: [String: Int] = [:]
    }

    /// Sessions that are in memory at a time.
    static let chunk = 4096

    /// Writes a line for each session, whole or not at all, some thousands at a time; the same bytes at any number of threads.
    /// - Parameters:
    ///   - recording: called with sessions and their lines, one after another, before anybody can see them; false stops.
    ///   - progress: called with the sessions done; false stops, and nothing is written.
    /// - Returns: what was written; nil when stopped.
    public func write(
        to path: String, lines: LabelLines, pool: WorkerPool, in fileSystem: FileSystem = .live,
        recording: (Range<Int>, [[UInt8]]) -> Bool = { _, _ in true }, progress: (Int) -> Bool = { _ in true }
    ) throws(FileError) -> Summary? {
        struct Stopped: CarriesFileError {
            var error: FileError?
            init(_ error: FileError) { self.error = error }
            init() {}
        }
        let scratch = (0..<pool.threads).map { _ in scorer.makeScratch() }
        let ids = scorer.classifier.settings.intents
        do throws(Stopped) {
            return try AtomicFile.write(to: path, in: fileSystem) { writer throws(Stopped) in
                var summary = Summary()
                for start in stride(from: 0, to: sessionCount, by: Self.chunk) {
                    let labels = labels(start..<min(sessionCount, start + Self.chunk), pool: pool, scratch: scratch)
                    let texts = Self.texts(labels, lines, pool) { self.sessionKey($0) }
                    do throws(FileError) { for text in texts { try writer.write(text) } } catch { throw Stopped(error) }
                    if !recording(start..<start + labels.count, texts) { throw Stopped() }
                    for label in labels { summary.count(label, ids) }
                    if !progress(summary.sessions) { throw Stopped() }
                }
                return summary
            }
        } catch {
            if let error = error.error { throw error }
            return nil
        }
    }

    /// The lines of some labels, in parts that threads made side by side.
    private static func texts(_ labels: [SessionLabel], _ lines: LabelLines, _ pool: WorkerPool, _ key: (Int) -> String) -> [[UInt8]] {
        let step = 256
        var texts = [[UInt8]](repeating: [], count: (labels.count + step - 1) / step)
        texts.withUnsafeMutableBufferPointer { buffer in
            nonisolated(unsafe) let base = buffer.baseAddress
            pool.run(buffer.count) { index, _ in
                var text: [UInt8] = []
                for label in labels[index * step..<min(labels.count, (index + 1) * step)] {
                    lines.append(label, key: key(label.session), to: &text)
                }
                base![index] = text
            }
        }
        return texts
    }
}

extension SessionLabeller.Summary {
    /// Takes one label in.
    mutating func count(_ label: SessionLabel, _ ids: [String]) {
        sessions += 1
        if label.abstention == nil { labelled += 1 } else { abstained += 1 }
        for intent in label.assigned { intents[ids[intent], default: 0] += 1 }
    }
}
