internal import BoostedTrees
public import Evaluation
internal import SequenceKernel

/// Takes: what a model uses of each row, and a banned field.   Gives: how well the field can be guessed from it.
///
/// Two probes guess it: multinomial logistic regression (``Evaluation/FrozenProbe``) and boosted trees. Rows are parted by person in five
/// folds; a fold is guessed by probes that saw nobody of it (three folds to fit, one to choose the penalty and the number of trees).
/// AUC compares rows of one fold only. Beside them stand the most frequent class and the same logistic probe on labels that were
/// dealt out anew among people, which is what
/// chance reaches with so many rows. Intervals resample people.
public struct ProxyStudy: Sendable, Codable {
    /// How a banned field may be known from what is used.
    public enum Verdict: String, Sendable, Codable {
        /// AUC 0.8 or above, and above chance.
        case strong
        /// AUC from 0.7, and above chance.
        case predictable
        /// Above chance, AUC below 0.7.
        case weak
        /// Not shown to be above chance.
        case notShown = "not_shown"
    }

    /// One class.
    public struct Class: Sendable, Equatable, Codable {
        /// Its value.
        public var name: String
        /// Its rows.
        public var rows: Int
    }

    /// What one probe reaches on rows of people that it did not see.
    public struct Probe: Sendable, Equatable, Codable {
        /// Its name.
        public var name: String
        /// Area under the ROC curve; of more than two classes the mean of each against the rest. 95 %, by person.
        public var auc: MetricInterval
        /// Mean F1 of the classes. 95 %, by person.
        public var macroF1: MetricInterval
    }

    /// What chance reaches.
    public struct Chance: Sendable, Equatable, Codable {
        /// How often labels were dealt out anew.
        public var rounds: Int
        /// Mean AUC of the logistic probe then.
        public var meanAUC: Double
        /// The highest of them.
        public var highestAUC: Double
        /// Mean F1 of the classes by always naming the most frequent one.
        public var majorityMacroF1: Double
        /// Share of rows of the most frequent class.
        public var majorityShare: Double
    }

    /// The banned field.
    public let banned: String
    /// What it was guessed from, in words.
    public let source: String
    /// Rows that were guessed.
    public let rows: Int
    /// Rows without a value, or with one that too few people share.
    public let leftOut: Int
    /// People.
    public let people: Int
    /// Features of a row.
    public let features: Int
    /// The classes, the most frequent first.
    public let classes: [Class]
    /// Logistic regression, then boosted trees.
    public let probes: [Probe]
    /// What chance reaches.
    public let chance: Chance
    /// What follows.
    public let verdict: Verdict

    /// Parts of the people.
    public static let folds = 5
    /// How often labels are dealt out anew.
    public static let permutations = 19

    /// - Parameters:
    ///   - features: `[N, F]`, finite or NaN where missing; of all rows, in the order of the target's numbers.
    ///   - groups: the person of each row, `[N]`.
    ///   - source: what the features are, in words.
    public init(
        banned: String, source: String, features: ProxyFeatures, target: ProxyTarget, groups: [UInt64], seed: UInt64 = 1
    ) throws(StudyError) {
        let own = target.rows.map { groups[$0] }
        let people = Set(own).count
        guard people >= Self.folds * 10 else { throw .tooLittle(what: "people with a value", found: people, needed: Self.folds * 10) }
        let folds: GroupFolds
        do throws(BoostedTreesError) { folds = try GroupFolds(groups: own, count: Self.folds, seed: seed) } catch { throw .trees(error) }
        let work = ProxyWork(features: features.selecting(target.rows), folds: folds, classes: target.names.count)
        let (right, clusters) = (target.classes, own.map { Int32(truncatingIfNeeded: $0) })
        let (logistic, strengths) = work.logistic(right)
        let trees: [Float]
        do throws(BoostedTreesError) { trees = try work.trees(right, seed: UInt32(truncatingIfNeeded: seed)) } catch { throw .trees(error) }
        probes = [("logistic regression", logistic), ("boosted trees", trees)].map { name, scores in
            Probe(
                name: name, auc: work.auc(scores, right, clusters: clusters),
                macroF1: ClassificationMetrics.macroF1Interval(
                    right: right, predicted: FrozenProbe.mostProbable(scores, classes: target.names.count), classes: target.names.count,
                    clusters: clusters))
        }
        let permuted = (0..<Self.permutations).map { round in
            let labels = Self.dealt(right, own, seed: seed &+ UInt64(round) &* 0x9E37_79B9)
            return work.macroAUC(work.logistic(labels, strengths: strengths).scores, labels)
        }
        var counts = [Int](repeating: 0, count: target.names.count)
        for label in right { counts[Int(label)] += 1 }
        let most = Int32(counts.indices.max { (counts[$0], $1) < (counts[$1], $0) } ?? 0)
        chance = Chance(
            rounds: Self.permutations, meanAUC: permuted.reduce(0, +) / Double(permuted.count), highestAUC: permuted.max() ?? .nan,
            majorityMacroF1: ClassificationMetrics.macroF1Interval(
                right: right, predicted: right.map { _ in most }, classes: target.names.count, Resampling(rounds: 20)
            ).estimate, majorityShare: Double(counts[Int(most)]) / Double(right.count))
        classes = zip(target.names, counts).map { Class(name: $0, rows: $1) }
        (self.banned, self.source, rows, leftOut, self.people) = (banned, source, right.count, target.leftOut, people)
        self.features = features.columns
        let highest = chance.highestAUC
        let best = probes.filter { $0.auc.lower > max(highest, 0.5) }.map(\.auc.estimate).max()
        verdict = best.map { $0 >= 0.8 ? .strong : $0 >= 0.7 ? .predictable : .weak } ?? .notShown
    }

    /// The labels of each person given to another, whole people at a time, so that what sessions of one person share stays shared.
    private static func dealt(_ labels: [Int32], _ groups: [UInt64], seed: UInt64) -> [Int32] {
        var rows: [UInt64: [Int]] = [:]
        for (row, group) in groups.enumerated() { rows[group, default: []].append(row) }
        let order = rows.keys.sorted()
        let dealt = order.sorted { a, b in
            (RandomSource.mix(a ^ seed), a) < (RandomSource.mix(b ^ seed), b)
        }
        var result = labels
        for (place, label) in zip(order.flatMap { rows[$0]! }, dealt.flatMap { rows[$0]!.map { labels[$0] } }) { result[place] = label }
        return result
    }

    /// What was found, in a sentence.
    public var sentence: String {
        let best = probes.max { ($0.auc.estimate) < ($1.auc.estimate) }!
        let figure =
            "AUC \(Self.decimal(best.auc.estimate)) (\(Self.decimal(best.auc.lower)) to \(Self.decimal(best.auc.upper))) by \(best.name), "
            + "chance reaches up to \(Self.decimal(chance.highestAUC))"
        switch verdict {
        case .strong: return "strongly predictable: \(source) tell \(banned) (\(figure)); leaving the field out does not hide it"
        case .predictable: return "predictable: \(source) tell much of \(banned) (\(figure)); leaving the field out does not hide it"
        case .weak: return "weakly predictable: \(source) tell a little of \(banned) (\(figure))"
        case .notShown:
            return "not shown to be predictable: \(source) did not tell \(banned) here (\(figure)); other probes or more data may"
        }
    }

    /// Why it matters, in a sentence that promises nothing.
    public static let meaning = """
        The Equal Credit Opportunity Act and Regulation B (12 CFR 1002.4) forbid discrimination on a prohibited basis, and what \
        can stand in \
        for such a field (a proxy) may carry it into a decision that never reads it: this test helps to show whether it could, not whether \
        a decision does.
        """

    private static func decimal(_ value: Double) -> String {
        let thousandths = Int((abs(value) * 1000).rounded())
        let digits = String(thousandths % 1000)
        return "\(thousandths / 1000)." + String(repeating: "0", count: 3 - digits.utf8.count) + digits
    }
}
