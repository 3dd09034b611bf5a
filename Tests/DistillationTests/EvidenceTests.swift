import IntentTaxonomy
import SequenceEmbedding
import SequenceKernel
import Testing

/// What removals and gradients say of a session, beside the same worked out from tables made by hand.
@Suite struct EvidenceTests {
    let shop: Samples.Shop
    init() throws { shop = try Samples.shop.get() }

    private static func bits(_ floats: [Float]) -> [UInt32] { floats.map(\.bitPattern) }

    /// A session without one of its events, laid out anew; only how long the page before was looked at stays what it was.
    private static func without(
        _ place: Int, of session: [MemoryTable.Event], fields: [TableField], dwells: UnsafePointer<Float>, first: Int
    ) -> PatchedTable {
        var left = session
        left.remove(at: place)
        let kept = session.indices.filter { $0 != place }.map { dwells[first + $0] }
        return PatchedTable(MemoryTable(fields: fields, sessions: [left]), dwells: kept)
    }

    @Test func variantsAreTablesWithoutTheEvent() {
        var sessions = MixedSamples.sessions(9, seed: 23)
        // Times that are missing, at the edge of what is removed.
        sessions[4][0].timeMicroseconds = nil
        let base = MemoryTable(fields: MixedSamples.fields, sessions: sessions)
        for (session, events) in sessions.enumerated() {
            let first = base.events(ofSession: session).lowerBound
            let variants = SessionVariants(base, session: session, removed: Array(base.events(ofSession: session)))
            #expect(variants.sessionCount == events.count + 1 && variants.eventCount == events.count * events.count)
            #expect(variants.visitor(ofSession: 1) == base.visitor(ofSession: session) && variants.sessionKey(0) == "\(session)")
            for variant in 0...events.count {
                let hand: any EventTable =
                    variant == 0
                    ? MemoryTable(fields: MixedSamples.fields, sessions: [events])
                    : Self.without(variant - 1, of: events, fields: MixedSamples.fields, dwells: base.dwells, first: first)
                let rows = variants.events(ofSession: variant)
                #expect(rows.count == hand.eventCount)
                for (row, event) in rows.enumerated() {
                    let place: Comment = "session \(session) without event \(variant), row \(row)"
                    #expect(variants.times[event] == hand.times[row], place)
                    #expect(variants.gaps[event].bitPattern == hand.gaps[row].bitPattern, place)
                    #expect(variants.dwells[event].bitPattern == hand.dwells[row].bitPattern, place)
                    #expect(variants.hours[event] == hand.hours[row] && variants.weekdays[event] == hand.weekdays[row], place)
                    #expect(
                        variants.numbers("amount")![event].bitPattern == hand.numbers("amount")![row].bitPattern, place)
                    for field in ["page", "title", "address", "tiles"] {
                        #expect(Self.text(variants, field, event) == Self.text(hand, field, row), place)
                    }
                }
            }
        }
    }

    private static func text(_ table: any EventTable, _ field: String, _ event: Int) -> String? {
        let code = Int(table.codes(field)![event])
        return code == 0 ? nil : table.withEntry(field, code - 1) { String(decoding: $0, as: UTF8.self) }
    }

    @Test(arguments: [DistillationSettings.Student.perceptron, .fineTuned]) func effectsAreDifferencesOfProbabilities(
        _ student: DistillationSettings.Student
    ) throws {
        let classifier = try shop.train {
            ($0.epochs, $0.encoderEpochs, $0.folds, $0.student) = (6, 1, 2, student)
        }.classifier
        let scorer = try SessionScorer(classifier, encoder: shop.encoder, table: shop.table)
        let scratch = scorer.makeScratch(), pool = WorkerPool(threads: 1)
        for session in [0, 17, 100, 239] {
            let events = shop.table.events(ofSession: session)
            let found = LeaveOneOut(scorer, table: shop.table).effects(session: session, scratch)
            #expect(found.events == Array(events))
            let whole = scorer.probabilities(session..<session + 1, pool: pool)
            #expect(Self.bits(found.probabilities) == Self.bits(whole))
            for place in shop.sessions[session].indices {
                let hand = Self.without(
                    place, of: shop.sessions[session], fields: Samples.fields, dwells: shop.table.dwells, first: events.lowerBound)
                // Everything is bound and worked out again, dictionaries too.
                let fresh = try SessionScorer(classifier, encoder: shop.encoder, table: hand).probabilities(0..<1, pool: pool)
                let effects = found.effects[place * 3..<place * 3 + 3].map { $0 }
                #expect(Self.bits(effects) == Self.bits(zip(whole, fresh).map { $0 - $1 }), "session \(session), event \(place)")
            }
            // Only the latest events are taken out where there are more than asked for.
            let few = LeaveOneOut(scorer, table: shop.table, mostEvents: 2).effects(session: session, scratch)
            #expect(few.events == Array(events.suffix(2)) && few.effects == Array(found.effects.suffix(6)))
            for intent in 0..<3 {
                let evidence = found.evidence(for: intent, atMost: 2)
                #expect(evidence.count <= 2 && evidence.allSatisfy { $0.effect > 0 })
                let strongest = stride(from: intent, to: found.effects.count, by: 3).map { found.effects[$0] }.max()!
                #expect(evidence.first?.effect ?? 0 == max(0, strongest))
            }
        }
    }

    @Test func theTellingEventIsFound() throws {
        let classifier = try shop.train().classifier
        let scorer = try SessionScorer(classifier, encoder: shop.encoder, table: shop.table)
        let scratch = scorer.makeScratch()
        var (asked, telling, lowered) = (0, 0, 0)
        for session in 0..<240 where shop.intents[session][0] {
            let pages = shop.sessions[session].map { $0.strings["page"]! }
            guard pages.contains("bread") else { continue }
            let found = LeaveOneOut(scorer, table: shop.table).effects(session: session, scratch)
            guard let top = found.evidence(for: 0, atMost: 1).first else { continue }
            asked += 1
            let first = shop.table.events(ofSession: session).lowerBound
            if pages[top.event - first] == "bread" { telling += 1 }
            let hand = Self.without(
                top.event - first, of: shop.sessions[session], fields: Samples.fields, dwells: shop.table.dwells, first: first)
            let fresh = try SessionScorer(classifier, encoder: shop.encoder, table: hand).probabilities(0..<1, pool: WorkerPool(threads: 1))
            if fresh[0] < found.probabilities[0] { lowered += 1 }
        }
        #expect(asked > 30 && lowered == asked, "\(lowered) of \(asked)")
        // Bread is the only page that tells; where it is seen twice, the rest of the session may matter more than one of the two.
        #expect(Double(telling) > 0.75 * Double(asked), "\(telling) of \(asked)")
    }

    // MARK: Integrated gradients

    /// A linear student on facts alone: what a fact adds is its weight times its value, and nothing is missed.
    @Test func attributionsOfALinearStudentAreItsTerms() throws {
        let classifier = try shop.train { ($0.epochs, $0.folds, $0.student, $0.inputs) = (10, 2, .linear, .facts) }.classifier
        let scorer = try SessionScorer(classifier, encoder: shop.encoder, table: shop.table)
        let scratch = scorer.makeScratch()
        let weights = classifier.student.weights
        let matrix = weights[weights.parameters.first { $0.shape.count == 2 }!]
        let bias = weights[weights.parameters.first { $0.shape.count == 1 }!]
        let facts = try SessionFacts(shop.table, #require(classifier.facts))
        let width = facts.count
        let floats = facts.table(sessions: [5, 60], pool: WorkerPool(threads: 1))
        for (row, session) in [5, 60].enumerated() {
            for intent in 0..<3 {
                let found = IntegratedGradients(scorer, steps: 8).attribution(session: session, intent: intent, scratch)
                #expect(found.events.isEmpty && found.eventEffects.isEmpty && found.factEffects.count == width)
                for fact in 0..<width {
                    let own = floats[row * width + fact]
                    // Eight equal parts of one product: rounding only.
                    #expect(abs(found.factEffects[fact] - matrix[intent * width + fact] * own) < 1e-5)
                    // Taking the fact away (to the mean, which is 0) lowers the logit by as much: both orders are one.
                }
                #expect(abs(found.start - bias[intent]) < 1e-6)
                #expect(abs(found.residual) < 1e-4)
            }
        }
    }

    @Test(arguments: [DistillationSettings.Inputs.embedding, .both]) func attributionsAddUp(_ inputs: DistillationSettings.Inputs) throws {
        let classifier = try shop.train { ($0.epochs, $0.folds, $0.inputs) = (20, 2, inputs) }.classifier
        let scorer = try SessionScorer(classifier, encoder: shop.encoder, table: shop.table)
        let scratch = scorer.makeScratch()
        var (coarse, fine, ways) = (Float(0), Float(0), Float(0))
        for session in stride(from: 0, to: 240, by: 20) {
            for intent in 0..<3 {
                let few = IntegratedGradients(scorer, steps: 4).attribution(session: session, intent: intent, scratch)
                let many = IntegratedGradients(scorer, steps: 128).attribution(session: session, intent: intent, scratch)
                coarse += abs(few.residual)
                fine += abs(many.residual)
                ways += abs(many.logit - many.start)
                #expect(many.events == Array(shop.table.events(ofSession: session)))
                #expect(few.logit == many.logit && few.start == many.start)
            }
        }
        // The midpoint rule's error falls with the square of the steps; the layer norm turns quickly near the path's beginning, where
        // vectors are short, and keeps it from falling faster. 2 % of the way is far below what moves a rank.
        #expect(fine < 0.02 * ways, "\(fine) of \(ways)")
        #expect(fine < coarse, "\(fine), \(coarse)")
    }

    /// Two ways to ask the same: events in the order of their gradients are near the order of their removals.
    @Test func gradientsAndRemovalsAgreeInRank() throws {
        let classifier = try shop.train {
            ($0.epochs, $0.folds, $0.student, $0.inputs, $0.calibration) = (20, 2, .linear, .embedding, .none)
        }.classifier
        let scorer = try SessionScorer(classifier, encoder: shop.encoder, table: shop.table)
        let scratch = scorer.makeScratch()
        var (sum, count) = (0.0, 0)
        for session in 0..<60 where shop.sessions[session].count >= 4 {
            let removals = LeaveOneOut(scorer, table: shop.table).effects(session: session, scratch)
            for intent in 0..<3 {
                let gradients = IntegratedGradients(scorer).attribution(session: session, intent: intent, scratch)
                let effects = stride(from: intent, to: removals.effects.count, by: 3).map { removals.effects[$0] }
                sum += Self.rankCorrelation(effects, gradients.eventEffects)
                count += 1
            }
        }
        // Removal also moves the other events' gaps and places, so the orders are not the same; by chance the mean would lie within 0.1 of 0.
        #expect(sum / Double(count) > 0.4, "mean rank correlation \(sum / Double(count)) of \(count)")
    }

    private static func rankCorrelation(_ a: [Float], _ b: [Float]) -> Double {
        func ranks(_ values: [Float]) -> [Double] {
            values.map { value in Double(values.count { $0 < value }) + Double(values.count { $0 == value }) / 2 }
        }
        let (x, y) = (ranks(a), ranks(b))
        let mean = Double(a.count) / 2
        let (xy, xx, yy) = zip(x, y).reduce((0.0, 0.0, 0.0)) {
            ($0.0 + ($1.0 - mean) * ($1.1 - mean), $0.1 + ($1.0 - mean) * ($1.0 - mean), $0.2 + ($1.1 - mean) * ($1.1 - mean))
        }
        return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
    }
}
