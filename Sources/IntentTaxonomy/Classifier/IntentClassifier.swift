public import SequenceEmbedding
public import SequenceKernel

/// A light classifier on session embeddings and facts: what is left of the annotators once they are gone.
///
/// It knows the taxonomy it speaks of, word by word, the encoder whose embeddings it reads, and what was measured when it was taught.
/// No language model is needed to use it.
public struct IntentClassifier: Sendable {
    /// What stands in `intents.json`.
    public struct Settings: Sendable, Equatable, Codable {
        /// The taxonomy in which it labels.
        public var taxonomy: TaxonomyReference
        /// Ids of the intents it scores, `[K]`, in the taxonomy's order.
        public var intents: [String]
        /// Intents that it does not score, and why.
        public var heldBack: [LabelGate.Verdict]
        /// ``SequenceEmbedding/ModelArtifact/id`` of the encoder.
        public var encoder: String
        /// Floats of an embedding.
        public var embeddingSize: Int
        /// What it reads.
        public var inputs: DistillationSettings.Inputs
        /// Hidden floats; 0 for a linear student.
        public var hidden: Int
        /// How each logit becomes a probability, `[K]`.
        public var calibration: [IntentCalibration]
        /// Probabilities from which intents count as shown, `[K]`.
        public var thresholds: [Double]
        /// How far sets reach that hold every present intent.
        public var conformal: ConformalSets
        /// How it was taught.
        public var distillation: DistillationSettings

        enum CodingKeys: String, CodingKey {
            case taxonomy, intents, encoder, inputs, hidden, calibration, thresholds, conformal, distillation
            case heldBack = "held_back"
            case embeddingSize = "embedding_size"
        }
    }

    /// Its settings.
    public let settings: Settings
    /// The taxonomy as it was, with its approval.
    public let taxonomy: Taxonomy
    /// The network, which reads embedding and facts as they are.
    public let student: TrainedStudent
    /// The facts it reads; nil where it reads none.
    public let facts: FactPlan?
    /// The encoder's weights where it was trained on; nil for those of the encoder itself.
    public let encoderWeights: ParameterVector?
    /// What the training says of itself.
    public let card: ClassifierCard
    /// Calibrated probabilities of ``ClassifierCard/taughtSessions``, in their order, by students that saw no session of their visitor:
    /// what the classifier itself says of them is surer than it is of anybody else. `[S * K]`; empty where nobody kept them.
    public let heldOut: [Float]
    /// Digest over all its files; empty until it is written.
    public let id: String
    /// Intents that it must not tell until they are approved again.
    public var suspensions: IntentSuspensions {
        didSet { withheld = Self.withheld(suspensions, settings) }
    }
    /// Numbers of those of its intents, rising.
    public private(set) var withheld: [Int]
    private let scales: [Float]
    private let biases: [Float]
    private let steps: [Int]
    private let parents: [(parent: Int, children: [Int])]

    /// A classifier of its parts.
    public init(
        _ settings: Settings, taxonomy: Taxonomy, student: TrainedStudent, facts: FactPlan?, encoderWeights: ParameterVector? = nil,
        card: ClassifierCard, heldOut: [Float] = [], suspensions: IntentSuspensions = IntentSuspensions(), id: String = ""
    ) {
        let count = settings.intents.count
        precondition(student.network.outputs == count && settings.calibration.count == count && settings.thresholds.count == count)
        precondition(
            heldOut.isEmpty || heldOut.count == card.taughtSessions.count * count,
            "IntentClassifier: \(heldOut.count) held-out probabilities for \(card.taughtSessions.count) sessions of \(count)")
        precondition(
            student.network.inputs == Self.width(settings, facts), "IntentClassifier: the network reads another number of features")
        (self.settings, self.taxonomy, self.student, self.facts) = (settings, taxonomy, student, facts)
        (self.encoderWeights, self.card, self.heldOut, self.id) = (encoderWeights, card, heldOut, id)
        (self.suspensions, withheld) = (suspensions, Self.withheld(suspensions, settings))
        var (scales, biases, steps) = ([Float](), [Float](), [Int]())
        for (k, calibration) in settings.calibration.enumerated() {
            switch calibration {
            case .none: (scales, biases) = (scales + [1], biases + [0])
            case .temperature(let scale, let bias): (scales, biases) = (scales + [Float(scale)], biases + [Float(bias)])
            case .isotonic:
                (scales, biases) = (scales + [1], biases + [0])
                steps.append(k)
            }
        }
        (self.scales, self.biases, self.steps) = (scales, biases, steps)
        parents = Self.parents(settings.intents, taxonomy)
    }

    private static func withheld(_ suspensions: IntentSuspensions, _ settings: Settings) -> [Int] {
        suspensions.inForce.compactMap(settings.intents.firstIndex).sorted()
    }

    static func width(_ settings: Settings, _ facts: FactPlan?) -> Int {
        (settings.inputs.readEmbedding ? settings.embeddingSize : 0) + (settings.inputs.readFacts ? facts?.count ?? 0 : 0)
    }

    /// Intents (K).
    public var count: Int { settings.intents.count }
    /// Floats that the network reads of a session.
    public var inputs: Int { student.network.inputs }

    /// Every intent that has intents below it, the lowest first, with all of those.
    private static func parents(_ intents: [String], _ taxonomy: Taxonomy) -> [(parent: Int, children: [Int])] {
        intents.enumerated().compactMap { k, id in
            let below = intents.indices.filter { taxonomy.ancestors(of: intents[$0]).contains(id) }
            return below.isEmpty ? nil : (k, below)
        }
    }

    /// Turns logits `[N, K]` into probabilities, in place: calibrated, and a parent at least as probable as any intent below it.
    public func calibrate(_ logits: Rows) {
        let width = logits.width
        if steps.isEmpty {
            scale(logits)
            vectorLoops.sigmoid(logits.scalarCount, logits.base, logits.base)
        } else {
            for row in 0..<logits.count {
                let line = logits[row]
                for k in 0..<width {
                    let x = Double(line[k])
                    line[k] = Float(settings.calibration[k].probability(x))
                }
            }
        }
        for (parent, children) in parents {
            for row in 0..<logits.count {
                let line = logits[row]
                for child in children where line[child] > line[parent] { line[parent] = line[child] }
            }
        }
    }

    private func scale(_ logits: Rows) {
        scales.withUnsafeBufferPointer { scales in
            biases.withUnsafeBufferPointer { biases in
                for row in 0..<logits.count {
                    let line = logits[row]
                    for k in 0..<scales.count { line[k] = line[k] * scales[k] + biases[k] }
                }
            }
        }
    }

    /// Probabilities `[N, K]` of features `[N, F]` (embedding, then facts), in the workspace. The features may be overwritten.
    public func probabilities(_ features: Rows, _ workspace: Workspace) -> Rows {
        let logits = student.logits(features, workspace)
        calibrate(logits)
        return logits
    }

    /// Groups of the taxonomy with the intents below them that are scored; a group is as probable as the most probable of those.
    public var groups: [(intent: Intent, members: [Int])] {
        taxonomy.intents.filter(\.isGroup).compactMap { group in
            let members = settings.intents.indices.filter { taxonomy.ancestors(of: settings.intents[$0]).contains(group.id) }
            return members.isEmpty ? nil : (group, members)
        }
    }
}

/// What a training of a classifier writes down about itself.
public struct ClassifierCard: Codable, Sendable, Equatable {
    /// Digest of the corpus.
    public var corpus = ""
    /// Digest of the label set.
    public var labels = ""
    /// Annotations by annotator.
    public var annotators: [String: Int] = [:]
    /// How several annotators became one label.
    public var merge = LabelMerge()
    /// Labelled sessions learnt from.
    public var sessions = 0
    /// Their numbers in the corpus, rising: who taught must not judge.
    public var taughtSessions: [Int] = []
    /// Their visitors.
    public var visitors = 0
    /// Which sessions were left for the test, in words.
    public var split = ""
    /// Sessions that show each intent.
    public var positives: [String: Int] = [:]
    /// Mean training loss of the last epoch.
    public var trainLoss = 0.0
    /// Mean log loss of the calibrated probabilities against presence, on sessions by students that did not see them.
    public var heldOutLogLoss = 0.0
    /// The same for the share of each intent in the labels: what a classifier that knows nothing reaches.
    public var heldOutLogLossOfShares = 0.0
    /// F1 of all pairs of held-out session and intent together, at the thresholds that were chosen on the same sessions.
    public var heldOutMicroF1 = 0.0
    /// Mean average precision of the intents on held-out sessions.
    public var heldOutAveragePrecision = 0.0
    /// The vector loops that ran, on which the last bits depend.
    public var instructionSet = ""

    /// To be filled.
    public init() {}
}
