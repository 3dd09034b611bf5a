import IntentTaxonomy
import SequenceEmbedding
import SequenceKernel
import Testing

/// Encodings and facts bound to another table over the same dictionaries are what they would be had they been bound anew.
@Suite struct ReboundTests {
    private static let base = MixedSamples.table(sessions: 20, seed: 8)
    private static func variants(_ session: Int) -> SessionVariants {
        SessionVariants(base, session: session, removed: Array(base.events(ofSession: session)))
    }

    @Test(arguments: [0, 4], [nil, 5]) func encodedEvents(bins: Int, withinSession: Int?) throws {
        var configuration = ModelConfiguration(preset: .tiny)
        configuration.fields.bins = bins
        configuration.fields.buckets = 50
        // Ready-made vectors for some pages; others have none.
        let vectors = ["page": VectorTable(width: 3, values: ["page0", "page1", "page4"], floats: (0..<9).map { Float($0) - 4 })]
        if withinSession != nil {
            configuration.fields.overrides["page"] = .init()
            configuration.fields.overrides["page"]?.withinSession = withinSession
        }
        for ready in [[:], vectors] where withinSession == nil || ready.isEmpty {
            let all = Array(0..<Self.base.sessionCount)
            let encoding = try FeatureEncoding(fitting: configuration, to: Self.base, sessions: all, vectors: ready)
            let model = SequenceModel(configuration, encoding.plan)
            let embedder = SessionEmbedder(model, ParameterVector(model.parameters, seed: 5))
            let bound = try EncodedEvents(Self.base, encoding)
            let scratch = embedder.makeScratch()
            for session in all {
                let table = Self.variants(session)
                let fresh = try EncodedEvents(table, encoding), rebound = bound.rebound(to: table)
                #expect(rebound.sessionCount == table.sessionCount)
                var seen = Set<[UInt32]>()
                for variant in 0..<table.sessionCount {
                    let one = embedder.embed(fresh, session: variant, scratch).map(\.bitPattern)
                    #expect(one == embedder.embed(rebound, session: variant, scratch).map(\.bitPattern), "session \(session), \(variant)")
                    seen.insert(one)
                }
                #expect(seen.count == table.sessionCount, "session \(session): variants that look alike prove nothing")
                #expect(seen.contains(embedder.embed(bound, session: session, scratch).map(\.bitPattern)))
            }
        }
    }

    @Test func facts() throws {
        var settings = FactSettings()
        settings.minimumSessions = 2
        settings.values = 8
        settings.pairs = [.init(of: "address", by: "page"), .init(of: "title", by: "page")]
        let pool = WorkerPool(threads: 2)
        let plan = try FactPlan.fit(Self.base, sessions: Array(0..<20), settings, pool: pool)
        #expect(Set(plan.fields.map(\.form)) == Set(FactPlan.Form.allCases), "a form is missing: \(plan.fields.map(\.form))")
        #expect(plan.hasTime && plan.pairs.count == 2)
        let bound = try SessionFacts(Self.base, plan)
        for session in 0..<20 {
            let table = Self.variants(session)
            let all = Array(0..<table.sessionCount)
            let fresh = try SessionFacts(table, plan).table(sessions: all, pool: pool)
            let rebound = bound.rebound(to: table)
            #expect(rebound.plan == plan && rebound.count == plan.count)
            #expect(rebound.table(sessions: all, pool: pool).map(\.bitPattern) == fresh.map(\.bitPattern), "session \(session)")
            #expect(rebound.rebound(to: Self.base).table(sessions: [session], pool: pool) == bound.table(sessions: [session], pool: pool))
            #expect(Array(fresh.prefix(plan.count)) == bound.table(sessions: [session], pool: pool))
        }
    }
}
