public import ArrowExchange
public import DurableFiles
public import SequenceKernel

extension SessionLabeller {
    /// Writes a row for each session as Parquet, whole or not at all, some thousands at a time.
    ///
    /// | column | what |
    /// |---|---|
    /// | `session`, `status`, `reason` | as in ``LabelLines``; no reason where an intent is assigned |
    /// | `intents` | list of `id`, `probability`, `threshold` and `evidence`, itself a list of `place`, `event`, `effect` |
    /// | `set` | list of the ids of the conformal set |
    /// | `probabilities` | a struct with the probability of each intent; only with `showsAll` |
    /// | `taxonomy`, `encoder`, `classifier` | version of the taxonomy, ids of the models |
    /// - Parameter progress: called with the sessions done; false stops, and nothing is written.
    /// - Returns: what was written; nil when stopped.
    public func writeParquet(
        to path: String, encoder: String, showsAll: Bool, plugin: ArrowPlugin, pool: WorkerPool, in fileSystem: FileSystem = .live,
        progress: (Int) -> Bool = { _ in true }
    ) throws(ArrowError) -> Summary? {
        let table = LabelColumns(scorer.classifier, encoder: encoder, showsAll: showsAll)
        let scratch = (0..<pool.threads).map { _ in scorer.makeScratch() }
        var summary = Summary()
        do throws(ArrowError) {
            try plugin.writeParquet(to: path, fields: table.fields, in: fileSystem) { () throws(ArrowError) -> [ArrowValues]? in
                let start = summary.sessions
                if start > 0, !progress(start) { throw .stopped }
                guard start < sessionCount else { return nil }
                let labels = labels(start..<min(sessionCount, start + Self.chunk), pool: pool, scratch: scratch)
                for label in labels { summary.count(label, scorer.classifier.settings.intents) }
                return table.values(labels) { self.sessionKey($0) }
            }
        } catch {
            guard case .stopped = error else { throw error }
            return nil
        }
        return summary
    }
}

/// The columns of labels.
struct LabelColumns {
    private let ids: [String]
    private let thresholds: [Float]
    private let constants: [String]
    private let showsAll: Bool
    private let withheld: Set<Int>
    private let suspended: String

    init(_ classifier: IntentClassifier, encoder: String, showsAll: Bool) {
        ids = classifier.settings.intents
        thresholds = classifier.settings.thresholds.map { Float($0) }
        constants = [classifier.settings.taxonomy.version, encoder, classifier.id]
        self.showsAll = showsAll
        withheld = Set(classifier.withheld)
        suspended = classifier.withheld.map { classifier.settings.intents[$0] }.joined(separator: " ")
    }

    private static let float = ArrowType.float(bytes: 4)
    private static let word = ArrowType.integer(bytes: 4, signed: true)

    var fields: [ArrowField] {
        let event = ArrowField(
            "element", .structure,
            children: [
                ArrowField("place", .integer(bytes: 8, signed: true)), ArrowField("event", .utf8), ArrowField("effect", Self.float),
            ])
        let intent = ArrowField(
            "element", .structure,
            children: [
                ArrowField("id", .utf8), ArrowField("probability", Self.float), ArrowField("threshold", Self.float),
                ArrowField("evidence", .list, children: [event]),
            ])
        let all = ArrowField("probabilities", .structure, children: ids.map { ArrowField($0, Self.float, isNullable: true) })
        return [
            ArrowField("session", .utf8), ArrowField("status", .utf8, dictionaryIndex: Self.word),
            ArrowField("reason", .utf8, isNullable: true, dictionaryIndex: Self.word), ArrowField("intents", .list, children: [intent]),
            ArrowField("set", .list, children: [ArrowField("element", .utf8)]),
        ] + (showsAll ? [all] : [])
            + (["taxonomy", "encoder", "classifier"] + (suspended.isEmpty ? [] : ["suspended"])).map {
                ArrowField($0, .utf8, dictionaryIndex: Self.word)
            }
    }

    func values(_ labels: [SessionLabel], key: (Int) -> String) -> [ArrowValues] {
        let reasons = [SessionLabel.Abstention.noEvents, .belowThresholds] + (suspended.isEmpty ? [] : [.suspended])
        let assigned = labels.flatMap { label in label.assigned.map { (label, $0) } }
        let evidence = labels.flatMap { label in label.assigned.indices.map { $0 < label.evidence.count ? label.evidence[$0] : [] } }
        let events = evidence.flatMap { $0 }
        let intents = ArrowValues.structure(
            [
                .utf8(assigned.map { ids[$0.1] }), .float32(assigned.map { $0.0.probabilities[$0.1] }),
                .float32(assigned.map { thresholds[$0.1] }),
                .list(
                    Self.ends(evidence.map(\.count)),
                    of: .structure(
                        [.int64(events.map { Int64($0.place) }), .utf8(events.map(\.text)), .float32(events.map(\.effect))],
                        count: events.count)),
            ], count: assigned.count)
        let all = ArrowValues.structure(
            ids.indices.map { k in .float32(labels.map { k < $0.probabilities.count && !withheld.contains(k) ? $0.probabilities[k] : nil })
            }, count: labels.count)
        let codes = [Int32?](repeating: 0, count: labels.count)
        return [
            .utf8(labels.map { key($0.session) }),
            .dictionary(labels.map { $0.abstention == nil ? 0 : 1 }, words: ["labelled", "abstained"]),
            .dictionary(
                labels.map { label in label.abstention.flatMap { reasons.firstIndex(of: $0) }.map { Int32($0) } },
                words: reasons.map(\.rawValue)),
            .list(Self.ends(labels.map(\.assigned.count)), of: intents),
            .list(Self.ends(labels.map(\.possible.count)), of: .utf8(labels.flatMap { $0.possible.map { ids[$0] } })),
        ] + (showsAll ? [all] : []) + (constants + (suspended.isEmpty ? [] : [suspended])).map { .dictionary(codes, words: [$0]) }
    }

    private static func ends(_ counts: [Int]) -> [Int32] {
        var ends: [Int32] = [0]
        for count in counts { ends.append(ends[ends.count - 1] + Int32(count)) }
        return ends
    }
}
