/// Gathers the rows of label files into annotations: finds their sessions and intents, and refuses what cannot be trusted.
public struct LabelImport {
    /// What is read how.
    public struct Settings: Sendable {
        /// Digests of older taxonomies whose labels are taken over under the present one, old ids by `replaces`.
        public var acceptedDigests: Set<String> = []
        /// Where one annotator labelled a session more than once, the row with the latest time holds.
        public var latestHolds = false

        /// Nothing but the present taxonomy, and no repetition that differs.
        public init() {}
    }

    private let taxonomy: Taxonomy
    private let settings: Settings
    private let find: SessionIndex.Finder
    private let numbers: [String: Int]
    private let groups: Set<String>
    private let successors: [String: [Int]]

    private struct Key: Hashable {
        let session: Int
        let annotator: String
        let version: String?
    }
    private struct Piece {
        let file: Int
        let line: Int
        let isPart: Bool
        let time: String?
        let rationale: String?
        /// Nil where a row of this annotation was refused.
        let entries: [Int: Double]?
    }

    private var pieces: [Key: [Piece]] = [:]
    private var files: [String] = []

    /// Refused rows, in the order they were met.
    public private(set) var rejects: [LabelReject] = []
    /// Rows read, refused ones too.
    public private(set) var rows = 0
    /// Rows that repeat what another said.
    public private(set) var repeats = 0
    /// Rows that do not say under which taxonomy they were given.
    public private(set) var withoutDigest = 0

    /// Labels for the sessions of an index, under a taxonomy.
    public init(_ taxonomy: Taxonomy, sessions: SessionIndex, settings: Settings = Settings()) {
        (self.taxonomy, self.settings) = (taxonomy, settings)
        find = SessionIndex.Finder(sessions)
        let assignable = taxonomy.assignable.map(\.id)
        numbers = Dictionary(uniqueKeysWithValues: assignable.enumerated().map { ($1, $0) })
        groups = Set(taxonomy.intents.filter(\.isGroup).map(\.id))
        var successors: [String: [Int]] = [:]
        for (number, intent) in taxonomy.assignable.enumerated() {
            for old in intent.replaces { successors[old, default: []].append(number) }
        }
        self.successors = successors
    }

    /// Takes every row of a file.
    /// - Throws: ``LabelError/taxonomyDiffers(place:labelled:present:)`` at the first row labelled under other definitions.
    public mutating func read(_ file: LabelFile) throws(LabelError) {
        let number = files.count
        files.append(file.path)
        let present = taxonomy.digest
        var differs: LabelError?
        file.rows { row in
            if differs != nil { return }
            rows += 1
            switch row {
            case .refused(let reject, let label):
                rejects.append(reject)
                if let label, case .session(let session) = find(label.session, visitor: label.visitor) {
                    add(nil, label, session, file: number)
                }
            case .label(let label):
                let isOlder = label.taxonomyDigest.map { $0 != present } ?? false
                if label.taxonomyDigest == nil { withoutDigest += 1 }
                if isOlder, let old = label.taxonomyDigest, !settings.acceptedDigests.contains(old) {
                    differs = .taxonomyDiffers(place: "\(file.path):\(label.line)", labelled: old.filter(\.isHexDigit), present: present)
                    return
                }
                take(label, isOlder: isOlder, file: number)
            }
        }
        if let differs { throw differs }
    }

    private mutating func take(_ label: SuppliedLabel, isOlder: Bool, file: Int) {
        func refuse(_ reason: LabelRejectReason, _ hint: String) {
            rejects.append(LabelReject(reason, file: files[file], line: label.line, hint: hint))
        }
        let session: Int
        switch find(label.session, visitor: label.visitor) {
        case .session(let number): session = number
        case .unknown:
            return refuse(
                .unknownSession,
                "the corpus has no session of this id" + (label.visitor == nil ? "" : " and visitor")
                    + "; if identifiers were replaced at import, give the same key")
        case .ambiguous: return refuse(.ambiguousSession, "several sessions have this id; add the visitor's in `user_id`")
        case .cut: return refuse(.cutSession, "the import cut this session into parts; label the parts, or import without cutting")
        }
        var entries: [Int: Double] = [:]
        for (place, entry) in label.intents.enumerated() {
            let which = label.isPart ? "`intent`" : "intent \(place + 1) of \(label.intents.count)"
            if let number = numbers[entry.id] {
                entries[number] = max(entry.confidence, entries[number] ?? 0)
            } else if groups.contains(entry.id) {
                refuse(.groupIntent, "\(which) is a group; label one of its members")
                return add(nil, label, session, file: file)
            } else if isOlder, let heirs = successors[entry.id] {
                guard heirs.count == 1 else {
                    refuse(.splitIntent, "\(which) was split since; label again with its parts")
                    return add(nil, label, session, file: file)
                }
                entries[heirs[0]] = max(entry.confidence, entries[heirs[0]] ?? 0)
            } else {
                refuse(.unknownIntent, "\(which) is not in \(taxonomy.id) \(taxonomy.version)")
                return add(nil, label, session, file: file)
            }
        }
        add(entries, label, session, file: file)
    }

    private mutating func add(_ entries: [Int: Double]?, _ label: SuppliedLabel, _ session: Int, file: Int) {
        let key = Key(session: session, annotator: label.annotator, version: label.annotatorVersion)
        // A whole row that was refused leaves nothing behind that could mislead.
        if entries == nil, !label.isPart { return }
        pieces[key, default: []].append(
            Piece(
                file: file, line: label.line, isPart: label.isPart, time: label.time, rationale: label.rationale, entries: entries))
    }

    /// The annotations, by session, annotator and version, and what contradicts itself.
    public mutating func finish() -> (annotations: [Annotation], contradictions: [Contradiction]) {
        var annotations: [Annotation] = []
        var contradictions: [Contradiction] = []
        let ids = taxonomy.assignable.map(\.id)
        let keys = pieces.keys.sorted {
            ($0.session, $0.annotator, $0.version ?? "", $0.version == nil ? 0 : 1)
                < ($1.session, $1.annotator, $1.version ?? "", $1.version == nil ? 0 : 1)
        }
        for key in keys {
            var wholes: [Piece] = []
            var isBroken = false
            var disputed: Set<Int> = []
            let all = pieces[key]!
            for piece in all where !piece.isPart { wholes.append(piece) }
            for file in Set(all.filter(\.isPart).map(\.file)).sorted() {
                let parts = all.filter { $0.isPart && $0.file == file }
                guard parts.allSatisfy({ $0.entries != nil }) else {
                    isBroken = true
                    for part in parts where part.entries != nil {
                        rejects.append(
                            LabelReject(
                                .partRefused, file: files[file], line: part.line,
                                hint: "another row of this session and annotator was refused; mend it and import again"))
                    }
                    continue
                }
                let (whole, differing) = join(parts)
                disputed.formUnion(differing)
                wholes.append(whole)
            }
            if isBroken && wholes.isEmpty { continue }
            wholes = latest(wholes)
            for other in wholes.dropFirst() { disputed.formUnion(Self.difference(wholes[0].entries!, other.entries!)) }
            guard disputed.isEmpty else {
                let lines = all.map { "\(files[$0.file]):\($0.line)" }
                for (place, piece) in all.enumerated() {
                    let elsewhere = lines.enumerated().first { $0.offset != place && $0.element != lines[place] }?.element ?? lines[place]
                    rejects.append(
                        LabelReject(
                            .contradictingDuplicate, file: files[piece.file], line: piece.line,
                            hint: "the same annotator says otherwise of this session at \(elsewhere); keep one, or let --latest decide"))
                }
                let source = Annotation(session: key.session, annotator: key.annotator, annotatorVersion: key.version, confidences: [])
                    .source
                contradictions.append(Contradiction(session: key.session, source: source, intents: disputed.sorted().map { ids[$0] }))
                continue
            }
            repeats += wholes.count - 1
            var confidences = [Double](repeating: 0, count: ids.count)
            for (number, confidence) in wholes[0].entries! { confidences[number] = confidence }
            annotations.append(
                Annotation(
                    session: key.session, annotator: key.annotator, annotatorVersion: key.version,
                    time: wholes.compactMap(\.time).first, rationale: wholes.compactMap(\.rationale).first, confidences: confidences))
        }
        rejects.sort { ($0.file, $0.line, $0.reason.rawValue) < ($1.file, $1.line, $1.reason.rawValue) }
        return (annotations, contradictions)
    }

    /// The rows of a long table that form one annotation, and the intents it gives two confidences.
    private mutating func join(_ parts: [Piece]) -> (Piece, Set<Int>) {
        var entries: [Int: Double] = [:]
        var differing: Set<Int> = []
        for part in parts {
            for (number, confidence) in part.entries! {
                if let known = entries[number] {
                    if known == confidence { repeats += 1 } else { differing.insert(number) }
                }
                entries[number] = confidence
            }
        }
        return (
            Piece(
                file: parts[0].file, line: parts[0].line, isPart: true, time: parts.compactMap(\.time).last,
                rationale: parts.compactMap(\.rationale).first, entries: entries), differing
        )
    }

    private func latest(_ wholes: [Piece]) -> [Piece] {
        guard settings.latestHolds, wholes.count > 1 else { return wholes }
        let times = wholes.compactMap { $0.time.flatMap(LabelFile.seconds) }
        guard times.count == wholes.count, let newest = times.max() else { return wholes }
        return zip(wholes, times).filter { $0.1 == newest }.map(\.0)
    }

    private static func difference(_ a: [Int: Double], _ b: [Int: Double]) -> Set<Int> {
        Set(Set(a.keys).union(b.keys).filter { a[$0, default: 0] != b[$0, default: 0] })
    }
}
