#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// An annotator that does not exist: what it would say of a session, with the faults a language model has.
///
/// See ``AnnotationAssumptions`` for what is assumed. Its choices come from a stream of its own for each visitor.
struct SimulatedAnnotator {
    /// One of up to three intents it names.
    struct Named: Equatable {
        var need: Int
        /// Confidence in twentieths: 4 (0.2) to 20 (1).
        var twentieths: Int
    }

    /// Intents of one session at most.
    static let mostIntents = 3
    /// A confidence below 0.2 is not worth a word.
    static let leastTwentieths = 4
    /// Without a reference: the share of belief on the true need and on its family; the rest is on all needs.
    static let needBelief: Float = 0.75
    static let familyBelief: Float = 0.15

    /// As in the file: nobody shall take it for a person or a model.
    let name: String
    private let number: Int
    private let annotator: AnnotationAssumptions.Annotator
    private let assumptions: AnnotationAssumptions
    private let tables: NeedTables
    private let seed: UInt64

    /// Annotators a and b of a configuration.
    static func all(_ configuration: BankConfiguration, _ tables: NeedTables, seed: UInt64) -> [SimulatedAnnotator] {
        let annotation = configuration.annotation
        return [("simulated-a", annotation.a), ("simulated-b", annotation.b)].enumerated().map { number, entry in
            SimulatedAnnotator(
                name: entry.0, number: number, annotator: entry.1, assumptions: annotation, tables: tables, seed: seed)
        }
    }

    /// What a session shows to any annotator: the given probabilities of needs, blurred.
    /// - Parameter posterior: nil where the reference is not computed; then belief is made up around the true need.
    static func belief(
        _ posterior: [Float]?, need: Int, _ assumptions: AnnotationAssumptions, _ tables: NeedTables
    ) -> [Double] {
        let clear = posterior ?? guess(around: need, tables)
        let power = 1 / assumptions.temperature
        let blurred = clear.map { pow(Double($0), power) }
        let total = blurred.reduce(0, +)
        return blurred.map { $0 / total }
    }

    private static func guess(around need: Int, _ tables: NeedTables) -> [Float] {
        let members = tables.familyMembers[need]
        let family = members.reduce(0) { $0 + tables.prior[$1] }
        var belief = tables.prior.map { $0 * (1 - needBelief - familyBelief) }
        for member in members { belief[member] += familyBelief * tables.prior[member] / family }
        belief[need] += needBelief
        return belief
    }

    /// What it says of each session of a person, most confident intent first and alone in its confidence; nil where it was not asked.
    func labels(_ visitor: SimulatedVisitor, beliefs: [[Double]]) -> [[Named]?] {
        var source = SeededSource(seed: seed, stream: SeededSource.stream(visitor.number, .annotations, part: number))
        return zip(visitor.sessions, beliefs).map { session, belief in
            guard source.chance(annotator.share) else { return nil }
            return label(belief, isIdle: session.mode == .idle, &source)
        }
    }

    private func label(_ belief: [Double], isIdle: Bool, _ source: inout SeededSource) -> [Named] {
        if source.chance(isIdle ? assumptions.idleSilence : assumptions.silence) { return [] }
        var seen = belief
        var first = Self.largest(seen, except: [])
        if source.chance(isIdle ? annotator.idleSlip : annotator.slip) {
            let other = replacement(for: first, &source)
            // What should have been named first is still seen, half as clearly.
            seen[other] = seen[first]
            seen[first] /= 2
            first = other
        }
        var named: [Named] = []
        var next = first
        while true {
            var confidence = twentieths(seen[next], &source)
            if !named.isEmpty { confidence = min(confidence, named[0].twentieths - 1) }
            if confidence >= Self.leastTwentieths { named.append(Named(need: next, twentieths: confidence)) }
            // Where not even the first is worth a word, the others are not either.
            if named.isEmpty || named.count == Self.mostIntents { return named }
            if confidence < Self.leastTwentieths { return named }
            next = Self.largest(seen, except: named.map(\.need))
        }
    }

    private func twentieths(_ belief: Double, _ source: inout SeededSource) -> Int {
        min(20, Int((max(0, belief + assumptions.confidenceNoise * source.normal()) * 20).rounded()))
    }

    private static func largest(_ values: [Double], except: [Int]) -> Int {
        var best = -1
        for place in values.indices where !except.contains(place) && (best < 0 || values[place] > values[best]) { best = place }
        return best
    }

    private func replacement(for need: Int, _ source: inout SeededSource) -> Int {
        let members = tables.familyMembers[need]
        let inFamily = source.chance(assumptions.familySlipShare) && members.count > 1
        while true {
            let other = inFamily ? members[source.draw(tables.familySums[need])] : source.draw(tables.priorSums)
            if other != need { return other }
        }
    }
}
