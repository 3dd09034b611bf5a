internal import SequenceEmbedding
internal import SequenceKernel

/// Evidence by integrated gradients (Sundararajan et al., 2017, equation 1): a second opinion beside ``LeaveOneOut``.
///
/// The path leads from a session of events that say nothing (vectors of zeros) with average facts to the session as it is; along it the
/// gradient of an intent's logit is averaged and multiplied by the way gone. Attributions of all events and facts add up to the logit less
/// that of the path's beginning, but for the error of the sum over finitely many steps, which is stated.
public struct IntegratedGradients: Sendable {
    /// What adds up to one intent's logit.
    public struct Attribution: Sendable, Equatable {
        /// The events that the encoder reads; numbers in the table, rising.
        public let events: [Int]
        /// What each adds, `[events.count]`.
        public let eventEffects: [Float]
        /// What each fact adds, as the classifier's facts.
        public let factEffects: [Float]
        /// Logit at the path's beginning.
        public let start: Float
        /// Logit of the session, before calibration.
        public let logit: Float
        /// `logit - start - Σ effects`: what the sum over steps misses.
        public var residual: Float { logit - start - eventEffects.reduce(0, +) - factEffects.reduce(0, +) }
    }

    private let scorer: SessionScorer
    /// Points of the path (midpoints of equal parts).
    public let steps: Int

    /// Over the table that the scorer reads.
    public init(_ scorer: SessionScorer, steps: Int = 64) {
        precondition(steps > 0, "IntegratedGradients: \(steps) steps")
        (self.scorer, self.steps) = (scorer, steps)
    }

    /// What events and facts of a session add to an intent's logit.
    public func attribution(session: Int, intent: Int, _ scratch: SessionScorer.Scratch) -> Attribution {
        let classifier = scorer.classifier, student = classifier.student
        let model = scorer.embedder.model, weights = scorer.embedder.weights
        let size = classifier.settings.inputs.readEmbedding ? model.configuration.embeddingSize : 0
        let width = student.network.inputs
        let kept = size > 0 ? scorer.embedder.keptEvents(scorer.events, session: session) : 0..<0
        let workspace = Workspace()
        // Gradients of weights are made on the way and not used.
        let spare = (
            encoder: [Float](repeating: 0, count: max(1, weights.denseCount)),
            head: [Float](repeating: 0, count: max(1, student.weights.denseCount))
        )
        var (encoderGradients, headGradients) = spare
        return encoderGradients.withUnsafeMutableBufferPointer { encoderGradients in
            headGradients.withUnsafeMutableBufferPointer { headGradients in
                let encoderPass = Pass(
                    weights: weights, workspace: workspace, gradients: encoderGradients.baseAddress, scatter: GradientScatter())
                let headPass = Pass(weights: student.weights, workspace: workspace, gradients: headGradients.baseAddress)
                let facts = workspace.rows(1, max(1, width - size))
                if let own = scorer.facts, let factScratch = scratch.facts { own.fill(session: session, factScratch, into: facts.base) }
                var vectors = Rows(facts.base, count: 0, width: model.configuration.width)
                if size > 0 && !kept.isEmpty {
                    let view = scorer.embedder.view(scorer.events, session: session, scratch.embedding)
                    vectors = model.vectors(view, encoderPass).output
                }
                /// Logits along the path, and gradients of vectors `[points * n, D]` and features `[points, F]` where wished.
                func walk(_ points: [Float], gradients: Bool) -> (logits: [Float], vectors: Rows?, features: Rows?) {
                    let n = kept.count
                    let offsets = workspace.integers(points.count + 1)
                    for point in 0...points.count { offsets[point] = Int32(point * n) }
                    let sequences = SequenceOffsets(UnsafePointer(offsets), count: points.count)
                    let features = workspace.rows(points.count, width)
                    var tape: SequenceModel.EmbeddingTape?
                    if size > 0 {
                        let path = workspace.rows(points.count * n, vectors.width)
                        for (point, share) in points.enumerated() where n > 0 {
                            vectorLoops.scale(vectors.scalarCount, share, vectors.base, path[point * n])
                        }
                        let (embeddings, own) = model.embeddings(ofVectors: path, sequences, encoderPass)
                        tape = own
                        for point in points.indices { features[point].update(from: embeddings[point], count: size) }
                    }
                    for (point, share) in points.enumerated() where width > size {
                        vectorLoops.scale(width - size, share, facts.base, features[point] + size)
                    }
                    let (logits, studentTape) = student.network.forward(features, headPass)
                    let values = points.indices.map { logits[$0][intent] }
                    guard gradients else { return (values, nil, nil) }
                    let upstream = workspace.rows(points.count, logits.width)
                    upstream.clear()
                    for point in points.indices { upstream[point][intent] = 1 }
                    let gradient = student.network.backward(upstream, studentTape, headPass)
                    guard size > 0, n > 0, let tape else { return (values, nil, gradient) }
                    let ofEmbeddings = workspace.rows(points.count, size)
                    for point in points.indices { ofEmbeddings[point].update(from: gradient[point], count: size) }
                    return (values, model.backward(embeddings: ofEmbeddings, sequences, tape, encoderPass), gradient)
                }
                let ends = walk([0, 1], gradients: false).logits
                let points = (0..<steps).map { (Float($0) + 0.5) / Float(steps) }
                let path = walk(points, gradients: true)
                var eventEffects = [Float](repeating: 0, count: kept.count)
                if let gradients = path.vectors {
                    for point in points.indices {
                        for event in 0..<kept.count {
                            let slope = vectorLoops.dot(vectors.width, gradients[point * kept.count + event], vectors[event])
                            eventEffects[event] += slope / Float(steps)
                        }
                    }
                }
                var factEffects = [Float](repeating: 0, count: width - size)
                if let gradients = path.features {
                    for point in points.indices {
                        for fact in factEffects.indices {
                            factEffects[fact] += gradients[point][size + fact] * facts.base[fact] / Float(steps)
                        }
                    }
                }
                return Attribution(
                    events: Array(kept), eventEffects: eventEffects, factEffects: factEffects, start: ends[0], logit: ends[1])
            }
        }
    }
}
