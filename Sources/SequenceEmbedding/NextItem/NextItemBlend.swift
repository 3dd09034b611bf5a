internal import Glibc

/// How the encoder's scores and neighbour counts share what the return choice leaves for new items.
public struct BlendSettings: Codable, Sendable, Equatable {
    /// The encoder's share of the probability of new items; the rest is the neighbours'.
    public var encoderShare: Float = 0.7
    /// Encoder probabilities are raised to this before they are scaled to sum 1: below 1 flattens an over-sure softmax.
    public var encoderExponent: Float = 0.7
    /// The encoder's best items that are looked at.
    public var candidates = 200

    /// The defaults, used until a validation part has chosen better ones.
    public init() {}
}

/// Next-item probabilities of three sources that know different things:
///
///     P(j) = P_return(j)                                             when j was seen before in this session
///     P(j) = P_return(new) · [s · P_encoder(j) + (1 - s) · P_near(j)]       otherwise
///
/// ``ReturnChoice`` knows how people return, ``ItemNeighbours`` remembers rare pairs, the encoder generalises. A single softmax over
/// all items, trained on both kinds of target, does worse at each: it learns items by heart and lets them crowd out returns.
public struct NextItemBlend: Sendable {
    /// Shares.
    public var settings: BlendSettings
    /// Earlier items or something new.
    public let returns: ReturnChoice
    /// Decayed co-occurrence counts.
    public let neighbours: ItemNeighbours

    /// A blend of fitted parts.
    public init(settings: BlendSettings, returns: ReturnChoice, neighbours: ItemNeighbours) {
        self.settings = settings
        self.returns = returns
        self.neighbours = neighbours
    }

    /// What the encoder says after a prefix: its best items and their scores (logits), best first.
    public struct EncoderCandidates: Sendable {
        /// Item numbers.
        public var items: ArraySlice<Int32>
        /// Logits.
        public var scores: ArraySlice<Float>

        /// Best items first.
        public init(items: ArraySlice<Int32>, scores: ArraySlice<Float>) {
            self.items = items
            self.scores = scores
        }
    }

    /// Probabilities after one prefix, of every item that any source names.
    ///
    /// - Parameter scratch: cleared on return.
    func probabilities(after prefix: ArraySlice<Int32>, encoder: EncoderCandidates, _ scratch: inout BlendScratch) -> [(item: Int32, probability: Float)] {
        let parts = parts(after: prefix, encoder: encoder, &scratch)
        return combine(parts, share: settings.encoderShare, exponent: settings.encoderExponent, &scratch)
    }

    /// The sources' own answers, so that shares can be tried without asking again.
    struct Parts {
        var returned: [(item: Int32, probability: Float)] = []
        var new: Float = 1
        /// New items only, logits less the largest.
        var encoder: [(item: Int32, logit: Float)] = []
        /// New items only, summing to 1.
        var near: [(item: Int32, probability: Float)] = []
    }

    func parts(after prefix: ArraySlice<Int32>, encoder: EncoderCandidates, _ scratch: inout BlendScratch) -> Parts {
        var parts = Parts()
        let choice = returns.probabilities(after: prefix)
        parts.new = Float(choice.new)
        for (item, probability) in zip(choice.items, choice.returns) { parts.returned.append((item, Float(probability))) }
        scratch.candidates.removeAll()
        neighbours.addScores(after: prefix, to: &scratch.candidates)
        var sum: Float = 0
        for item in scratch.candidates.touched where !choice.items.contains(item) { sum += scratch.candidates[item] }
        if sum > 0 {
            for item in scratch.candidates.touched where !choice.items.contains(item) {
                parts.near.append((item, scratch.candidates[item] / sum))
            }
        }
        scratch.candidates.removeAll()
        let peak = encoder.scores.max() ?? 0
        for (item, score) in zip(encoder.items, encoder.scores) where item >= 0 && !choice.items.contains(item) {
            parts.encoder.append((item, score - peak))
        }
        return parts
    }

    func combine(_ parts: Parts, share: Float, exponent: Float, _ scratch: inout BlendScratch) -> [(item: Int32, probability: Float)] {
        scratch.candidates.removeAll()
        // A source with nothing to say leaves its share to the other.
        let encoderShare = parts.near.isEmpty ? 1 : parts.encoder.isEmpty ? 0 : share
        var sum: Float = 0
        for entry in parts.encoder { sum += expf(entry.logit * exponent) }
        for entry in parts.encoder { scratch.candidates.add(entry.item, parts.new * encoderShare * expf(entry.logit * exponent) / sum) }
        for entry in parts.near { scratch.candidates.add(entry.item, parts.new * (1 - encoderShare) * entry.probability) }
        var all = parts.returned
        for item in scratch.candidates.touched { all.append((item, scratch.candidates[item])) }
        scratch.candidates.removeAll()
        return all
    }

    /// The place of `target`: 1 + how many items are more probable or as probable; 0 when no source names it.
    static func rank(of target: Int32, in all: [(item: Int32, probability: Float)]) -> Int {
        guard let own = all.first(where: { $0.item == target })?.probability, own > 0 else { return 0 }
        return all.count { $0.probability >= own }
    }
}

/// Scratch of one worker.
struct BlendScratch {
    var candidates: CandidateScores
    init(itemCount: Int) { candidates = CandidateScores(itemCount: itemCount) }
}

extension NextItemBlend {
    /// Chooses the encoder's share and exponent by mean reciprocal rank at `cutoff` on validation pairs.
    ///
    /// - Parameter pairs: prefix and target of sessions that neither the encoder nor the counts have seen.
    mutating func chooseShares(
        pairs: [(prefix: ArraySlice<Int32>, target: Int32)], encoder: (Int) -> EncoderCandidates, itemCount: Int, cutoff: Int = 20
    ) {
        var scratch = BlendScratch(itemCount: itemCount)
        let parts = pairs.indices.map { self.parts(after: pairs[$0].prefix, encoder: encoder($0), &scratch) }
        var best = -1.0
        for exponent in [Float(0.5), 0.7, 1] {
            for tenth in 0...10 {
                var sum = 0.0
                for (index, pair) in pairs.enumerated() {
                    let rank = Self.rank(
                        of: pair.target, in: combine(parts[index], share: Float(tenth) / 10, exponent: exponent, &scratch))
                    if rank > 0 && rank <= cutoff { sum += 1 / Double(rank) }
                }
                if sum > best {
                    best = sum
                    settings.encoderShare = Float(tenth) / 10
                    settings.encoderExponent = exponent
                }
            }
        }
    }
}
