internal import Evaluation
public import EventStream
public import IntentTaxonomy
internal import ReportPage
public import SequenceEmbedding
public import SequenceKernel

/// Takes: a classifier of intents, the labels it was taught by, how it was judged, and a corpus. Gives: the sections of a page that let a
/// person judge it: the taxonomy, the labels, the numbers beside baselines, and some sessions with their evidence.
public struct IntentReport: Sendable {
    /// How far annotators agree, and what the label set says of itself.
    struct LabelPart: Sendable {
        let manifest: LabelSet.Manifest
        let agreement: LabelAgreement
        /// Whether the classifier was taught by exactly these.
        let isTeacher: Bool
    }

    let taxonomy: Taxonomy
    let settings: IntentClassifier.Settings
    let card: ClassifierCard
    let labels: LabelPart?
    let study: ClassifierStudy?
    let explained: [ExplainedSession]
    /// Whether nobody is behind the data.
    let synthetic: Bool

    /// Measures and labels what the sections need.
    /// - Parameters:
    ///   - labels: the label set; nil leaves its section out.
    ///   - labelsPlace: where it stands, for messages.
    ///   - study: how the classifier was judged, checked by ``ClassifierStudy/check(_:corpus:place:)``; nil leaves its section out.
    ///   - truth: hidden needs of a simulated export, under the ids of the taxonomy.
    /// - Throws: ``LabelError`` where the labels belong to another corpus or taxonomy, ``IntentClassifierError`` where the corpus
    ///   lacks what the classifier reads.
    public init(
        _ classifier: IntentClassifier, encoder: ModelArtifact, corpus: Corpus, labels: LabelSet?, labelsPlace: String,
        study: ClassifierStudy?,
        truth: HiddenTruth?, pool: WorkerPool
    ) throws {
        (taxonomy, settings, card) = (classifier.taxonomy, classifier.settings, classifier.card)
        (self.study, synthetic) = (study, truth != nil)
        if let labels {
            try labels.check(corpus: corpus)
            try labels.check(taxonomy: classifier.taxonomy, place: labelsPlace)
            // Who has the last word was said for the labels it was taught by; others may know nobody of that name.
            let isTeacher = classifier.card.labels == labels.manifest.digest
            let merge = isTeacher ? classifier.card.merge : LabelMerge()
            self.labels = LabelPart(
                manifest: labels.manifest, agreement: try LabelAgreement(labels, merge: merge), isTeacher: isTeacher)
        } else {
            self.labels = nil
        }
        explained = try ExplainedSession.choose(10, classifier, encoder: encoder, corpus: corpus, truth: truth, pool: pool)
    }

    /// The sections, in reading order.
    func sections(_ steps: JourneySteps) -> [Section] {
        var sections = [Section("Intents: the taxonomy", taxonomyBlocks)]
        if let labels { sections.append(Section("Labels", labelBlocks(labels))) }
        if let study { sections.append(Section("How well intents are told", judgementBlocks(study))) }
        sections.append(Section("Sessions explained", explainedBlocks(steps)))
        return sections
    }

    /// An intent's name, or its id where the taxonomy has none.
    func name(_ id: String) -> String { taxonomy[id]?.name ?? id }

    /// A remark for captions, which may be shown without the page.
    var remark: String { synthetic ? " (synthetic)" : "" }

    static func range(_ metric: MetricInterval) -> String {
        guard metric.estimate.isFinite else { return "–" }
        let (value, lower, upper) = (metric.estimate, metric.lower, metric.upper)
        return "\(NumberText.fixed(value, digits: 2)) (\(NumberText.fixed(lower, digits: 2)) to \(NumberText.fixed(upper, digits: 2)))"
    }

    /// Ends of a whisker; nil where there is nothing to draw.
    static func ends(_ metric: MetricInterval) -> ClosedRange<Double>? {
        metric.estimate.isFinite && metric.lower <= metric.upper ? metric.lower...metric.upper : nil
    }
}
